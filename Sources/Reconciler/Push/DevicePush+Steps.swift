// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
internal import Connectors
internal import Declarations
internal import Journal
internal import Operations
internal import Planning
internal import Vocabulary

extension DevicePush {
    /// `intended` is durable before the first byte leaves for the device: no key lies anywhere that nobody knows of.
    func intend(_ orders: [Order]) async throws(JournalError) -> OngoingBatch {
        let batch = OngoingBatch(id: .random(), orders: orders)
        let now = time.now
        var facts: [Fact] = [.intended(batch.id, device.name, orders.map(\.intent), at: now)]
        // A budget is spent when the push begins, whatever comes of it.
        let standing = orders.filter { !$0.workOrder.judgement.standing.isEmpty }
        if !standing.isEmpty {
            facts.append(
                .stood(
                    Dictionary(standing.map { ($0.digest, $0.workOrder.judgement.standing) }) { first, _ in first },
                    at: now))
        }
        let emergencies = orders.compactMap(\.emergency)
        if !emergencies.isEmpty {
            facts.append(
                .emergencies(
                    Dictionary(emergencies.map { ($0.0, $0.1(now)) }) { first, _ in first }, at: now))
        }
        try await journal.append(facts, under: lease, expecting: nil)
        return batch
    }

    /// A candidate that the device's own parser refuses goes no further; the others of the batch do.
    func dropRefused(
        _ verdicts: [WorkOrderDigest: CandidateVerdict], from batch: inout OngoingBatch
    ) async throws(DeviceError) {
        var ended: [WorkOrderDigest: Outcome] = [:]
        for (digest, verdict) in verdicts {
            switch verdict {
            case .accepted: break
            case .refused(let message): ended[digest] = .candidateRefused(message: message, token: token)
            case .awaits(let files):
                ended[digest] = .abandoned(
                    message: "the configuration also names \(files.joined(separator: ", ")), where nothing lies yet")
            }
        }
        guard !ended.isEmpty else { return }
        do throws(JournalError) {
            try await journal.append([.ended(batch.id, ended, at: time.now)], under: lease, expecting: nil)
        } catch {
            throw DeviceError(.failed, operation: "record what was refused", detail: error.detail)
        }
        batch.finish(ended)
    }

    func endRefused(
        _ batch: OngoingBatch, _ error: DeviceError
    ) async throws(JournalError) -> [PassReport.Push] {
        var batch = batch
        await clean(batch)
        let outcome = Outcome.candidateRefused(message: error.detail, token: token)
        let ended = Dictionary(uniqueKeysWithValues: batch.orders.map { ($0.digest, outcome) })
        try await journal.append([.ended(batch.id, ended, at: time.now)], under: lease, expecting: nil)
        batch.finish(ended)
        return batch.finished
    }

    /// Nothing live was touched: staging is cleaned, the end recorded. Where somebody else was there before us it is no failure:
    /// the same signatures go on, if what they were given for is still so.
    func giveUp(
        _ batch: OngoingBatch, after error: DeviceError, under lease: Lease
    ) async throws(JournalError) -> [PassReport.Push] {
        var batch = batch
        await clean(batch)
        let message = "\(error.operation): \(error.detail)"
        let isOvertaken = error.code == .fenced || error.code == .changed
        let outcome: Outcome = isOvertaken ? .abandoned(message: message) : .pushFailed(message: message)
        let ended = Dictionary(uniqueKeysWithValues: batch.orders.map { ($0.digest, outcome) })
        try await journal.append([.ended(batch.id, ended, at: time.now)], under: lease, expecting: nil)
        batch.finish(ended)
        return batch.finished
    }

    /// From the point of no return on: whatever happens, it ends as proven new, as proven old, or as said to be neither.
    func switchOver(_ batch: OngoingBatch, _ staged: StagedBatch) async throws(JournalError) -> [PassReport.Push] {
        var batch = batch
        // Orders whose window closed while staging are let go of: nothing is ever pushed late in silence.
        let late = batch.orders.filter { !$0.window.contains(time.now) }
        if !late.isEmpty {
            var ended: [WorkOrderDigest: Outcome] = [:]
            for order in late { ended[order.digest] = .abandoned(message: "its window ended before the switch") }
            try await journal.append([.ended(batch.id, ended, at: time.now)], under: lease, expecting: nil)
            batch.finish(ended)
        }
        guard !batch.orders.isEmpty else {
            await clean(batch)
            return batch.finished
        }
        let held = try await journal.renew(lease, lasting: .seconds(600))
        try await journal.append([.switching(batch.id)], under: held, expecting: nil)
        var live = staged
        live.batch = batch.asBatch
        let reload: Duration
        do throws(DeviceError) {
            reload = try await driver.switchOver(live, fence: realm.fence(lease: held.epoch))
        } catch {
            // By the driver's word nothing was switched: there is nothing to undo, and nothing to reload for.
            if error.code == .changed || error.code == .fenced {
                return try await giveUp(batch, after: error, under: held)
            }
            return try await undo(&batch, batch.orders, because: "\(error.operation): \(error.detail)", under: held)
        }
        let verdicts = await proof.settle(
            batch.orders.map { order in
                Proof.Claim(
                    connector: order.connector, expected: order.candidate.leaf, chain: order.workOrder.installs?.chain,
                    not: order.candidate.expects.leaf)
            },
            on: device, reload: reload)
        let proven = zip(batch.orders, verdicts).filter { $1.isProven }
        let unproven = zip(batch.orders, verdicts).filter { !$1.isProven }
        if !proven.isEmpty {
            let ended = Dictionary(uniqueKeysWithValues: proven.map { ($0.0.digest, Outcome.completed) })
            try await journal.append([.ended(batch.id, ended, at: time.now)], under: held, expecting: nil)
            batch.finish(ended, proofs: Dictionary(uniqueKeysWithValues: proven.map { ($0.0.digest, $0.1.words) }))
        }
        if !unproven.isEmpty {
            let words = unproven.map { "\($0.0.connector.name): \($0.1.words)" }.joined(separator: "; ")
            return try await undo(&batch, unproven.map(\.0), because: words, under: held)
        }
        await clean(batch)
        return batch.finished
    }

