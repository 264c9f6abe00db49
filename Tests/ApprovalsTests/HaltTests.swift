// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Approvals
import Testing
import Vocabulary

@Suite("A halt") struct HaltTests {
    private func word(_ stage: Stage, at seconds: Int64 = 100) -> String? {
        stage.judged(at: seconds).word.map { "\($0.isHalt ? "halt" : "resume") by \($0.person)" }
    }

    @Test("is the word until somebody says resume, and takes no signature away") func word() {
        var stage = Stage()
        stage.sign("bob", "approve", seen: 0)
        stage.sign("carol", "implement", seen: 1)
        stage.sign("bob", "implement", .halt, seen: 2)
        #expect(word(stage) == "halt by bob")
        #expect(stage.judged(at: 100).isComplete && stage.judged(at: 100).codes.isEmpty)
        stage.sign("erin", "implement", .resume, seen: 3)
        #expect(word(stage) == "resume by erin")
        stage.sign("alice", "implement", .halt, seen: 4)
        #expect(word(stage) == "halt by alice", "who asked may halt, as they may cancel")
    }

    @Test(
        "and its end are for those who may",
        arguments: [
            ("alice", ApprovalRecord.Decision.resume, Refusal.Code.notInGroup), ("bob", .resume, .notInGroup),
            ("rob", .halt, .notInGroup), ("stranger", .halt, .unknownKey), ("hub", .resume, .unknownKey),
        ])
    func refused(person: String, decision: ApprovalRecord.Decision, code: Refusal.Code) {
        var stage = Stage()
        stage.sign(person, "implement", decision, seen: 0)
        #expect(stage.judged(at: 1).codes == [code])
        #expect(word(stage) == nil)
    }

    @Test("is not ended by who asked, even where they sign the last level") func requester() {
        var stage = Stage()
        stage.subject.requesters.people[name("erin")] = Stage.reason
        stage.sign("erin", "implement", .resume, seen: 0)
        #expect(stage.judged(at: 1).codes == [.selfApproval])
    }

    @Test("of two that are seen at once the later written counts, and of those the halt") func together() {
        var stage = Stage()
        stage.sign("carol", "implement", .resume, seen: 5, committed: 3)
        stage.sign("bob", "implement", .halt, seen: 5, committed: 2)
        #expect(word(stage) == "resume by carol")
        stage.sign("dave", "implement", .halt, seen: 5, committed: 3)
        #expect(word(stage) == "halt by dave")
    }

    @Test("that comes after the end is too late") func late() {
        var stage = Stage()
        stage.sign("bob", "implement", .reject, seen: 0)
        stage.sign("dave", "implement", .halt, seen: 1)
        #expect(stage.judged(at: 2).codes == [.alreadyUsed] && word(stage) == nil)
        var moving = Stage()
        moving.subject.implementingSince = Stage.start
        moving.sign("dave", "implement", .halt, seen: 1)
        #expect(moving.judged(at: 2).codes == [.alreadyUsed])
    }
}
