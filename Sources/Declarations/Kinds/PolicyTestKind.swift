// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Vocabulary

extension ObjectShape {
    static let policyTest = ObjectShape([
        Field(
            "policies", .texts(.repositoryPath),
            "Files that declare what is tested, relative to this one. Without: what the same commit declares."),
        Field(
            "groups", .table(keys: .name(.group), values: .texts(.name(.person)), atMost: 1_000),
            "Who is in which group here, in place of what is declared: {pki: [bob, dave]}."),
        Field("robots", .texts(.name(.person)), "Those of them who may ask and never approve."),
        Field("cases", .list(.object(testCase), count: 1...1_000), required: true, "What is tried, one after another."),
    ])

    private static let testCase = ObjectShape([
        Field("name", .text(.any(longest: 200)), required: true, "What this case shows, as a sentence."),
        Field("change", .object(change), required: true, "The change that is to be signed for."),
        Field("at", .text(.timestamp), required: true, "Now."),
        Field("signatures", .list(.object(signature), count: 0...1_000), "Who has signed what, and when."),
        Field("expect", .object(expectation), required: true, "What must come of it: all that is said here."),
    ])

    private static let placeFields = [
        Field("kind", .word(DeviceKinds.all), "The kind of device."),
        Field("zone", .text(.name(.zone)), "Its zone."),
        Field("labels", .labels, "Its labels."),
        Field("names", .texts(.dnsPattern), "DNS names held, to be installed and served there."),
    ]

    private static let change = ObjectShape(
        placeFields + [
            Field("class", .words(ChangeClass.self), required: true, "The class of change."),
            Field(
                "alsoAt", .list(.object(ObjectShape(placeFields)), count: 0...1_000),
                "Other slots that hold or are bound to the same key."),
            Field("holds", .words(PolicyTestSpec.Change.Holds.self), "What lies in the slot."),
            Field("requesters", .texts(.name(.person)), "Who asked."),
            Field("unknownRequester", .boolean, default: false, "Whether somebody asked whom nobody knows."),
            Field(
                "slots",
                .object(
                    ObjectShape([
                        Field("changed", .integer(0...10_000_000), required: true, "How many would change in all."),
                        Field("total", .integer(1...10_000_000), required: true, "How many are declared."),
                    ])), "For the limits of the Repository."),
            Field("renewal", .object(renewal), "What a standing approval asks beside all this."),
        ])

    private static let renewal = ObjectShape([
        Field("issuer", .text(.sha256), "SHA-256 of the key (SPKI) that signed the new leaf."),
        Field("root", .text(.repositoryPath), "The root file in which its chain ends."),
        Field(
            "differs", .list(.words(StandingCondition.self), count: 0...20),
            "What is not as it was when the slot was last completed, or not as it should be."),
        Field("inHour", .integer(0...1_000_000), default: 0, "What it has let through in the hour before."),
        Field("inDay", .integer(0...1_000_000), default: 0, "What it has let through in the day before."),
    ])

    private static let signature = ObjectShape([
        Field("by", .text(.name(.person)), required: true, "Who signed."),
        Field("level", .text(.levelName), "At which level; with reject, revoke and cancel any."),
        Field(
            "decision", .words(PolicyTestSpec.Signature.Decision.self), default: "approve",
            "approve, reject, revoke or cancel."),
        Field("at", .text(.timestamp), required: true, "When it was signed and first seen."),
        Field(
            "schedule",
            .object(
                ObjectShape([
                    Field("from", .text(.timestamp), required: true, "Not before."),
                    Field("until", .text(.timestamp), required: true, "The first second after it."),
                ])), "Scheduled; without: manual."),
        Field("emergency", .boolean, default: false, "Whether it is of the class emergency."),
        Field("acknowledges", .texts(.any(longest: 200)), "\"changes 120\" or holds-other."),
    ])

    private static let expectation = ObjectShape([
        Field("policy", .text(.name(.approvalPolicy)), "Which policy decides."),
        Field("satisfied", .boolean, "Whether it would be pushed, now or when its time comes."),
        Field("state", .word(PolicyTestWords.states), "The state of the work order."),
        Field(
            "missing",
            .list(
                .object(
                    ObjectShape([
                        Field("level", .text(.levelName), required: true, "At which level."),
                        Field("count", .integer(1...21), required: true, "How many people."),
                        Field("by", .texts(.name(.person)), "Who could give it: all of them."),
                    ])), count: 0...10), "What is missing, level by level; empty: nothing."),
        Field(
            "refused",
            .list(
                .object(
                    ObjectShape([
                        Field("by", .text(.name(.person)), required: true, "Whose signature."),
                        Field("code", .word(PolicyTestWords.refusals), required: true, "Why."),
                    ])), count: 0...1_000), "Signatures that do not count; empty: all count."),
        Field("blocked", .word(PolicyTestWords.blocks), "What stands in the way, first of all."),
        Field("standing", .text(.name(.standingApproval)), "The standing approval that stands for a level."),
        Field(
            "waits", .list(.words(StandingCondition.self), count: 0...20),
            "Why a standing approval does not stand for anybody."),
    ])
}

