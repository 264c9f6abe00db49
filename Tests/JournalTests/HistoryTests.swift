// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Approvals
import GRDB
import Planning
import Testing
import Vocabulary

@testable import Journal

@Suite("The history") struct HistoryTests {
    private let batch = BatchID("00000000000000b1")

    /// A life: trusted, observed, signed, pushed, rolled back, pushed again, adopted, out of reach.
    private func life() throws -> [Fact] {
        let device: DeviceName = try Sample.name("edge-1")
        let other = try Sample.slot("/etc/tls/pay.crt")
        let first = try Sample.intent("first"), second = try Sample.intent("second")
        let adopted = try Sample.intent("third", slot: other, installs: nil)
        let observed = [try Sample.observation("old leaf"), try Sample.observation("pay leaf", of: other)]
        return [
            .epochBegun(try Sample.epoch(), at: Sample.time(0)),
            .trustSetAccepted(
                History.AcceptedTrustSet(
                    digest: Sample.digest("set"), commit: try Sample.commit("trusted"), by: nil, number: 0,
                    at: Sample.time(0))),
            .tipAccepted(try Sample.commit("tip"), at: Sample.time(1)),
            .observed(device, token: DeviceStateToken("t1"), changed: observed, at: Sample.time(1)),
            .served(
                [try Sample.slot(): [Sample.answer("old leaf")], other: [Sample.answer("pay")]], at: Sample.time(1)),
            try Sample.record(on: "first", "second"), try Sample.record(on: "first", comment: "me too"),
            try Sample.record(on: "later"),
            .intended(batch, device, [first], at: Sample.time(2)), .switching(batch),
            .ended(batch, [first.workOrder: .rolledBack(message: "old one served")], at: Sample.time(3)),
            .intended(batch, device, [second], at: Sample.time(4)), .switching(batch),
            .ended(batch, [second.workOrder: .completed], at: Sample.time(5)),
            .adopted(adopted.workOrder, adopted, at: Sample.time(6)),
            .published(status: try Sample.commit("status"), upTo: Revision(3)),
            .unobserved(device, message: "no route", at: Sample.time(7)),
            .unobserved(device, message: "still none", at: Sample.time(8)),
        ]
    }

    @Test("read from the file is the fold of its facts") func foldOfFacts() async throws {
        let store = try Store()
        try await store.journal.append(life(), under: nil, expecting: Revision(0))
        let reopened = try store.reopened()
        var fold = Fold(Heads(), reading: Sample.reading)
        for fact in try await reopened.facts() { try fold.apply(fact) }
        let kept = try await store.journal.history(), read = try await reopened.history()
        #expect(read.head == Revision(18))
        expectSame(read.history, fold.heads.history)
        expectSame(kept.history, fold.heads.history)
        #expect(try await reopened.facts() == life())
    }

    @Test("keeps what is known of revocations, and that something was put back twice, over a restart")
    func revocations() async throws {
        let store = try Store()
        let leaves = (0..<4).map { Sample.digest("leaf \($0)") as Fingerprint }
        let known: [Fingerprint: Revocation] = [
            leaves[0]: Revocation(
                status: .good, since: Sample.time(1), source: .stapled, answered: Sample.time(0),
                goodUntil: Sample.time(60), askAgain: Sample.time(60), staple: Sample.digest("staple")),
            leaves[1]: Revocation(
                status: .revoked(.init(at: Sample.time(0), reason: "keyCompromise")), since: Sample.time(1), source: .ocsp,
                askAgain: Sample.time(9)),
            leaves[2]: Revocation(
                status: .revoked(.init(at: Sample.time(0), reason: nil)), since: Sample.time(1), source: .crl,
                askAgain: Sample.time(9)),
            leaves[3]: Revocation(status: .unknown("refused"), since: Sample.time(1), askAgain: Sample.time(2)),
        ]
        let device: DeviceName = try Sample.name("edge-1")
        let intents = [try Sample.intent("first"), try Sample.intent("again"), try Sample.intent("once more")]
        var facts: [Fact] = [.epochBegun(try Sample.epoch(), at: Sample.time(0))]
        for (minute, intent) in zip(Int64(1)..., intents) {
            facts += [
                .observed(
                    device, token: DeviceStateToken("t"), changed: [try Sample.observation("stray")],
                    at: Sample.time(minute)),
                .intended(batch, device, [intent], at: Sample.time(minute)), .switching(batch),
                .ended(batch, [intent.workOrder: .completed], at: Sample.time(minute)),
            ]
        }
        facts.append(.revocations(known, forgotten: [], at: Sample.time(4)))
        try await store.journal.append(facts, under: nil, expecting: nil)
        var history = try await store.reopened().history().history
        #expect(history.revocations == known)
        let slot = try Sample.slot()
        let putBacks = history.slots[slot]?.putBacks
        #expect(putBacks == [Sample.time(2), Sample.time(3)] && history.slots[slot]?.provenBefore == nil)
        try await store.journal.append(
            [.revocations([:], forgotten: [leaves[0], leaves[3]], at: Sample.time(5))], under: nil, expecting: nil)
        history = try await store.reopened().history().history
        #expect(history.revocations == known.filter { [leaves[1], leaves[2]].contains($0.key) })
    }

