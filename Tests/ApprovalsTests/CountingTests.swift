// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Approvals
import Declarations
import Testing
import Vocabulary

@Suite("Two levels") struct CountingTests {
    @Test("are complete when one person of each has signed, in order")
    func complete() {
        var stage = Stage()
        #expect(stage.judged(at: 0).completeLevels == 0)
        stage.sign("bob", "approve", seen: 0)
        let first = stage.judged(at: 10)
        #expect(first.completeLevels == 1 && !first.isComplete && first.window == nil && first.completeAt == nil)
        #expect(first.levels.map(\.missing) == [0, 1])
        stage.sign("carol", "implement", seen: 10)
        let second = stage.judged(at: 10)
        #expect(second.isComplete && second.completeAt == Stage.start + 10 && second.refused.isEmpty)
        #expect(second.signers == [["bob"], ["carol"]])
        #expect(second.levels[1].given.first?.key.hasPrefix("SHA256:") == true)
        #expect(second.levels[1].given.first?.comment == "by carol")
    }

    @Test("may be signed in one pass, whatever the ids of the commits", arguments: 0..<8)
    func onePass(tag: Int) {
        var stage = Stage()
        stage.sign("carol", "implement", seen: 5, tag: "\(tag)")
        stage.sign("bob", "approve", seen: 5, tag: "\(tag)")
        #expect(stage.judged(at: 5).isComplete)
    }

    @Test("take what was not seen yet as seen now")
    func unseen() {
        var stage = Stage()
        stage.sign("carol", "implement", seen: nil)
        stage.sign("bob", "approve", seen: 0)
        let judgement = stage.judged(at: 9)
        #expect(judgement.isComplete && judgement.completeAt == Stage.start + 9)
        #expect(judgement.levels[1].given.first?.firstSeen == nil)
    }

    @Test("keep a record that came too early out for ever")
    func tooEarly() {
        var stage = Stage()
        stage.sign("carol", "implement", seen: 0)
        stage.sign("bob", "approve", seen: 1)
        #expect(stage.judged(at: 2).codes == [.tooEarly])
        stage.sign("carol", "implement", seen: 2)
        let judgement = stage.judged(at: 2)
        #expect(judgement.isComplete && judgement.codes == [.tooEarly])
    }

    @Test("want as many people as the policy says, and people are counted, not keys")
    func count() {
        var stage = Stage()
        stage.subject.levels[0].count = 2
        let second = { (set: inout DeclarationSet) in _ = set.people[name("bob")]?.spec.keys.append(Stage.key("bob-2"))
        }
        (stage.inForce, stage.tip) = (Stage.set(second), Stage.set(second))
        stage.sign("bob", "approve", seen: 0)
        stage.sign("bob-2", "approve", seen: 1)
        #expect(stage.judged(at: 2).codes == [.samePersonTwice])
        stage.sign("dave", "approve", seen: 2)
        #expect(stage.judged(at: 2).signers[0] == ["bob", "dave"])
    }

    @Test("let the requester sign where the policy does")
    func requesterMayApprove() {
        var stage = Stage()
        stage.subject.separation.requesterMayApprove = true
        stage.sign("alice", "approve", seen: 0)
        #expect(stage.judged(at: 0).signers == [["alice"], []])
    }

    @Test("let one person sign both where the policy does")
    func notDistinct() {
        var stage = Stage()
        stage.subject.separation.distinctAcrossLevels = false
        stage.sign("max", "approve", seen: 0)
        stage.sign("max", "implement", seen: 0)
        #expect(stage.judged(at: 0).isComplete)
    }

    @Test("want one more person at the first where a requester is unknown and the policy says so")
    func extraApprover() {
        var stage = Stage()
        stage.subject.requesters.unknown = Stage.reason
        #expect(stage.judged(at: 0).levels.map(\.needed) == [1, 1])
        stage.subject.separation.unknownRequester = .extraApprover
        #expect(stage.judged(at: 0).levels.map(\.needed) == [2, 1])
    }

    @Test("keep a reserve: when one who counts goes, another's later record counts")
    func reserve() {
        var stage = Stage()
        stage.sign("bob", "approve", seen: 0)
        stage.sign("dave", "approve", seen: 1)
        stage.sign("carol", "implement", seen: 2)
        stage.sign("bob", "approve", .revoke, seen: 3)
        let judgement = stage.judged(at: 3)
        #expect(judgement.isComplete && judgement.signers[0] == ["dave"])
    }

    @Test("keep the members whom a group had in force when the tip deletes the group")
    func deletedGroup() {
        var stage = Stage()
        stage.tip = Stage.set { $0.groups[group("pki")] = nil }
        stage.sign("bob", "approve", seen: 0)
        #expect(stage.judged(at: 0).signers[0] == ["bob"])
    }

    @Test("never complete without levels")
    func noLevels() {
        var stage = Stage()
        stage.subject.levels = []
        stage.sign("bob", "approve", seen: 0)
        #expect(!stage.judged(at: 0).isComplete)
    }

