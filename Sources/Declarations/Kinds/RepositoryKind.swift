// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Vocabulary

extension ObjectShape {
    static let repository = ObjectShape([
        Field(
            "id", .text(.uuid), required: true,
            "UUID in lower case. It never changes and stands in every signed digest."),
        Field("branch", .text(.branch), required: true, "The branch that is in force."),
        Field(
            "commands", .table(keys: .commandName, values: .texts(.word, atLeast: 1), atMost: 100),
            "The only programs that a Certificate or a Device of kind exec may name: name → argv."),
        Field(
            "compromisedKeys", .texts(.sha256),
            "SHA-256 of public keys (SPKI) that are never to be installed again. Adding one works at once."),
        Field(
            "limits",
            .object(
                ObjectShape([
                    Field("maxChanged", .integer(0...1_000_000), default: 50, "Work orders that may be open at once."),
                    Field("maxChangedPercent", .integer(0...100), default: 30, "The same, of all declared slots."),
                    Field("floor", .integer(0...1_000_000), default: 10, "Up to this many never pass the limit."),
                ])),
            "How much may change before the last level must acknowledge the number."),
        Field(
            "channels", .table(keys: .commandName, values: .object(.channel), atMost: 20),
            "Where AlertPolicies send messages: name → webhook, mail or command."),
        Field(
            "pruneApprovalsAfter", .text(.wholeSeconds),
            "After this, approval refs of finished work orders are deleted once their evidence is published."),
    ])
}

extension RepositorySpec: DecodableSpec {
    package init(raw: JSONValue) throws(SpecError) {
        let fields = try RawFields(raw)
        var commands: [String: [String]] = [:]
        if case .object(let table)? = fields["commands"] {
            let argv = try RawFields(.object(table), "spec.commands")
            for member in table.members { commands[member.key] = try argv.texts(member.key) }
        }
        var limits = Limits.standard
        if let raw = try fields.childIfAny("limits") {
            limits = Limits(
                maxChanged: try raw.integer("maxChanged", default: limits.maxChanged),
                maxChangedPercent: try raw.integer("maxChangedPercent", default: limits.maxChangedPercent),
                floor: try raw.integer("floor", default: limits.floor))
        }
        var channels: [ChannelName: ChannelSpec] = [:]
        if case .object(let table)? = fields["channels"] {
            let each = try RawFields(.object(table), "spec.channels")
            for member in table.members {
                guard let name = ChannelName(member.key) else { throw fields.wrong("channels") }
                channels[name] = try ChannelSpec(try each.child(member.key))
            }
        }
        self.init(
            id: try fields.text("id"), branch: try fields.text("branch"), commands: commands,
            compromisedKeys: Set(try fields.converted("compromisedKeys") { SPKIFingerprint(hex: $0) }), limits: limits,
            pruneApprovalsAfter: try fields.secondsIfAny("pruneApprovalsAfter"), channels: channels)
    }
}
