// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Vocabulary

extension ObjectShape {
    static let alertPolicy = ObjectShape([
        Field(
            "match",
            .object(
                ObjectShape([
                    Field(
                        "labels", .labels,
                        "Labels that certificate and connector have together. A plain commit can change them: let one policy match all."
                    ),
                    Field("devices", .object(devices), "Facts of the device."),
                ])), "What it is about; empty: everything."),
        Field("alerts", .list(.object(rule), count: 1...100), required: true, "What people are told of."),
        Field(
            "notify", .texts(.commandName, atLeast: 1), required: true,
            "Channels of the Repository over which they are told."),
        Field(
            "repeatAfter", .text(.wholeSeconds),
            "Told again after this for as long as it lasts; without: once, until something changes."),
        Field("resolved", .boolean, default: true, "Whether they are told, too, when it is over."),
    ])

    private static let percent = Shape.integer(1...99)
    private static let conditions = [
        Field("expiresWithin", .text(.wholeSeconds), "A certificate ends within this, or has ended."),
        Field("lifetimeLeft", percent, "At most so many percent of a certificate's lifetime are left."),
        Field(
            "colours", .list(.words(AlertPolicySpec.Colour.self), count: 1...8),
            "A connector has one of these colours; told for each that it comes to."),
        Field("pushFailed", .onlyTrue, "A push went wrong, or nobody knows what it did."),
        Field("validationFailed", .onlyTrue, "An endpoint serves something else than was pushed, or does not answer."),
        Field("drift", .onlyTrue, "A slot was changed by hand."),
        Field("waits", .onlyTrue, "Something waits for signatures; told for each level that it comes to."),
        Field("waitsLongerThan", .text(.wholeSeconds), "Something has waited for signatures for longer than this."),
        Field(
            "waitsWithLifetimeLeft", percent,
            "Something waits for signatures, and at most so many percent of the lifetime are left of what it replaces."),
        Field("keysEndWithin", .text(.wholeSeconds), "Of somebody who may sign no key is valid after this."),
        Field("signatureLost", .onlyTrue, "What was signed and waited for its time is not signed any more."),
        Field("unreachableFor", .text(.wholeSeconds), "A device could not be reached for longer than this."),
        Field(
            "unreviewedFor", .text(.wholeSeconds), "An emergency push has gone without a review for longer than this."),
    ]
    private static let rule = ObjectShape(
        conditions + [
            Field("severity", .words(AlertPolicySpec.Severity.self), default: "warning", "How urgent it is.")
        ], oneOf: conditions.map { [$0.name] })
}

extension AlertPolicySpec: DecodableSpec {
    package init(raw: JSONValue) throws(SpecError) {
        let fields = try RawFields(raw)
        var match = Match()
        if let raw = try fields.childIfAny("match") {
            match.labels = try raw.table("labels")
            match.devices = try ApprovalPolicySpec.Match(devices: try raw.childIfAny("devices"))
        }
        var alerts: [Rule] = []
        for rule in try fields.children("alerts") {
            alerts.append(Rule(try Condition(rule), severity: try rule.word("severity", default: .warning)))
        }
        self.init(
            match: match, alerts: alerts, notify: try fields.names("notify"),
            repeatAfter: try fields.secondsIfAny("repeatAfter"),
            resolved: try fields.bool("resolved", default: true))
    }
}

extension AlertPolicySpec.Condition {
    fileprivate init(_ fields: RawFields) throws(SpecError) {
        func time(_ field: String) throws(SpecError) -> Seconds? { try fields.secondsIfAny(field) }
        func percent(_ field: String) throws(SpecError) -> Int? {
            fields.has(field) ? try fields.integer(field) : nil
        }
        if let span = try time("expiresWithin") {
            self = .expiresWithin(span)
        } else if let share = try percent("lifetimeLeft") {
            self = .lifetimeLeft(share)
        } else if fields.has("colours") {
            self = .colours(try fields.words("colours"))
        } else if let span = try time("waitsLongerThan") {
            self = .waitsLongerThan(span)
        } else if let share = try percent("waitsWithLifetimeLeft") {
            self = .waitsWithLifetimeLeft(share)
        } else if let span = try time("keysEndWithin") {
            self = .keysEndWithin(span)
        } else if let span = try time("unreachableFor") {
            self = .unreachableFor(span)
        } else if let span = try time("unreviewedFor") {
            self = .unreviewedFor(span)
        } else {
            let plain: [(String, Self)] = [
                ("pushFailed", .pushFailed), ("validationFailed", .validationFailed), ("drift", .drift),
                ("waits", .waits), ("signatureLost", .signatureLost),
            ]
            guard let found = plain.first(where: { fields.has($0.0) }) else { throw fields.wrong("condition") }
            self = found.1
        }
    }
}
