// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Approvals
import Declarations
import Testing
import Vocabulary

@Suite("A revoke") struct RevokeTests {
    @Test("takes back all of one's own approvals of that digest, and nobody else's")
    func own() {
        var stage = Stage()
        stage.subject.separation.distinctAcrossLevels = false
        stage.sign("max", "approve", seen: 0)
        stage.sign("max", "implement", seen: 1)
        stage.sign("dave", "approve", seen: 1)
        stage.sign("max", "approve", .revoke, seen: 2)
        let judgement = stage.judged(at: 2)
        #expect(judgement.signers == [["dave"], []] && judgement.codes == [.revoked, .revoked])
        #expect(!judgement.allExpired)
    }

    @Test("is of no weight for another digest")
    func otherDigest() {
        var stage = Stage()
        stage.sign("bob", "approve", seen: 0)
        stage.sign("bob", "approve", .revoke, seen: 1, subject: .workOrders([Stage.other]))
        #expect(stage.judged(at: 1).signers[0] == ["bob"])
    }

    @Test("leaves what is signed after it", arguments: [0, 1])
    func later(committed: Int64) {
        var stage = Stage()
        stage.sign("bob", "approve", seen: 0, committed: 0)
        stage.sign("bob", "approve", .revoke, seen: 1, committed: 1)
        stage.sign("bob", "approve", seen: 2, committed: 1 + committed)
        let judgement = stage.judged(at: 2)
        #expect(judgement.signers[0] == ["bob"] && judgement.codes == [.revoked])
    }

    @Test("takes back what was signed before it and shown to us only after it")
    func heldBack() {
        var stage = Stage()
        stage.sign("bob", "approve", .revoke, seen: 1, committed: 1)
        stage.sign("bob", "approve", seen: 2, committed: 0)
        #expect(stage.judged(at: 2).codes == [.revoked])
    }

    @Test("goes before an approval of the same pass that is not dated later", arguments: [(0, false), (1, true)])
    func samePass(ahead: Int64, counts: Bool) {
        var stage = Stage()
        stage.sign("bob", "approve", .revoke, seen: 9, committed: 5)
        stage.sign("bob", "approve", seen: 9, committed: 5 + ahead)
        #expect(stage.judged(at: 9).signers[0] == (counts ? ["bob"] : []))
    }

    @Test("counts from a key of either set: taking away works at once")
    func eitherSet() {
        var stage = Stage()
        stage.tip = Stage.set { $0.people[name("bob")]?.spec.keys.append(Stage.key("new")) }
        stage.sign("bob", "approve", seen: 0)
        stage.sign("new", "approve", .revoke, seen: 1)
        #expect(stage.judged(at: 1).codes == [.revoked])
        stage.tip = Stage.set { $0.people[name("carol")] = nil }
        stage.records = []
        stage.sign("bob", "approve", seen: 0)
        stage.sign("carol", "approve", .revoke, seen: 1)
        #expect(stage.judged(at: 1).signers[0] == ["bob"] && stage.judged(at: 1).refused.isEmpty)
    }

    @Test("by a stranger is refused")
    func stranger() {
        var stage = Stage()
        stage.sign("stranger", "approve", .revoke, seen: 1)
        #expect(stage.judged(at: 1).codes == [.unknownKey])
    }
}

@Suite("A rejection or cancellation") struct TombstoneTests {
    @Test("is a tombstone, by anybody who may approve at any level", arguments: ["bob", "carol", "max", "alice"])
    func rejected(by person: String) {
        var stage = Stage()
        stage.sign(person, "approve", .reject, seen: 1)
        let judgement = stage.judged(at: 1)
        #expect(
            judgement.tombstone
                == .rejected(by: name(person), commit: stage.records[0].signed.commit, comment: "by \(person)"))
        #expect(judgement.refused.isEmpty)
    }

    @Test("may be a requester's, if it is a cancellation")
    func cancelled() {
        var stage = Stage()
        let members = { (set: inout DeclarationSet) in _ = set.groups[group("pki")]?.spec.members.removeFirst() }
        (stage.inForce, stage.tip) = (Stage.set(members), Stage.set(members))
        stage.sign("alice", "approve", .cancel, seen: 1)
        #expect(
            stage.judged(at: 1).tombstone
                == .cancelled(by: name("alice"), commit: stage.records[0].signed.commit, comment: "by alice"))
    }

    @Test("leaves standing what came before, and shuts out what comes after")
    func after() {
        var stage = Stage()
        stage.sign("bob", "approve", seen: 0)
        stage.sign("dave", "approve", .reject, seen: 1)
        stage.sign("carol", "implement", seen: 2)
        stage.sign("erin", "implement", .cancel, seen: 3)
        stage.sign("bob", "approve", .revoke, seen: 4)
        let judgement = stage.judged(at: 5)
        #expect(judgement.signers == [["bob"], []])
        #expect(judgement.codes == [.alreadyUsed, .alreadyUsed, .alreadyUsed])
        guard case .rejected(let person, _, _) = judgement.tombstone else {
            Issue.record("not rejected")
            return
        }
        #expect(person == name("dave"))
    }

    @Test("is a cancellation where both came in one pass")
    func both() {
        var stage = Stage()
        stage.sign("bob", "approve", .reject, seen: 1)
        stage.sign("dave", "approve", .cancel, seen: 1)
        let judgement = stage.judged(at: 1)
        guard case .cancelled = judgement.tombstone else {
            Issue.record("not cancelled")
            return
        }
        #expect(judgement.refused.isEmpty)
    }
}

