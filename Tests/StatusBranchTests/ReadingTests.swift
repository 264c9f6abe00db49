// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Approvals
import Git
import Planning
import Signatures
import StatusBranch
import TestKit
import Testing
import Vocabulary

@Suite("A status commit read back") struct ReadingTests {
    @Test("gives the history that was written, times of observation aside") func roundTrip() async throws {
        let gateway = try await Gateway()
        var history = try Sample.history(slots: 0..<400)
        let batch = OpenBatch(
            id: BatchID("00000000000000b1"), device: try Sample.slot(7).device, intents: [try Sample.intent(7, "open")],
            intendedAt: Sample.time(2), switching: true, unknown: true)
        history.openBatches[batch.id] = batch
        history.slots[try Sample.slot(7)]?.openBatch = batch.id
        history.slots[try Sample.slot(8)]?.lastEnded = SlotHead.EndedWorkOrder(
            digest: Sample.digest("failed"), leaf: nil, outcome: .rollbackFailed(message: "still mixed"),
            at: Sample.time(3))
        history.slots[try Sample.slot(9)]?.observed?.holding = .other(Sample.digest("garbage"))
        history.slots[try Sample.slot(10)]?.observed?.holding = .nothing
        history.unreachable[try Sample.name("edge-3")] = History.Unreachable(since: Sample.time(1), message: "no route")
        var refused = WorkOrderFacts()
        refused.outcome = .candidateRefused(message: "emerg", token: DeviceStateToken("t1"))
        var order = try Sample.order(11, "refused")
        order.history = refused
        history.tokens[order.device] = DeviceStateToken("t1")

        // 399 is declared no more: its sequence must go on all the same. 398 neither, and was only ever looked at: the key
        // that lies there decides on policies all the same.
        var seen = SlotHead()
        (seen.observed, seen.observedAt) = (try Sample.head(398).observed, Sample.time(0))
        history.slots[try Sample.slot(398)] = seen
        let views = try (0..<398).map { try Sample.view($0) }
        let content = gateway.content(history, plan: Sample.plan(views, orders: [order]))
        let commit = try required(try await gateway.publish(content, known: nil)).commit
        let read = try gateway.history(of: commit)
        for (slot, head) in history.slots {
            #expect(read.slots[slot] == head, "\(slot.path)")
        }
        #expect(read.slots.count == history.slots.count)
        #expect(read.openBatches == history.openBatches)
        #expect(read.unreachable == history.unreachable)
        #expect(read.tokens[order.device] == DeviceStateToken("t1"))
        #expect((read.epoch, read.acceptedTip) == (history.epoch, history.acceptedTip))
        #expect(read.trustSet == history.trustSet)
        #expect(read.published == commit)
        #expect(read.workOrders[Sample.digest("refused")] == refused)
        #expect(read.workOrders[Sample.digest("failed")]?.endedAt == Sample.time(3))
        #expect(read.workOrders[Sample.digest("open")]?.intendedAt == Sample.time(2))
        #expect(read.workOrders[Sample.digest("order 1")]?.outcome == .adopted)
    }

    @Test("has the records that may still count, verified again, with when they were first seen") func records()
        async throws
    {
        let gateway = try await Gateway()
        let first = try required(try await gateway.publish(gateway.content(Sample.history(slots: 0..<1)), known: nil))
            .commit
        let alice = try await SSHKey("alice", in: gateway.origin.folder)
        let digest: WorkOrderDigest = Sample.digest("order")
        let tree = try await gateway.origin.git("rev-parse", "\(first.hex)^{tree}")
        let id = try await gateway.origin.commitTree(
            tree, parents: [first.hex],
            message: """
                Approve shop on connector-0

                Countersign-Record: approval/v1
                Countersign-Repository: \(Gateway.repositoryID)
                Countersign-Level: approve
                Countersign-Decision: approve
                Countersign-Work-Order: \(digest.id) \(digest)
                Countersign-Implementation: manual

                """, signedBy: alice)
        let commit = try required(ObjectID(hex: id))
        let raw = try await gateway.origin.object(id)
        let signed = try RecordReader.read(commit: commit, raw: raw).get()
        var history = try Sample.history(slots: 0..<1)
        let placement = Refusal(.notOnStatus, "elsewhere")
        history.records[signed.key] = SeenRecord(signed: signed, firstSeen: Sample.time(4), placement: placement)
        let parent = Evidence.Commit(id: first, raw: try gateway.repository.commit(first).bytes)
        func evidence(_ raw: [UInt8]) -> Evidence {
            Evidence(
                record: signed.key, commit: .init(id: commit, raw: raw), parent: parent, firstSeen: Sample.time(4),
                placement: placement)
        }
        let second = try required(
            try await gateway.publish(gateway.content(history, evidence: [evidence(raw)]), known: first, at: 5)
        ).commit
        #expect(try gateway.history(of: second).records == history.records)
        let tip = try StatusReader(gateway.repository).verified(
            second, zone: gateway.zone, recorders: gateway.recorders, now: Gateway.start)
        #expect(try StatusReader(gateway.repository).evidence(of: signed.key, tree: tip.tree) == evidence(raw))

        // A recorder that shows other bytes under the record's name is not believed.
        let other = try await Gateway()
        let forged = Array(String(decoding: raw, as: UTF8.self).replacing("Approve shop", with: "Approve all").utf8)
        let bad = try required(
            try await other.publish(other.content(history, evidence: [evidence(forged)]), known: nil)
        ).commit
        #expect(await statusCode { _ = try other.history(of: bad) } == .damaged)
    }