    @Test("do not depend on the order in which records are read")
    func order() {
        var stage = Stage()
        stage.sign("bob", "approve", seen: 0)
        stage.sign("carol", "implement", seen: 0, .scheduled(Stage.window(hour, 9 * hour)))
        stage.sign("max", "approve", seen: 0)
        stage.sign("max", "implement", seen: 5)
        stage.sign("bob", "approve", .revoke, seen: 7)
        stage.sign("dave", "approve", seen: 9)
        stage.sign("erin", "implement", seen: 9)
        stage.sign("alice", "approve", seen: 9)
        stage.sign("stranger", "approve", seen: nil)
        stage.sign("dave", "approve", seen: 80 * hour)
        var generator = Sequence64(state: 42)
        for time in [0, 5, 8, 9, hour, 10 * hour, 90 * hour] as [Int64] {
            let expected = stage.judged(at: time)
            for _ in 0..<20 {
                stage.records.shuffle(using: &generator)
                #expect(stage.judged(at: time) == expected)
            }
        }
    }

    @Test("hold one record for one key, the first seen, however often its signature is wrapped anew")
    func oneRecordPerKey() {
        var stage = Stage()
        let first = Stage.record("bob", "approve", seen: 4)
        var wrapped = first
        wrapped.signed.commit = Stage.id("wrapped anew")
        for (seen, kept) in [(3, wrapped.signed.commit), (5, first.signed.commit), (nil, first.signed.commit)]
            as [(Int64?, ObjectID)]
        {
            wrapped.firstSeen = seen.map { Stage.start + Seconds($0) }
            stage.records = [first, wrapped]
            #expect(stage.judged(at: 10).levels[0].given.map(\.commit) == [kept])
            stage.records.reverse()
            #expect(stage.judged(at: 10).levels[0].given.map(\.commit) == [kept])
        }
    }

    @Test("take at most a hundred records of one person")
    func flood() {
        var stage = Stage()
        stage.records = (0..<150).map { Stage.record("bob", "approve", seen: 0, tag: "\($0)") }
        stage.sign("dave", "approve", seen: 1)
        let judgement = stage.judged(at: 1)
        #expect(judgement.signers[0] == ["bob", "dave"])
        #expect(judgement.refused.count == 149)
    }
}

@Suite("Candidates") struct CandidateTests {
    private func names(_ judgement: Judgement) -> [[String]] { judgement.levels.map { $0.candidates.map(\.text) } }

    @Test("are those who may sign, have a key and did not sign yet; no requester, no robot")
    func candidates() {
        var stage = Stage()
        #expect(names(stage.judged(at: 0)) == [["bob", "dave", "max"], ["carol", "erin", "max"]])
        stage.sign("max", "approve", seen: 0)
        #expect(names(stage.judged(at: 0)) == [["bob", "dave"], ["carol", "erin"]])
    }

    @Test("are not those whose key is over, or not in both sets")
    func keys() {
        var stage = Stage()
        stage.inForce = Stage.set {
            $0.people[name("bob")]?.spec.keys = [Stage.key("bob", notAfter: Stage.start)]
            $0.people[name("carol")]?.spec.keys = []
        }
        stage.tip = Stage.set { $0.people[name("dave")] = nil }
        #expect(names(stage.judged(at: 0)) == [["bob", "max"], ["erin", "max"]])
        #expect(names(stage.judged(at: 1)) == [["max"], ["erin", "max"]])
        // One person for two levels is not enough.
        stage.tip.people[name("erin")] = nil
        #expect(stage.judged(at: 1).unsatisfiable == "implement")
        stage.subject.separation.distinctAcrossLevels = false
        #expect(stage.judged(at: 1).unsatisfiable == nil)
    }

    @Test("are missing where a level wants more people than there are", arguments: [(3, nil), (4, "approve")])
    func unsatisfiable(count: Int, level: String?) {
        var stage = Stage()
        stage.subject.levels[0].count = count
        #expect(stage.judged(at: 0).unsatisfiable == level)
    }

    @Test("are found by moving people between levels")
    func matching() {
        var stage = Stage()
        stage.subject.levels[0].approvers = [.person(name("bob")), .person(name("max"))]
        stage.subject.levels[1].approvers = [.person(name("bob"))]
        #expect(stage.judged(at: 0).unsatisfiable == nil)
        stage.subject.levels[0].count = 2
        #expect(stage.judged(at: 0).unsatisfiable == "implement")
    }

    @Test("do not matter once all is complete")
    func complete() {
        var stage = Stage()
        stage.inForce = Stage.set { $0.people[name("bob")]?.spec.keys = [Stage.key("bob", notAfter: Stage.start)] }
        stage.subject.levels[0].approvers = [.person(name("bob"))]
        stage.sign("bob", "approve", seen: 0)
        stage.sign("carol", "implement", seen: 1)
        #expect(stage.judged(at: 1).unsatisfiable == nil && stage.judged(at: 1).isComplete)
    }
}

/// SplitMix64: the same order in each run.
struct Sequence64: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
