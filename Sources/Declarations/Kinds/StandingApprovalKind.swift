// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Vocabulary

extension ObjectShape {
    static let standingApproval = ObjectShape([
        Field("levels", .texts(.levelName, atLeast: 1), required: true, "The levels that it stands for."),
        Field("match", .object(match), "Which changes, as in an ApprovalPolicy."),
        Field("requesters", .texts(.approver, atLeast: 1), required: true, "Who must have asked, and nobody else."),
        Field("issuers", .list(.object(issuer), count: 1...100), required: true, "Who may have issued the new leaf."),
        Field("names", .words(StandingApprovalSpec.Sameness.self), default: "same", "The DNS names stay the same."),
        Field(
            "keyType", .words(StandingApprovalSpec.Sameness.self), default: "same", "The type of key stays the same."),
        Field("changes", .list(.words(ChangeClass.self), count: 1...6), required: true, "Classes of change."),
        Field("maxPerHour", .integer(1...1_000_000), required: true, "Pushes in an hour, for each zone."),
        Field("maxPerDay", .integer(1...1_000_000), required: true, "Pushes in a day, for each zone."),
        Field("notAfter", .text(.timestamp), required: true, "It ends then."),
    ])

    private static let issuer = ObjectShape(
        [
            Field("spki", .text(.sha256), "SHA-256 of the issuer's public key (SPKI)."),
            Field("root", .text(.repositoryPath), "A root certificate of this repository in which the chain ends."),
        ], oneOf: [["spki"], ["root"]])
}

extension StandingApprovalSpec: DecodableSpec {
    package init(raw: JSONValue) throws(SpecError) {
        let fields = try RawFields(raw)
        var issuers: [Issuer] = []
        for issuer in try fields.children("issuers") {
            if let path = try issuer.textIfAny("root") {
                issuers.append(.root(path))
            } else {
                guard let key = SPKIFingerprint(hex: try issuer.text("spki")) else { throw issuer.wrong("spki") }
                issuers.append(.spki(key))
            }
        }
        self.init(
            levels: try fields.texts("levels"), match: try ApprovalPolicySpec.Match(try fields.childIfAny("match")),
            requesters: try fields.approvers("requesters"), issuers: issuers,
            names: try fields.word("names", default: .same), keyType: try fields.word("keyType", default: .same),
            changes: try fields.words("changes"), maxPerHour: try fields.integer("maxPerHour"),
            maxPerDay: try fields.integer("maxPerDay"), notAfter: try fields.time("notAfter"))
    }
}
