// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Vocabulary

extension ObjectShape {
    static let approvalPolicy = ObjectShape([
        Field(
            "priority", .integer(-1_000_000...1_000_000), default: 0,
            "The highest that matches decides. No two are equal."),
        Field("version", .integer(1...1_000_000_000), default: 1, "Rises with every change."),
        Field("match", .object(match), "Which changes; empty matches all."),
        Field(
            "levels", .list(.object(level), count: 1...10), required: true,
            "The levels of approval, from the first to the last."),
        Field(
            "separation",
            .object(
                ObjectShape([
                    Field("requesterMayApprove", .boolean, default: false, "Whether who asked may sign too."),
                    Field(
                        "distinctAcrossLevels", .boolean, default: true, "Whether one person signs at one level only."),
                    Field(
                        "unknownRequester", .words(ApprovalPolicySpec.UnknownRequester.self), default: "block",
                        "What follows where nobody known asked: block, or one more person at the first level."),
                ])), "Who may not sign together."),
        Field("expiresAfter", .text(.wholeSeconds), default: "72h", "How long a signature waits for the others."),
        Field("attendedFor", .text(.wholeSeconds), default: "4h", "How long a manual implement is good for."),
        Field("windows", .list(.object(window), count: 0...100), "When pushes may be made; empty: always."),
        Field(
            "freezes", .list(.object(freeze), count: 0...100),
            "Times in which nothing is pushed, whatever the windows say."),
        .rollout("Who goes first where many slots get one certificate. Without: all of them as soon as they are signed."),
        Field("retries", .integer(0...10), default: 0, "Tries after a step that failed before anything changed."),
        Field(
            "policyChange", .object(policyChange),
            "Who approves changes of the trust set. Only in the policy named default."),
        Field(
            "emergency", .object(emergency), "The quorum that may push without the levels, to be reviewed afterwards."),
    ])

    static let devices = ObjectShape([
        Field("kinds", .list(.word(DeviceKinds.all), count: 0...100), "Kinds of device."),
        Field("zones", .texts(.name(.zone)), "Zones."),
        Field("labels", .labels, "Labels that the device must have."),
    ])

    static let match = ObjectShape([
        Field("devices", .object(devices), "Facts of the device."),
        Field("names", .texts(.dnsPattern), "DNS names, or *. and one."),
        Field("changes", .list(.words(ChangeClass.self), count: 0...100), "Classes of change."),
    ])

    private static let level = ObjectShape([
        Field("name", .text(.levelName), required: true, "As records name it."),
        approvers, count,
    ])
    private static let approvers = Field(
        "approvers", .texts(.approver, atLeast: 1), required: true, "group:NAME or person:NAME.")
    private static let count = Field("count", .integer(1...20), default: 1, "How many different people must sign.")
    private static let requesterMayApprove = Field(
        "requesterMayApprove", .boolean, default: false, "Whether who asked may decide alone.")

    private static let window = ObjectShape([
        Field(
            "days", .list(.words(ApprovalPolicySpec.Weekday.self), count: 0...7),
            "Days on which it begins; empty: every day."),
        Field("from", .text(.timeOfDay), required: true, "\"22:00\""),
        Field("to", .text(.timeOfDay), required: true, "\"02:00\": on the next day where it is not after `from`."),
        Field("timeZone", .text(.timeZone), required: true, "A name of the IANA database."),
    ])

    private static let freeze = ObjectShape([
        Field("from", .text(.timestamp), required: true, "Its first second."),
        Field("until", .text(.timestamp), required: true, "The first second after it."),
        Field("reason", .text(.any(longest: 200)), required: true, "Why, for whoever waits."),
    ])

    private static let policyChange = ObjectShape([
        approvers, Field("count", .integer(1...20), default: 2, count.about), requesterMayApprove,
    ])
    private static let emergency = ObjectShape([
        approvers, Field("count", .integer(1...20), default: 2, count.about), requesterMayApprove,
        Field(
            "ignores", .list(.words(ApprovalPolicySpec.Emergency.Ignored.self), count: 0...3), "What it may pass over."),
    ])
}

extension ApprovalPolicySpec: DecodableSpec {
    package init(raw: JSONValue) throws(SpecError) {
        let fields = try RawFields(raw)
        var levels: [Level] = []
        for level in try fields.children("levels") {
            levels.append(
                Level(
                    name: try level.text("name"), approvers: try level.approvers("approvers"),
                    count: try level.integer("count", default: 1)))
        }
        var separation = Separation()
        if let raw = try fields.childIfAny("separation") {
            separation.requesterMayApprove = try raw.bool("requesterMayApprove")
            separation.distinctAcrossLevels = try raw.bool("distinctAcrossLevels", default: true)
            separation.unknownRequester = try raw.word("unknownRequester", default: .block)
        }
        var windows: [Window] = []
        for window in try fields.children("windows") {
            windows.append(
                Window(
                    days: try window.words("days"), from: try window.text("from"), to: try window.text("to"),
                    timeZone: try window.text("timeZone")))
        }
        var freezes: [Freeze] = []
        for freeze in try fields.children("freezes") {
            freezes.append(
                Freeze(
                    from: try freeze.time("from"), until: try freeze.time("until"), reason: try freeze.text("reason")))
        }
        var policyChange: PolicyChange?
        if let raw = try fields.childIfAny("policyChange") {
            policyChange = PolicyChange(
                approvers: try raw.approvers("approvers"), count: try raw.integer("count", default: 2),
                requesterMayApprove: try raw.bool("requesterMayApprove"))
        }
        var emergency: Emergency?
        if let raw = try fields.childIfAny("emergency") {
            emergency = Emergency(
                approvers: try raw.approvers("approvers"), count: try raw.integer("count", default: 2),
                requesterMayApprove: try raw.bool("requesterMayApprove"), ignores: try raw.words("ignores"))
        }
        self.init(
            priority: try fields.integer("priority", default: 0), version: try fields.integer("version", default: 1),
            match: try Match(try fields.childIfAny("match")), levels: levels, separation: separation,
            expiresAfter: try fields.secondsIfAny("expiresAfter") ?? .hours(72),
            attendedFor: try fields.secondsIfAny("attendedFor") ?? .hours(4), windows: windows,
            freezes: freezes, retries: try fields.integer("retries", default: 0), policyChange: policyChange,
            emergency: emergency, rollout: try RolloutSpec(fields))
    }
}

extension ApprovalPolicySpec.Match {
    init(_ fields: RawFields?) throws(SpecError) {
        try self.init(devices: try fields?.childIfAny("devices"))
        guard let fields else { return }
        names = try fields.texts("names")
        changes = try fields.words("changes")
    }

    /// What is asked of devices alone.
    init(devices: RawFields?) throws(SpecError) {
        self.init()
        guard let devices else { return }
        deviceKinds = try devices.texts("kinds")
        zones = try devices.names("zones")
        deviceLabels = try devices.table("labels")
    }
}
