// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Planning
import Testing
import Vocabulary

@testable import Journal

@Suite("The end of a work order") struct EndOfWorkOrderTests {
    let batch = BatchID("00000000000000b1")

    /// The heads after facts, folded without a store.
    private func folded(_ facts: [Fact]) throws -> Fold {
        var fold = Fold(Heads(), reading: Sample.reading)
        for fact in facts { try fold.apply(fact) }
        return fold
    }

    private func begun(switching: Bool = true, replaces: Holding = .nothing) throws -> [Fact] {
        let intent = try Sample.intent(replaces: replaces)
        return [.intended(batch, try Sample.name("edge-1"), [intent], at: Sample.time(2))]
            + (switching ? [.switching(batch)] : [])
    }

    private func ended(_ outcome: Outcome, at minute: Int64 = 3) -> Fact {
        .ended(batch, [Sample.digest("order"): outcome], at: Sample.time(minute))
    }

    @Test(
        "raises the sequence exactly where the engine says so, and closes the batch where nothing is left to do",
        arguments: [
            (Outcome.completed, 1, false), (.pushFailed(message: "disk full"), 1, false),
            (.rolledBack(message: "old one served"), 1, false), (.rollbackFailed(message: "still mixed"), 1, true),
            (.unknownEffect(message: "no route"), 0, true), (.abandoned(message: "connection lost"), 0, false),
            (.candidateRefused(message: "emerg", token: DeviceStateToken("t")), 0, false),
        ] as [(Outcome, Int64, Bool)])
    func sequence(outcome: Outcome, sequence: Int64, open: Bool) throws {
        let history = try folded(begun() + [ended(outcome)]).heads.history
        let head = try #require(history.slots[Sample.slot()])
        #expect(head.sequence == sequence)
        #expect((head.openBatch != nil) == open)
        #expect((history.openBatches[batch] != nil) == open)
        #expect(history.workOrders[Sample.digest("order")]?.outcome == outcome)
        #expect((history.workOrders[Sample.digest("order")]?.endedAt != nil) == (sequence == 1))
        #expect((head.lastEnded != nil) == (sequence == 1))
    }

    @Test("after a rollback that failed and a later one that was proven has raised the sequence once")
    func undoneLater() throws {
        let failed = Outcome.rollbackFailed(message: "still mixed")
        var fold = try folded(begun() + [ended(failed)])
        #expect(fold.heads.history.openBatches[batch]?.undoFailed == true)
        #expect(fold.takeEnded().map(\.outcome) == [failed])
        try fold.apply(ended(.rolledBack(message: "proven"), at: 9))
        let head = try #require(fold.heads.history.slots[Sample.slot()])
        #expect(head.sequence == 1)
        #expect(head.openBatch == nil)
        #expect(head.lastEnded?.outcome == .rolledBack(message: "proven"))
        #expect(fold.takeEnded().map(\.outcome) == [.rolledBack(message: "proven")])
        #expect(fold.heads.history.openBatches.isEmpty)
    }

    @Test("whose effect nobody could see comes when the device is seen again, and raises the sequence then")
    func seenAgain() throws {
        var fold = try folded(begun() + [ended(.unknownEffect(message: "no route"))])
        #expect(fold.heads.history.openBatches[batch]?.unknown == true)
        #expect(fold.takeEnded().isEmpty)
        try fold.apply(ended(.completed, at: 9))
        #expect(fold.heads.history.slots[try Sample.slot()]?.sequence == 1)
        #expect(fold.heads.history.openBatches.isEmpty)
    }

    @Test("whose effect nobody can ever see comes with the end of the device's declaration")
    func undeclared() throws {
        let unknown = Outcome.unknownEffect(message: "no route")
        var fold = try folded(begun() + [ended(unknown)])
        try fold.apply(.deviceUndeclared(Sample.name("edge-1"), at: Sample.time(9)))
        let head = try #require(fold.heads.history.slots[Sample.slot()])
        #expect(head.sequence == 1)
        #expect(head.openBatch == nil)
        #expect(fold.heads.history.openBatches.isEmpty)
        #expect(fold.takeEnded().map(\.outcome) == [unknown])
        #expect(fold.heads.history.workOrders[Sample.digest("order")]?.endedAt == Sample.time(9))
    }

    @Test("is none where the device goes before anything was switched")
    func undeclaredBeforeTheSwitch() throws {
        var fold = try folded(begun(switching: false))
        try fold.apply(.deviceUndeclared(Sample.name("edge-1"), at: Sample.time(9)))
        #expect(fold.heads.history.slots[try Sample.slot()]?.sequence == 0)
        #expect(fold.heads.history.openBatches.isEmpty)
        #expect(fold.takeEnded().isEmpty)
    }