    private func expectSame(_ left: History, _ right: History) {
        #expect(left.slots == right.slots)
        #expect(left.workOrders == right.workOrders)
        #expect(left.openBatches == right.openBatches)
        #expect(left.records == right.records)
        #expect(left.unreachable == right.unreachable)
        #expect(left.tokens == right.tokens)
        #expect(left.epoch == right.epoch)
        #expect(left.epochBegunAt == right.epochBegunAt)
        #expect(left.trustSet == right.trustSet)
        #expect(left.acceptedTip == right.acceptedTip)
        #expect(left.latest == right.latest)
        #expect(left.published == right.published)
        #expect(left.tenures == right.tenures)
        #expect(left.removedZones == right.removedZones)
    }

    @Test("gives a device away, takes it over with what others left, and knows both from the file")
    func tenures() async throws {
        let store = try Store()
        let device: DeviceName = try Sample.name("edge-1")
        let slot = try Sample.slot()
        try await store.journal.append(life(), under: nil, expecting: nil)
        try await store.journal.append([.released([device], at: Sample.time(9))], under: nil, expecting: nil)
        var history = try await store.reopened().history().history
        #expect(history.tenures == [device: .released(at: Sample.time(9))] && history.devicesAnsweredFor.isEmpty)
        #expect(history.slots[slot]?.sequence == 2 && history.slots[slot]?.observed == nil)
        #expect(history.tokens[device] == nil && history.unreachable[device] == nil)

        var theirs = SlotHead()
        (theirs.sequence, theirs.lastVerified) = (5, Sample.digest("their leaf"))
        theirs.remember(former: Sample.digest("their former leaf"))
        let other = try Sample.slot("/etc/tls/pay.crt")
        var lower = SlotHead()
        lower.remember(former: Sample.digest("another"))
        let zone: ZoneName = try Sample.name("dmz")
        let succession = Tenure.Succession(
            at: Sample.time(11), from: [Tenure.Predecessor(zone: zone, released: Sample.time(10))])
        let adopted = history.slots[other]?.lastCompleted
        try await store.journal.append(
            [
                .takenOver(device, succession, [slot: theirs, other: lower], at: Sample.time(10)),
                .zonesRemoved([zone], at: Sample.time(12)),
            ], under: nil, expecting: nil)
        history = try await store.reopened().history().history
        expectSame(history, try await store.journal.history().history)
        #expect(history.tenures == [device: .takenOver(succession)] && history.devicesAnsweredFor == [device])
        #expect(history.removedZones == [zone])
        let head = try #require(history.slots[slot])
        #expect(head.sequence == 5 && head.lastVerified == Sample.digest("their leaf"))
        #expect(head.signaturesSince == Sample.time(11), "what was signed before is void")
        #expect(head.formerLeaves.contains(Sample.digest("their former leaf")))
        #expect(head.formerLeaves.contains(Sample.digest("old leaf")))
        #expect(history.slots[other]?.formerLeaves.contains(Sample.digest("another")) == true)
        #expect(adopted != nil && history.slots[other]?.lastCompleted == nil, "the last zone to have it knows most")
    }

