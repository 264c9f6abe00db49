// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Approvals
import Declarations
import Testing
import Vocabulary

@Suite("An emergency") struct EmergencyTests {
    /// dave and max of `pki`, or carol, two of them; alice asked.
    static func stage(count: Int = 2, requesterMayApprove: Bool = false) -> Stage {
        var stage = Stage()
        stage.subject.emergency = ApprovalPolicySpec.Emergency(
            approvers: [.group(group("pki")), .person(name("carol"))], count: count,
            requesterMayApprove: requesterMayApprove, ignores: [.windows])
        return stage
    }
    static func sign(
        _ stage: inout Stage, _ person: String, seen: Int64, level: String = "emergency",
        comment: String = "the key leaked"
    ) {
        var record = Stage.record(person, level, seen: seen, emergency: true, tag: "emergency")
        record.signed.record.comment = comment
        stage.records.append(record)
    }

    @Test("goes by its own quorum, whatever the levels lack, while somebody attends") func quorum() {
        var stage = Self.stage()
        Self.sign(&stage, "dave", seen: 0)
        #expect(!stage.judged(at: 1).isComplete && stage.judged(at: 1).emergency?.missing == 1)
        Self.sign(&stage, "carol", seen: 10)
        let judged = stage.judged(at: 20)
        #expect(judged.isComplete && judged.isEmergency && judged.refused.isEmpty)
        #expect(
            judged.counted.map(\.person.text) == ["dave", "carol"] && judged.levels.allSatisfy { $0.given.isEmpty })
        #expect(judged.window == Stage.window(10, 10 + 4 * hour))
        #expect(judged.emergency?.given.map(\.comment) == ["the key leaked", "the key leaked"])
    }

    @Test("does not mix with the levels: neither lends the other a signature") func apart() {
        var stage = Self.stage()
        Self.sign(&stage, "dave", seen: 0)
        stage.sign("bob", "approve", seen: 1)
        let judged = stage.judged(at: 2)
        #expect(!judged.isComplete && judged.signers == [["bob"], []])
        // One person may do both: they are not one decision.
        Self.sign(&stage, "bob", seen: 3)
        #expect(stage.judged(at: 4).isEmergency && stage.judged(at: 4).refused.isEmpty)
    }

    @Test("is none where both levels are complete") func ordinary() {
        var stage = Self.stage(count: 1)
        stage.sign("bob", "approve", seen: 0)
        stage.sign("erin", "implement", seen: 1)
        Self.sign(&stage, "dave", seen: 2)
        let judged = stage.judged(at: 3)
        #expect(judged.isComplete && !judged.isEmergency && judged.counted.map(\.person.text) == ["bob", "erin"])
    }

    @Test(
        "is refused to who may not",
        arguments: [
            ("erin", Refusal.Code.notInGroup), ("alice", .selfApproval), ("rob", .notInGroup),
            ("stranger", .unknownKey),
        ])
    func refused(person: String, code: Refusal.Code) {
        var stage = Self.stage(count: 1)
        Self.sign(&stage, person, seen: 0)
        #expect(stage.judged(at: 1).codes == [code] && !stage.judged(at: 1).isComplete)
    }

    @Test("may be the requester's own where the policy says so") func requester() {
        var stage = Self.stage(count: 1, requesterMayApprove: true)
        Self.sign(&stage, "alice", seen: 0)
        #expect(stage.judged(at: 1).isEmergency)
    }

    @Test("needs a reason, and two different people") func reason() {
        var stage = Self.stage()
        Self.sign(&stage, "dave", seen: 0)
        Self.sign(&stage, "carol", seen: 1, comment: "")
        #expect(stage.judged(at: 2).codes == [.malformed])
        stage.records.removeLast()
        stage.records.append(Stage.record("dave", "emergency", seen: 2, emergency: true, tag: "again"))
        #expect(stage.judged(at: 3).codes == [.samePersonTwice])
    }

    @Test("names no level of the policy, and a level names no emergency") func levels() {
        var stage = Self.stage(count: 1)
        Self.sign(&stage, "dave", seen: 0, level: "approve")
        #expect(stage.judged(at: 1).codes == [.unknownLevel] && !stage.judged(at: 1).isComplete)
        var plain = Stage()
        Self.sign(&plain, "dave", seen: 0)
        #expect(plain.judged(at: 1).codes == [.unknownLevel], "its policy has no emergency")
    }

    @Test("is taken back, rejected, expires and is missed like any other") func withdrawn() {
        var stage = Self.stage(count: 1)
        Self.sign(&stage, "dave", seen: 0)
        #expect(stage.judged(at: 4 * hour).window.map { $0.end <= Stage.start + Seconds(4 * hour) } ?? false, "missed")
        stage.sign("dave", "approve", .revoke, seen: 1)
        #expect(stage.judged(at: 2).codes == [.revoked] && !stage.judged(at: 2).isComplete)
        stage.records.removeLast()
        stage.sign("erin", "implement", .reject, seen: 1)
        #expect(stage.judged(at: 2).tombstone != nil)
    }

    @Test("is reviewed by somebody who may sign and did not sign it") func review() {
        var stage = Self.stage()
        var policy = Stage.policy()
        policy.emergency = stage.subject.emergency
        let judge = Judge(inForce: stage.inForce, tip: stage.tip, now: Stage.start + 100)
        func reviewer(_ person: String) -> Result<PersonName, Refusal> {
            judge.reviewer(
                Stage.record(person, "emergency", .review, seen: 90), of: [name("dave"), name("carol")], under: policy)
        }
        #expect((try? reviewer("erin").get())?.text == "erin")
        for (person, code) in [
            ("dave", Refusal.Code.samePersonTwice), ("rob", .notInGroup), ("stranger", .unknownKey),
        ] {
            guard case .failure(let refusal) = reviewer(person) else {
                Issue.record("\(person) may not review")
                continue
            }
            #expect(refusal.code == code)
        }
        Self.sign(&stage, "dave", seen: 0)
        #expect(stage.judged(at: 1).emergency?.given.count == 1)
    }
}
