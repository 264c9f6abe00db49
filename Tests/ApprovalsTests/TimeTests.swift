// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Approvals
import Declarations
import Testing
import Vocabulary

@Suite("An approval expires") struct ExpiryTests {
    @Test("to the second, from when it was first seen", arguments: [(72 * hour - 1, true), (72 * hour, false)])
    func fromFirstSeen(at time: Int64, counts: Bool) {
        var stage = Stage()
        stage.sign("bob", "approve", seen: 0)
        let judgement = stage.judged(at: time)
        #expect(judgement.signers[0] == (counts ? ["bob"] : []))
        #expect(judgement.allExpired == !counts)
        #expect(judgement.codes == (counts ? [] : [.approvalExpired]))
    }

    @Test("from its committer date, where that is earlier; a later one gives nothing", arguments: [-hour, 200])
    func fromCommitterDate(committed: Int64) {
        var stage = Stage()
        stage.sign("bob", "approve", seen: 0, committed: committed)
        let end = min(0, committed) + 72 * hour
        #expect(stage.judged(at: end - 1).signers[0] == ["bob"])
        #expect(stage.judged(at: end).codes == [.approvalExpired])
    }

    @Test("no longer once the last level is complete: then the window ends it")
    func stopsAtCompleteness() {
        var stage = Stage()
        stage.sign("bob", "approve", seen: 0)
        stage.sign("carol", "implement", seen: 72 * hour - 1, .scheduled(Stage.window(100 * hour, 104 * hour)))
        #expect(stage.judged(at: 103 * hour).isComplete)
        #expect(stage.judged(at: 103 * hour).completeAt == Stage.start + Seconds(72 * hour - 1))
        #expect(stage.judged(at: 103 * hour).window == Stage.window(100 * hour, 104 * hour))
    }

    @Test("before a later level could use it")
    func tooLate() {
        var stage = Stage()
        stage.sign("bob", "approve", seen: 0)
        stage.sign("carol", "implement", seen: 72 * hour)
        #expect(
            stage.judged(at: 72 * hour).codes.sorted { $0.rawValue < $1.rawValue } == [.approvalExpired, .tooEarly])
    }

    @Test("at once when its reason to wait is gone")
    func resumes() {
        var stage = Stage()
        stage.sign("bob", "approve", seen: 0)
        stage.sign("carol", "implement", seen: 1, .scheduled(Stage.window(100 * hour, 104 * hour)))
        stage.sign("carol", "implement", .revoke, seen: 80 * hour)
        let judgement = stage.judged(at: 80 * hour)
        #expect(Set(judgement.codes) == [.approvalExpired, .revoked] && judgement.allExpired)
    }

    @Test("and can be signed anew, before or after, by the same person")
    func renewed() {
        var stage = Stage()
        stage.sign("bob", "approve", seen: 0)
        stage.sign("bob", "approve", seen: 70 * hour)
        #expect(stage.judged(at: 71 * hour).codes == [.samePersonTwice])
        let renewed = stage.judged(at: 72 * hour)
        #expect(renewed.signers[0] == ["bob"] && renewed.codes == [.approvalExpired] && !renewed.allExpired)
        stage.sign("bob", "approve", seen: 150 * hour)
        #expect(stage.judged(at: 150 * hour).signers[0] == ["bob"])
    }

    @Test("with its key's validity judged when it was first seen, to the second")
    func keyValidity() {
        var stage = Stage()
        stage.inForce = Stage.set {
            $0.people[name("bob")]?.spec.keys = [
                Stage.key("bob", notBefore: Stage.start, notAfter: Stage.start + 10, revokedFrom: Stage.start + 20)
            ]
        }
        func code(_ seen: Int64) -> [Refusal.Code] {
            stage.records = [Stage.record("bob", "approve", seen: seen)]
            return stage.judged(at: hour).codes
        }
        #expect(code(-1) == [.keyNotValidAtFirstSeen])
        #expect(code(0) == [] && code(10) == [])
        #expect(code(11) == [.keyNotValidAtFirstSeen])
        #expect(code(20) == [.keyRevoked])
    }

    @Test("only after its date has come, five minutes of difference aside", arguments: [(300, true), (301, false)])
    func ahead(by seconds: Int64, counts: Bool) {
        var stage = Stage()
        stage.sign("bob", "approve", seen: nil, committed: seconds)
        #expect(stage.judged(at: 0).signers[0] == (counts ? ["bob"] : []))
        #expect(stage.judged(at: 1).signers[0] == ["bob"])
    }
}

@Suite("The window") struct WindowTests {
    static let saturday = Stage.window(40 * hour, 44 * hour)