@Suite("A policy change") struct PolicyChangeTests {
    private func stage(_ change: ApprovalPolicySpec.PolicyChange? = nil, requesters: [String] = ["alice"]) -> Stage {
        var stage = Stage()
        var policy = Stage.policy()
        policy.policyChange = change
        let people = Dictionary(uniqueKeysWithValues: requesters.map { (name($0), Stage.reason) })
        stage.subject = .policyChange(Stage.policyDigest, under: policy, requesters: Requesters(people: people))
        return stage
    }

    private func sign(_ stage: inout Stage, _ people: String...) {
        for (index, person) in people.enumerated() {
            stage.sign(person, "policyChange", seen: Int64(index), subject: .policyChange(Stage.policyDigest))
        }
    }

    @Test("wants two different people out of the approvers of all levels, where nothing else is declared")
    func standard() {
        var stage = stage()
        sign(&stage, "bob", "bob", "carol")
        let judgement = stage.judged(at: 9)
        #expect(judgement.isComplete && judgement.signers == [["bob", "carol"]] && judgement.levels[0].needed == 2)
    }

    @Test("may be signed by one who asked, never by nobody else")
    func requester() {
        var stage = stage(requesters: ["alice", "bob"])
        sign(&stage, "alice")
        let first = stage.judged(at: 0)
        #expect(
            first.signers == [["alice"]] && first.levels[0].candidates.map(\.text) == ["carol", "dave", "erin", "max"])
        sign(&stage, "alice", "bob")
        #expect(stage.judged(at: 1).codes.contains(.selfApproval) && !stage.judged(at: 1).isComplete)
        sign(&stage, "alice", "bob", "carol")
        #expect(stage.judged(at: 2).isComplete)
    }

    @Test("that somebody unknown asked for as well is not signed by all who asked, and that one")
    func unknown() {
        var stage = stage(requesters: ["alice", "bob"])
        stage.subject.requesters.unknown = Stage.reason
        #expect(stage.judged(at: 0).levels[0].needed == 3)
        sign(&stage, "alice", "bob", "carol")
        #expect(stage.judged(at: 2).codes == [.selfApproval] && !stage.judged(at: 2).isComplete)
        stage.sign("dave", "policyChange", seen: 3, subject: .policyChange(Stage.policyDigest))
        #expect(stage.judged(at: 3).isComplete && stage.judged(at: 3).signers == [["alice", "carol", "dave"]])
    }

    @Test("that one person decides cannot be that person's own")
    func single() {
        var stage = stage(.init(approvers: [.group(group("pki"))], count: 1))
        sign(&stage, "alice")
        #expect(stage.judged(at: 0).codes == [.selfApproval])
    }

    @Test("may be one's own where the set in force says so")
    func alone() {
        var stage = stage(.init(approvers: [.person(name("alice"))], count: 1, requesterMayApprove: true))
        sign(&stage, "alice")
        #expect(stage.judged(at: 0).isComplete)
    }

    @Test("is beyond reach where only those who asked could sign")
    func unsatisfiable() {
        let stage = stage(
            .init(approvers: [.person(name("alice")), .person(name("bob"))], count: 2), requesters: ["alice", "bob"])
        #expect(stage.judged(at: 0).unsatisfiable == "policyChange")
    }

    @Test("is not approved by a signature over a work order, nor the reverse")
    func otherSubject() {
        var stage = stage()
        stage.sign("bob", "policyChange", seen: 0)
        #expect(stage.judged(at: 0).signers == [[]] && stage.judged(at: 0).refused.isEmpty)
    }
}

@Suite("A decision within the second of another") struct SameSecondTests {
    @Test("comes after it where no pass has seen it yet")
    func unseen() {
        var stage = Stage()
        stage.sign("dave", "approve", .reject, seen: 5)
        stage.sign("bob", "approve", seen: nil, committed: 5)
        #expect(stage.judged(at: 5).codes == [.alreadyUsed])
        stage.records.removeLast()
        stage.sign("bob", "approve", seen: 5)
        #expect(stage.judged(at: 5).codes.isEmpty)
    }
}