    @Test("of another epoch is not observed in this one") func otherEpoch() async throws {
        let gateway = try await Gateway()
        let old = StatusFiles(gateway.content(try Sample.history(slots: 0..<1)))
        var history = try Sample.history(slots: 0..<1)
        history.epoch = Epoch(String(repeating: "b", count: 32))
        var files = StatusFiles(gateway.content(history))
        for (path, bytes) in old.present where path.contains("/") { files.present[path] = bytes }
        let prepared = try required(
            try gateway.publisher().prepare(files, message: "Status\n", known: nil, remoteTip: nil, now: Gateway.start))
        #expect(try gateway.history(of: prepared.commit).slots[Sample.slot(0)]?.observed == nil)
    }
}

@Suite("A status commit that cannot be believed") struct RefusalTests {
    private func code(_ gateway: Gateway, _ recorders: KeyRing? = nil, zone: String = "default") async throws
        -> StatusError.Code?
    {
        let zone: ZoneName = try Sample.name(zone)
        return await statusCode {
            let reader = StatusReader(gateway.repository)
            let tip = try reader.tip(
                gateway.branch, zone: zone, recorders: recorders ?? gateway.recorders, now: Gateway.start)
            _ = try reader.history(of: tip, repository: Gateway.repositoryID, zone: zone)
        }
    }

    private func published() async throws -> (Gateway, ObjectID) {
        let gateway = try await Gateway()
        let prepared = try await gateway.publish(gateway.content(try Sample.history(slots: 0..<1)), known: nil)
        return (gateway, try required(prepared).commit)
    }

    @Test("is none where there is no branch") func absent() async throws {
        #expect(try await code(Gateway()) == .absent)
    }

    @Test("by a recorder whom nobody declared is refused, unless that is asked for") func undeclared() async throws {
        let (gateway, commit) = try await published()
        let nobody = try Gateway.ring([:])
        #expect(try await code(gateway) == nil)
        #expect(try await code(gateway, nobody) == .undeclaredRecorder)
        let reader = StatusReader(gateway.repository)
        let tip = try reader.tip(
            gateway.branch, zone: gateway.zone, recorders: nobody, now: Gateway.start, acceptingUndeclared: true)
        #expect(tip.commit == commit && !tip.isDeclared)
    }

    @Test("by another zone's recorder is refused here, and is a status commit all the same") func otherZone()
        async throws
    {
        let (gateway, commit) = try await published()
        let ring = try Gateway.ring(["dmz": [gateway.key.publicKey.line]])
        #expect(try await code(gateway, ring) == .undeclaredRecorder)
        #expect(try StatusCommits(gateway.repository).isStatusCommit(commit, recorders: ring, at: Gateway.start))
        // Its content is of the zone that it says.
        #expect(try await code(gateway, ring, zone: "dmz") == .foreign)
    }

    @Test("by a stranger, unsigned or with somebody's signature cut out of another commit is refused") func stranger()
        async throws
    {
        let (gateway, commit) = try await published()
        let commits = StatusCommits(gateway.repository)
        func refused(_ id: String) async throws -> Bool {
            try await gateway.clone.git("update-ref", gateway.branch, id)
            let isStatus = try commits.isStatusCommit(
                try required(ObjectID(hex: id)), recorders: gateway.recorders, at: Gateway.start)
            let code = try await code(gateway)
            return code == .stranger && !isStatus
        }
        let tree = try await gateway.clone.git("rev-parse", "\(commit.hex)^{tree}")
        #expect(try await refused(gateway.clone.commitTree(tree, message: "Status\n")))
        let raw = try await gateway.clone.object(commit.hex)
        let moved = String(decoding: raw, as: UTF8.self).replacing("Status of zone", with: "Status of Zone")
        #expect(try await refused(gateway.clone.store(Array(moved.utf8))))
        let parent = String(decoding: raw, as: UTF8.self).replacing(
            "author ", with: "parent \(commit.hex)\nauthor ", maxReplacements: 1)
        #expect(try await refused(gateway.clone.store(Array(parent.utf8))))
    }

    @Test("that is signed and still not what a recorder writes is damaged, or of a later format") func damaged()
        async throws
    {
        let gateway = try await Gateway()
        let good = StatusFiles(
            gateway.content(try Sample.history(slots: 0..<1), plan: Sample.plan([try Sample.view(0)])))
        let path = StatusPath.connector(try Sample.name("connector-0"))
        func code(_ path: String, _ change: (String) -> String?) async throws -> StatusError.Code? {
            var files = good
            let text = String(decoding: try required(good.present[path]), as: UTF8.self)
            files.present[path] = change(text).map { Array($0.utf8) }
            let prepared = try required(
                try gateway.publisher().prepare(
                    files, message: "Status\n", known: nil, remoteTip: nil, now: Gateway.start))
            return await statusCode { _ = try gateway.history(of: prepared.commit) }
        }
        #expect(try await code(path) { $0 } == nil)
        #expect(try await code(path) { String($0.dropLast(3)) } == .damaged)
        #expect(try await code(path) { $0.replacing(#""sequence": 0"#, with: #""sequence": "0""#) } == .damaged)
        #expect(try await code(path) { $0.replacing("connector/v1", with: "connector/v2") } == .newerFormat)
        #expect(try await code(path) { _ in "" } == .damaged)
        #expect(try await code("status.json") { _ in nil } == .damaged)
        #expect(try await code("status.json") { $0.replacing(Gateway.repositoryID, with: "another") } == .foreign)
        #expect(try await code("status.json") { $0.replacing("status/v1", with: "status/v9") } == .newerFormat)
    }
}