    private func signed(
        _ approve: ApprovalRecord.Implementation, _ implement: ApprovalRecord.Implementation, seen: Int64 = 10
    ) -> Stage {
        var stage = Stage()
        stage.sign("bob", "approve", seen: 0, approve)
        stage.sign("carol", "implement", seen: seen, implement)
        return stage
    }

    @Test("of a manual implement lasts from completeness as long as somebody attends")
    func attended() {
        let stage = signed(.manual, .manual)
        #expect(stage.judged(at: 10).window == Stage.window(10, 10 + 4 * hour))
        let missed = stage.judged(at: 10 + 4 * hour)
        #expect(missed.isComplete && missed.window == Stage.window(10, 10 + 4 * hour))
        // However long nobody looks.
        #expect(stage.judged(at: 1000 * hour) == missed)
    }

    @Test("of a scheduled implement is its own, inside what was approved")
    func scheduled() {
        let narrower = Stage.window(41 * hour, 42 * hour)
        #expect(signed(.manual, .scheduled(Self.saturday)).judged(at: 20).window == Self.saturday)
        #expect(signed(.scheduled(Self.saturday), .scheduled(narrower)).judged(at: 20).window == narrower)
        #expect(signed(.scheduled(Self.saturday), .scheduled(Self.saturday)).judged(at: 20).window == Self.saturday)
    }