/// Words of what is decided above, for the shape; a test holds them together.
package enum PolicyTestWords {
    package static let states = [
        "Requested", "PushReviewInProgress", "Scheduled", "ReadyToImplement", "Blocked", "Rejected", "Cancelled",
        "Expired", "ScheduleMissed",
    ]
    package static let refusals = [
        "UnknownKey", "KeyNotValidAtFirstSeen", "KeyRevoked", "AlreadyUsed", "UnknownLevel", "NotInGroup",
        "SelfApproval", "SamePersonTwice", "TooEarly", "ApprovalExpired", "ScheduleWidened", "Revoked", "Malformed",
    ]
    package static let blocks = [
        "UnknownRequester", "NoApprover", "HoldsOther", "LimitExceeded", "BudgetSpent", "OutsideWindow",
    ]
}

extension PolicyTestSpec: DecodableSpec {
    package init(raw: JSONValue) throws(SpecError) {
        let fields = try RawFields(raw)
        var groups: [GroupName: [PersonName]] = [:]
        if case .object(let table)? = fields["groups"] {
            let members = try RawFields(.object(table), "spec.groups")
            for member in table.members {
                guard let name = GroupName(member.key) else { throw fields.wrong("groups") }
                groups[name] = try members.names(member.key)
            }
        }
        var cases: [Case] = []
        for child in try fields.children("cases") { cases.append(try Case(child)) }
        self.init(
            policies: try fields.texts("policies"), groups: groups, robots: try fields.names("robots"), cases: cases)
    }
}

extension PolicyTestSpec.Case {
    fileprivate init(_ fields: RawFields) throws(SpecError) {
        var signatures: [PolicyTestSpec.Signature] = []
        for child in try fields.children("signatures") { signatures.append(try PolicyTestSpec.Signature(child)) }
        self.init(
            name: try fields.text("name"), change: try PolicyTestSpec.Change(try fields.child("change")),
            at: try fields.time("at"), signatures: signatures,
            expect: try PolicyTestSpec.Expectation(try fields.child("expect")))
    }
}

extension PolicyTestSpec.Place {
    fileprivate init(_ fields: RawFields) throws(SpecError) {
        self.init()
        kind = try fields.textIfAny("kind")
        zone = fields.has("zone") ? try fields.name("zone") : nil
        labels = try fields.table("labels")
        names = try fields.texts("names")
    }
}

extension PolicyTestSpec.Change {
    fileprivate init(_ fields: RawFields) throws(SpecError) {
        self.init(change: try fields.word("class"), place: try PolicyTestSpec.Place(fields))
        for child in try fields.children("alsoAt") { alsoAt.append(try PolicyTestSpec.Place(child)) }
        holds = try fields.wordIfAny("holds")
        requesters = try fields.names("requesters")
        unknownRequester = try fields.bool("unknownRequester")
        if let raw = try fields.childIfAny("slots") {
            slots = PolicyTestSpec.Slots(changed: try raw.integer("changed"), total: try raw.integer("total"))
        }
        guard let raw = try fields.childIfAny("renewal") else { return }
        if let hex = try raw.textIfAny("issuer") {
            guard let key = SPKIFingerprint(hex: hex) else { throw raw.wrong("issuer") }
            renewal.issuer = key
        }
        renewal.root = try raw.textIfAny("root")
        renewal.differs = try raw.words("differs")
        renewal.inHour = try raw.integer("inHour", default: 0)
        renewal.inDay = try raw.integer("inDay", default: 0)
    }
}

extension PolicyTestSpec.Signature {
    fileprivate init(_ fields: RawFields) throws(SpecError) {
        var schedule: PolicyTestSpec.Times?
        if let raw = try fields.childIfAny("schedule") {
            schedule = PolicyTestSpec.Times(from: try raw.time("from"), until: try raw.time("until"))
        }
        self.init(
            by: try fields.name("by"), level: try fields.textIfAny("level"),
            decision: try fields.word("decision", default: .approve), at: try fields.time("at"), schedule: schedule,
            emergency: try fields.bool("emergency"), acknowledges: try fields.texts("acknowledges"))
    }
}

extension PolicyTestSpec.Expectation {
    fileprivate init(_ fields: RawFields) throws(SpecError) {
        self.init()
        policy = fields.has("policy") ? try fields.name("policy") : nil
        satisfied = fields.has("satisfied") ? try fields.bool("satisfied") : nil
        state = try fields.textIfAny("state")
        if fields.has("missing") {
            var all: [Missing] = []
            for child in try fields.children("missing") {
                all.append(
                    Missing(
                        level: try child.text("level"), count: try child.integer("count"),
                        by: child.has("by") ? try child.names("by") : nil))
            }
            missing = all
        }
        if fields.has("refused") {
            var all: [Refused] = []
            for child in try fields.children("refused") {
                all.append(Refused(by: try child.name("by"), code: try child.text("code")))
            }
            refused = all
        }
        blocked = try fields.textIfAny("blocked")
        standing = fields.has("standing") ? try fields.name("standing") : nil
        waits = fields.has("waits") ? try fields.words("waits") : nil
    }
}