    /// Puts back what lay there, makes it live and proves it by handshake. `RolledBack` only if that is proven.
    private func undo(
        _ batch: inout OngoingBatch, _ orders: [Order], because reason: String, under lease: Lease
    ) async throws(JournalError) -> [PassReport.Push] {
        let undoing = Undo(device: device, driver: driver, proof: proof)
        let verdicts = await undoing.run(
            batch.id,
            orders.map {
                Undo.Part(
                    connector: $0.connector, slot: $0.candidate.slot, before: $0.candidate.expects,
                    after: $0.candidate.leaf)
            },
            fence: realm.fence(lease: lease.epoch))
        var ended: [WorkOrderDigest: Outcome] = [:]
        var proofs: [WorkOrderDigest: String] = [:]
        for (order, verdict) in zip(orders, verdicts) {
            ended[order.digest] =
                verdict.isProven
                ? .rolledBack(message: reason)
                : .rollbackFailed(message: "\(reason); undo not proven: \(verdict.words)")
            proofs[order.digest] = verdict.words
        }
        try await journal.append([.ended(batch.id, ended, at: time.now)], under: lease, expecting: nil)
        batch.finish(ended, proofs: proofs)
        // What is needed to try again stays on the device until the undo is proven.
        if verdicts.allSatisfy(\.isProven) { await clean(batch) }
        return batch.finished
    }

    /// What cannot be cleaned now is tidied up by a later pass.
    func clean(_ batch: OngoingBatch) async {
        try? await driver.clean(batch.id, slots: batch.slots, fence: realm.fence(lease: lease.epoch))
    }
}

/// Puts files back and proves that what was served is served again. Shared by a push that failed and by recovery.
struct Undo: Sendable {
    var device: Device
    var driver: any DeviceDriver
    var proof: Proof

    struct Part: Sendable {
        var connector: AppConnector
        var slot: Slot
        var before: Holding
        var after: Fingerprint?
    }

    func run(_ batch: BatchID, _ parts: [Part], fence: Fence) async -> [Proof.Verdict] {
        var reload = Duration.zero
        do throws(DeviceError) {
            try await driver.undo(batch, slots: parts.map(\.slot), fence: fence)
        } catch {
            let words = "\(error.operation): \(error.detail)"
            return parts.map { _ in Proof.Verdict(isProven: false, words: words) }
        }
        // Its exit status decides nothing: the handshakes do. A configuration that was waiting for this very
        // certificate cannot be reloaded without it, and goes on with what it had.
        do throws(DeviceError) { reload = try await driver.makeLive(parts.map(\.slot), fence: fence) } catch {}
        return await proof.settle(
            parts.map { Proof.Claim(connector: $0.connector, expected: $0.before.leaf, not: $0.after) }, on: device,
            reload: reload)
    }
}

extension BatchID {
    /// 64 random bits.
    static func random() -> Self {
        var generator = SystemRandomNumberGenerator()
        return Self(Hex.encode((0..<8).map { _ in UInt8.random(in: .min ... .max, using: &generator) }))
    }
}

extension DevicePush.Order {
    /// What is remembered of it where it goes by an emergency's quorum: until somebody else has reviewed it, and after.
    fileprivate var emergency: (WorkOrderDigest, @Sendable (Timestamp) -> History.Emergency)? {
        let judgement = workOrder.judgement
        guard judgement.isEmergency, let policy = workOrder.policy?.name else { return nil }
        let (slot, connector, given) = (workOrder.slot, workOrder.connector, judgement.counted)
        return (
            digest,
            { now in
                History.Emergency(
                    policy: policy, slot: slot, connector: connector, people: given.map(\.person),
                    reasons: given.map(\.comment), at: now, records: Set(given.map(\.record)))
            }
        )
    }
}