    @Test("of a manual implement ends with the approved one, and begins with it")
    func attendedInside() {
        let approved = ApprovalRecord.Implementation.scheduled(Self.saturday)
        #expect(
            signed(approved, .manual, seen: 42 * hour).judged(at: 42 * hour).window
                == Stage.window(42 * hour, 44 * hour))
        #expect(
            signed(approved, .manual, seen: 38 * hour).judged(at: 38 * hour).window
                == Stage.window(40 * hour, 42 * hour))
        #expect(signed(approved, .manual, seen: 36 * hour).judged(at: 36 * hour).codes == [.scheduleWidened])
    }

    @Test("is missed at once when a manual implement was kept from us for longer than anybody attends")
    func keptBack() {
        var stage = Stage()
        stage.sign("bob", "approve", seen: 0)
        stage.sign("carol", "implement", seen: 5 * hour, committed: hour)
        #expect(stage.judged(at: 5 * hour).window == Stage.window(5 * hour, 9 * hour))
        stage.records[1] = Stage.record("carol", "implement", seen: 5 * hour, committed: hour - 1)
        let missed = stage.judged(at: 5 * hour)
        #expect(missed.isComplete && missed.window == Stage.window(hour - 1, 5 * hour - 1))
    }

    @Test("is missed at once when it was over before it was complete")
    func overBefore() {
        var stage = Stage()
        stage.sign("bob", "approve", seen: 0)
        stage.sign("carol", "implement", seen: 2 * hour, .scheduled(Stage.window(hour, 2 * hour)))
        let missed = stage.judged(at: 2 * hour)
        #expect(missed.isComplete && missed.window == Stage.window(hour, 2 * hour))
    }

    @Test("once missed, takes a new signature at the last level, the same person's too", arguments: ["carol", "erin"])
    func signedAnew(by person: String) {
        var stage = signed(.manual, .manual)
        stage.sign(person, "implement", seen: 6 * hour)
        let judgement = stage.judged(at: 6 * hour)
        #expect(judgement.isComplete && judgement.window == Stage.window(6 * hour, 10 * hour))
        #expect(judgement.signers == [["bob"], [person]] && judgement.codes == [.approvalExpired])
        #expect(judgement.completeAt == Stage.start + Seconds(6 * hour))
    }

    @Test("once missed again, is that of the newest signature")
    func missedAgain() {
        var stage = signed(.manual, .manual)
        stage.sign("carol", "implement", seen: 6 * hour)
        let judgement = stage.judged(at: 10 * hour)
        #expect(judgement.isComplete && judgement.window == Stage.window(6 * hour, 10 * hour))
        #expect(judgement.levels[1].given.map(\.commit) == [stage.records[2].signed.commit])
    }

    @Test("that a lower level approves ends in the second that it names")
    func lowerEnds() {
        var stage = Stage()
        stage.sign("bob", "approve", seen: 0, .scheduled(Stage.window(60, 120)))
        #expect(stage.judged(at: 119).signers[0] == ["bob"])
        #expect(stage.judged(at: 120).codes == [.approvalExpired])
    }

    @Test("once missed, begins anew when the lower level has expired and somebody signs it")
    func lowerExpired() {
        var stage = signed(.manual, .manual, seen: 70 * hour)
        // Nobody signs: it stays missed.
        #expect(stage.judged(at: 200 * hour).isComplete)
        stage.sign("dave", "approve", seen: 75 * hour)
        let judgement = stage.judged(at: 75 * hour)
        #expect(judgement.completeLevels == 1 && judgement.signers == [["dave"], []])
    }

    @Test("once missed, does not come back because the lower level is signed again")
    func lowerSignedAgain() {
        var stage = signed(.manual, .manual)
        stage.sign("dave", "approve", seen: 6 * hour)
        let judgement = stage.judged(at: 6 * hour)
        #expect(judgement.isComplete && judgement.window == Stage.window(10, 10 + 4 * hour))
    }

    @Test("passes on to one who stands in reserve")
    func reserve() {
        var stage = signed(.manual, .scheduled(Self.saturday))
        let sunday = Stage.window(64 * hour, 68 * hour)
        stage.sign("erin", "implement", seen: 20, .scheduled(sunday))
        #expect(stage.judged(at: 41 * hour).window == Self.saturday)
        #expect(stage.judged(at: 44 * hour).window == sunday)
        #expect(stage.judged(at: 67 * hour).window == sunday)
        // Expiry stood still all the while.
        let never = Stage.window(80 * hour, 84 * hour)
        stage.records[2] = Stage.record("erin", "implement", seen: 20, .scheduled(never))
        #expect(stage.judged(at: 83 * hour).window == never)
    }

    @Test("is the time that all who are needed agree on")
    func several() {
        var stage = Stage()
        stage.subject.levels[1].count = 2
        stage.sign("bob", "approve", seen: 0)
        stage.sign("carol", "implement", seen: 10)
        stage.sign("erin", "implement", seen: 2 * hour, .scheduled(Stage.window(hour, 3 * hour)))
        #expect(stage.judged(at: 2 * hour).window == Stage.window(2 * hour, 3 * hour))
        stage.records[2] = Stage.record("erin", "implement", seen: 2 * hour, .scheduled(Self.saturday))
        let apart = stage.judged(at: 2 * hour)
        #expect(apart.codes == [.scheduleWidened] && apart.signers[1] == ["carol"])
    }

    @Test("stays as it was while the lower level is taken back and filled again")
    func dormant() {
        var stage = signed(.manual, .manual)
        stage.sign("bob", "approve", .revoke, seen: hour)
        let dormant = stage.judged(at: hour)
        #expect(dormant.completeLevels == 0 && dormant.signers == [[], ["carol"]] && dormant.codes == [.revoked])
        stage.sign("dave", "approve", seen: 2 * hour)
        let again = stage.judged(at: 2 * hour)
        #expect(again.isComplete && again.window == Stage.window(10, 10 + 4 * hour))
        #expect(again.completeAt == Stage.start + Seconds(2 * hour))
    }

    @Test("is measured again when who approved it changes")
    func changedApproval() {
        var stage = Stage()
        stage.sign("bob", "approve", seen: 0)
        stage.sign("dave", "approve", seen: 0, .scheduled(Self.saturday))
        stage.sign("carol", "implement", seen: 1)
        let first = stage.judged(at: 1)
        stage.sign(first.signers[0][0], "approve", .revoke, seen: 2)
        // Whoever of the two stood first is gone; if dave is left, carol's "at once" is outside what he approved.
        let left = stage.judged(at: 2)
        #expect(left.signers[0] == (first.signers[0][0] == "bob" ? ["dave"] : ["bob"]))
        #expect(left.codes.contains(.scheduleWidened) == (left.signers[0] == ["dave"]))
    }

    @Test("stands still while it is implemented")
    func implementing() {
        var stage = signed(.manual, .manual)
        stage.subject.implementingSince = Stage.start + 60
        stage.sign("bob", "approve", .revoke, seen: 61)
        let judgement = stage.judged(at: 500 * hour)
        #expect(judgement.isComplete && judgement.signers == [["bob"], ["carol"]] && judgement.codes == [.alreadyUsed])
    }
}

@Suite("What was signed before the slot changed and came back") struct CameBackTests {
    @Test("is void: stale, and nobody is full by it")
    func void() {
        var stage = Stage()
        stage.sign("bob", "approve", seen: 0)
        stage.sign("dave", "approve", seen: 10)
        stage.subject.signaturesSince = Stage.start + 10
        let judgement = stage.judged(at: 10)
        #expect(judgement.signers[0] == ["dave"] && judgement.codes == [.staleDigest])
    }

    @Test("is void for approvals only: what was rejected stays rejected, what was revoked stays revoked")
    func others() {
        var stage = Stage()
        stage.sign("bob", "approve", .reject, seen: 0)
        stage.subject.signaturesSince = Stage.start + 10
        #expect(stage.judged(at: 10).tombstone != nil)
    }
}