    @Test("as completed makes the slot hold and have verified what was pushed")
    func completed() throws {
        let facts: [Fact] = [
            .observed(
                try Sample.name("edge-1"), token: DeviceStateToken("t1"), changed: [try Sample.observation("old leaf")],
                at: Sample.time(1))
        ]
        let history = try folded(facts + begun() + [ended(.completed)]).heads.history
        let head = try #require(history.slots[Sample.slot()])
        #expect(head.observed?.holding == .certificate(leaf: Sample.digest("new leaf")))
        #expect(head.lastVerified == Sample.digest("new leaf"))
        #expect(head.lastCompleted?.digest == Sample.digest("order"))
        #expect(head.lastCompleted?.tip == (try Sample.commit("tip")))
        #expect(history.tokens.isEmpty)
    }

    @Test("as completed leaves an observation that has seen it already")
    func observedBefore() throws {
        let seen = Fact.observed(
            try Sample.name("edge-1"), token: DeviceStateToken("t2"), changed: [try Sample.observation("new leaf")],
            at: Sample.time(3))
        let history = try folded(begun() + [seen, ended(.completed, at: 4)]).heads.history
        #expect(history.slots[try Sample.slot()]?.observed == (try Sample.observation("new leaf")))
        #expect(history.slots[try Sample.slot()]?.observedAt == Sample.time(3))
    }

    @Test("as rolled back leaves what was known of the slot before")
    func rolledBack() throws {
        let before = try Sample.observation("old leaf")
        let facts: [Fact] = [
            .observed(try Sample.name("edge-1"), token: DeviceStateToken("t1"), changed: [before], at: Sample.time(1))
        ]
        let head = try #require(
            try folded(facts + begun() + [ended(.rolledBack(message: "proven"))]).heads.history.slots[Sample.slot()])
        #expect(head.observed == before)
        #expect(head.lastCompleted == nil)
        #expect(head.lastVerified == nil)
        #expect(head.lastEnded?.leaf == Sample.digest("new leaf"))
    }

    @Test("of one candidate leaves the others of its batch open")
    func partOfABatch() throws {
        let other = try Sample.slot("/etc/tls/pay.crt")
        let intents = [try Sample.intent(), try Sample.intent("other order", slot: other)]
        var fold = try folded([.intended(batch, try Sample.name("edge-1"), intents, at: Sample.time(2))])
        try fold.apply(ended(.candidateRefused(message: "emerg", token: nil)))
        #expect(fold.heads.history.openBatches[batch]?.intents.map(\.slot) == [other])
        #expect(fold.heads.history.slots[try Sample.slot()]?.openBatch == nil)
        #expect(fold.heads.history.slots[other]?.openBatch == batch)
    }

    @Test("by adoption touches nothing but what is approved")
    func adopted() throws {
        let intent = try Sample.intent(installs: nil, replaces: .certificate(leaf: Sample.digest("held")))
        var fold = try folded([.adopted(intent.workOrder, intent, at: Sample.time(2))])
        let head = try #require(fold.heads.history.slots[intent.slot])
        #expect(head.sequence == 0)
        #expect(head.lastCompleted?.adopted == true)
        #expect(head.lastCompleted?.leaf == Sample.digest("held"))
        #expect(head.observed == nil)
        #expect(fold.takeEnded().map(\.outcome) == [.adopted])
    }

    @Test("is refused where it does not fit what went before")
    func misfits() throws {
        let begun = try begun(), device: DeviceName = try Sample.name("edge-1")
        let again = Fact.intended(
            BatchID("00000000000000b2"), device, [try Sample.intent("another")], at: Sample.time(4))
        let used = Fact.intended(BatchID("00000000000000b2"), device, [try Sample.intent()], at: Sample.time(4))
        let stories: [[Fact]] = [
            [ended(.completed)],  // no such batch
            [.switching(batch)],
            try self.begun(switching: false) + [ended(.completed)],  // nothing was switched
            try self.begun(switching: false) + [ended(.unknownEffect(message: ""))],
            begun + [ended(.adopted)],
            begun + [again],  // the slot is in flight
            begun + begun,
            begun + [ended(.completed), used],  // an approval is good for one finished push
            begun + [ended(.completed), .adopted(Sample.digest("order"), try Sample.intent(), at: Sample.time(5))],
            begun + [.adopted(Sample.digest("order"), try Sample.intent(), at: Sample.time(5))],
            begun + [.ended(batch, [Sample.digest("stranger"): .completed], at: Sample.time(3))],
            [.intended(batch, try Sample.name("edge-2"), [try Sample.intent()], at: Sample.time(2))],
            [.intended(batch, device, [try Sample.intent(), try Sample.intent("twice")], at: Sample.time(2))],
        ]
        for (index, story) in stories.enumerated() {
            #expect(throws: MisfitFact.self, "story \(index)") { try folded(story) }
        }
    }
}