    @Test("gives no device away on which something is open") func releasedWhileOpen() async throws {
        let store = try Store()
        let device: DeviceName = try Sample.name("edge-1")
        try await store.journal.append(
            [
                .epochBegun(try Sample.epoch(), at: Sample.time(0)),
                .intended(batch, device, [try Sample.intent("first")], at: Sample.time(1)),
            ],
            under: nil, expecting: nil)
        #expect(
            await journalCode {
                try await store.journal.append([.released([device], at: Sample.time(2))], under: nil, expecting: nil)
            } == .conflict)
    }

    @Test("tells when the epoch began, also where the journal is from before that was kept") func epochBegun()
        async throws
    {
        let store = try Store()
        try await store.journal.append(
            [
                .epochBegun(try Sample.epoch("a"), at: Sample.time(1)),
                .tipAccepted(try Sample.commit("tip"), at: Sample.time(2)),
                .epochBegun(try Sample.epoch("b"), at: Sample.time(3)),
            ], under: nil, expecting: nil)
        #expect(try await store.journal.history().history.epochBegunAt == Sample.time(3))
        #expect(try await store.reopened().history().history.epochBegunAt == Sample.time(3))
        try await DatabaseQueue(path: store.path).write {
            try $0.execute(sql: "DELETE FROM meta WHERE key = 'epochBegun'")
        }
        #expect(try await store.reopened().history().history.epochBegunAt == Sample.time(3))
    }

    @Test("holds what is open, and not what finished") func small() async throws {
        let store = try Store()
        try await store.journal.append(life(), under: nil, expecting: nil)
        let history = try await store.reopened().history().history
        #expect(history.openBatches.isEmpty)
        // Of the pushes only the last facts are kept; of the records only the one whose work order has not ended.
        #expect(Set(history.workOrders.keys) == [Sample.digest("second"), Sample.digest("third")])
        #expect(Set(history.records.keys) == [try Sample.key(of: Sample.record(on: "later"))])
        #expect(history.slots[try Sample.slot()]?.sequence == 2)
        #expect(history.unreachable[try Sample.name("edge-1")]?.since == Sample.time(7))
        #expect(history.latest == Sample.time(8))
        #expect(try await store.journal.published()?.upTo == Revision(3))
    }

    @Test("leaves the ended work orders and the evidence to be asked for") func asked() async throws {
        let store = try Store()
        let head = try await store.journal.append(life(), under: nil, expecting: nil)
        let reopened = try store.reopened()
        let ended = try await reopened.ended(after: Revision(0))
        #expect(
            ended.map(\.intent.workOrder) == [Sample.digest("first"), Sample.digest("second"), Sample.digest("third")])
        #expect(ended.map(\.sequence) == [1, 2, 0])
        #expect(try await reopened.ended(after: Revision(11)).count == 2)
        #expect(try await reopened.ended(after: head).isEmpty)

        let record = try Sample.record(on: "first", "second")
        let key = try Sample.key(of: record)
        let evidence = try await reopened.evidence(of: [key, Sample.digest("unknown")])
        #expect(evidence.map(\.key) == [key])
        #expect(evidence.first?.firstSeen == Sample.time(1))
        guard case .recordSeen(_, let commit, let raw, _, _) = record else { return }
        #expect(evidence.first?.commit == commit)
        #expect(evidence.first?.raw == raw)
        #expect(try await reopened.firstSeen(of: [key]) == [key: Sample.time(1)])
        #expect(try await reopened.unseen([commit, try Sample.commit("unknown")]) == [try Sample.commit("unknown")])
    }

    @Test("keeps the first of two records with one key, also when it can no longer count") func firstStays()
        async throws
    {
        let store = try Store()
        try await store.journal.append(life(), under: nil, expecting: nil)
        let facts = try await store.journal.facts().count
        for fact in [try Sample.record(on: "first", "second"), try Sample.record(on: "later")] {
            guard case .recordSeen(let key, let commit, let raw, _, _) = fact else { return }
            try await store.journal.append(
                [.recordSeen(key, commit: commit, raw: raw, placement: nil, at: Sample.time(99))], under: nil,
                expecting: nil)
            #expect(try await store.journal.firstSeen(of: [key])[key] == Sample.time(1))
        }
        #expect(try await store.journal.facts().count == facts)
        #expect(try await store.journal.history().history.records.count == 1)
    }

    @Test("lets a record go once all that it decides on has ended or it is retired") func lettingGo() async throws {
        let store = try Store()
        let both = try Sample.record(on: "first", "second"), stale = try Sample.record(on: "superseded")
        let device: DeviceName = try Sample.name("edge-1")
        try await store.journal.append([both, stale], under: nil, expecting: nil)
        func push(_ name: String) async throws {
            let intent = try Sample.intent(name)
            try await store.journal.append(
                [
                    .intended(batch, device, [intent], at: Sample.time(2)), .switching(batch),
                    .ended(batch, [intent.workOrder: .completed], at: Sample.time(3)),
                ], under: nil, expecting: nil)
        }
        func keys() async throws -> Set<RecordKey> {
            let kept = Set(try await store.journal.history().history.records.keys)
            #expect(kept == Set(try await store.reopened().history().history.records.keys))
            return kept
        }
        try await push("first")
        #expect(try await keys() == [try Sample.key(of: both), try Sample.key(of: stale)])
        try await push("second")
        #expect(try await keys() == [try Sample.key(of: stale)])
        try await store.journal.append([.recordsRetired([try Sample.key(of: stale)])], under: nil, expecting: nil)
        #expect(try await keys() == [])
        #expect(try await store.journal.evidence(of: [try Sample.key(of: stale)]).count == 1)
    }

    @Test("of another epoch is none: observations, approvals and completed work orders are void") func newEpoch()
        async throws
    {
        let store = try Store()
        try await store.journal.append(life(), under: nil, expecting: nil)
        try await store.journal.append(
            [.epochBegun(try Sample.epoch("b"), at: Sample.time(9))], under: nil, expecting: nil)
        for journal in [store.journal, try store.reopened()] {
            let history = try await journal.history().history
            #expect(history.epoch == (try Sample.epoch("b")))
            #expect(history.records.isEmpty)
            #expect(history.tokens.isEmpty)
            let head = try #require(history.slots[Sample.slot()])
            #expect(head.sequence == 2)
            #expect(head.observed == nil)
            #expect(head.lastCompleted == nil)
            #expect(head.lastVerified == Sample.digest("new leaf"))
        }
    }

    @Test("says of every slot of a device when it was last observed, for one row written") func observedAt()
        async throws
    {
        let store = try Store()
        let device: DeviceName = try Sample.name("edge-1"), token = DeviceStateToken("t")
        try await store.journal.append(
            [
                .observed(device, token: token, changed: [try Sample.observation("leaf")], at: Sample.time(1)),
                .observed(device, token: token, changed: [], at: Sample.time(5)),
            ], under: nil, expecting: nil)
        for journal in [store.journal, try store.reopened()] {
            #expect(try await journal.history().history.slots[Sample.slot()]?.observedAt == Sample.time(5))
        }
    }

    @Test("goes on from what another process has appended") func twoProcesses() async throws {
        let store = try Store()
        let other = try store.reopened()
        _ = try await store.journal.history()
        try await other.append([.tipAccepted(try Sample.commit("tip"), at: Sample.time(1))], under: nil, expecting: nil)
        let read = try await store.journal.history()
        #expect(read.history.acceptedTip == (try Sample.commit("tip")))
        #expect(
            await journalCode { try await store.journal.append([], under: nil, expecting: Revision(0)) } == .conflict)
        try await store.journal.append(
            [.tipAccepted(try Sample.commit("next"), at: Sample.time(2))], under: nil, expecting: read.head)
        #expect(try await other.history().history.acceptedTip == (try Sample.commit("next")))
    }
}
