// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Connectors
package import Declarations
package import Journal
package import Operations
package import Planning
package import Vocabulary

/// Brings to an end what an earlier pass began and did not end: killed, lease lost, undo not proven.
///
/// The journal alone says whether there can be an effect: without `switching` there is none. With it, the device is looked at
/// first: proven new is Completed, anything else is undone, and what cannot be seen is `UnknownEffect`, its slot locked.
package struct Recovery: Sendable {
    package var journal: any JournalStore
    package var registry: DriverRegistry
    package var proof: Proof
    package var time: any TimeSource
    package var holder: HolderID
    package var realms: Realms

    package init(
        journal: any JournalStore, registry: DriverRegistry, proof: Proof, time: any TimeSource, holder: HolderID,
        realms: Realms
    ) {
        (self.journal, self.registry, self.proof, self.time) = (journal, registry, proof, time)
        (self.holder, self.realms) = (holder, realms)
    }

    /// - Parameter devices: those in force; an open batch of any other device can never be looked at again.
    /// - Throws: `JournalError` where the end could not be recorded.
    package func run(
        _ history: History, devices: [DeviceName: Device]
    ) async throws(JournalError) -> [PassReport.Push] {
        var ended: [PassReport.Push] = []
        for batch in history.openBatches.values.sorted(by: { $0.id < $1.id }) {
            guard let device = devices[batch.device] else {
                try await journal.append([.deviceUndeclared(batch.device, at: time.now)], under: nil, expecting: nil)
                ended += batch.intents.map {
                    push($0, batch, .unknownEffect(message: "the device is no longer declared"), "")
                }
                continue
            }
            guard let lease = try await journal.acquire(.device(batch.device), for: holder, lasting: .seconds(600))
            else {
                continue  // somebody is at work on it
            }
            do throws(JournalError) {
                ended += try await recover(batch, on: device, under: lease)
                await journal.release(lease)
            } catch {
                await journal.release(lease)
                throw error
            }
        }
        return ended
    }

    private func recover(
        _ batch: OpenBatch, on device: Device, under lease: Lease
    ) async throws(JournalError) -> [PassReport.Push] {
        let parts = batch.intents.compactMap { Part($0) }
        let driver: any DeviceDriver
        let held: DeviceObservation
        do throws(DeviceError) {
            driver = try registry.driver(for: device)
            guard batch.switching else {
                try await driver.clean(
                    batch.id, slots: parts.map(\.connector.spec.slot),
                    fence: realms[device.name].fence(lease: lease.epoch))
                return try await endRecorded(
                    batch, parts.map { ($0, .abandoned(message: "interrupted before anything live changed"), "") },
                    lease)
            }
            held = try await driver.observe(parts.map(\.connector.spec.slot), unlessStill: nil)
        } catch {
            let message = "\(error.operation): \(error.detail)"
            // Without `switching` nothing live changed, but what was staged lies there still: it is cleaned when the device can be
            // reached again, and until then the batch stays open.
            guard batch.switching else { return [] }
            if batch.unknown || batch.undoFailed { return [] }
            return try await end(batch, parts.map { ($0, .unknownEffect(message: message), "") }, lease)
        }
        let holdings = Dictionary((held.slots ?? []).map { ($0.slot, $0) }) { first, _ in first }
        var (proven, rest): ([(Part, String)], [Part]) = ([], [])
        let installed = batch.undoFailed ? [] : parts.filter { $0.isInstalled(holdings[$0.intent.slot]) }
        let verdicts = await proof.settle(
            installed.map {
                Proof.Claim(
                    connector: $0.connector, expected: $0.intent.installs, chain: $0.installs?.chain,
                    not: $0.intent.replaces.leaf)
            },
            on: device, reload: .zero, patience: max(.seconds(2), device.spec.settle.quiet * 4))
        for (part, verdict) in zip(installed, verdicts) where verdict.isProven { proven.append((part, verdict.words)) }
        rest = parts.filter { part in !proven.contains { $0.0.intent.workOrder == part.intent.workOrder } }
        var ended = try await end(batch, proven.map { ($0.0, .completed, $0.1) }, lease)
        if !rest.isEmpty { ended += try await undo(batch, rest, device, driver, lease) }
        if ended.allSatisfy({ $0.outcome.isSettled }) {
            try? await driver.clean(
                batch.id, slots: parts.map(\.connector.spec.slot), fence: realms[device.name].fence(lease: lease.epoch))
        }
        return ended
    }

    private func undo(
        _ batch: OpenBatch, _ parts: [Part], _ device: Device, _ driver: any DeviceDriver, _ lease: Lease
    ) async throws(JournalError) -> [PassReport.Push] {
        let verdicts = await Undo(device: device, driver: driver, proof: proof).run(
            batch.id,
            parts.map {
                Undo.Part(
                    connector: $0.connector, slot: $0.connector.spec.slot, before: $0.intent.replaces,
                    after: $0.intent.installs)
            },
            fence: realms[device.name].fence(lease: lease.epoch))
        let reason = batch.undoFailed ? "undone after all" : "interrupted after the switch, before it was proven"
        // A failed undo that stays failed is not said again at each pass.
        return try await end(
            batch,
            zip(parts, verdicts).filter { $1.isProven || !batch.undoFailed }.map { part, verdict in
                (
                    part,
                    verdict.isProven
                        ? .rolledBack(message: reason)
                        : .rollbackFailed(message: "\(reason); undo not proven: \(verdict.words)"), verdict.words
                )
            }, lease)
    }

    private func end(
        _ batch: OpenBatch, _ outcomes: [(Part, Outcome, String)], _ lease: Lease
    ) async throws(JournalError) -> [PassReport.Push] {
        guard !outcomes.isEmpty else { return [] }
        let facts = Dictionary(outcomes.map { ($0.0.intent.workOrder, $0.1) }) { first, _ in first }
        try await journal.append([.ended(batch.id, facts, at: time.now)], under: lease, expecting: nil)
        return outcomes.map { push($0.0.intent, batch, $0.1, $0.2) }
    }

    /// `end` where the compiler knows device errors only.
    private func endRecorded(
        _ batch: OpenBatch, _ outcomes: [(Part, Outcome, String)], _ lease: Lease
    ) async throws(DeviceError) -> [PassReport.Push] {
        do throws(JournalError) {
            return try await end(batch, outcomes, lease)
        } catch {
            throw DeviceError(.failed, operation: "record the end of batch \(batch.id.text)", detail: error.detail)
        }
    }

    private func push(_ intent: Intent, _ batch: OpenBatch, _ outcome: Outcome, _ proof: String) -> PassReport.Push {
        PassReport.Push(
            workOrder: intent.workOrder, connector: intent.connector, device: batch.device, outcome: outcome,
            proof: proof)
    }

    /// An intent with the connector as it was signed: the repository may say otherwise by now.
    private struct Part: Sendable {
        var intent: Intent
        var connector: AppConnector
        var installs: Installs?

        init?(_ intent: Intent) {
            guard let content = SignedContent(intent.content), let raw = content.document["connector"]?["spec"],
                var spec = try? AppConnectorSpec(raw: raw)
            else { return nil }
            spec.slot.keyStays = content.document["installs"]?["key"]?["endpoint"] != nil
            self.intent = intent
            installs = content.installs
            connector = AppConnector(
                name: content.connector, spec: spec, raw: raw, position: SourcePosition(file: "journal"))
        }

        /// Leaf, chain and key: an order may change any of them alone.
        func isInstalled(_ observed: SlotObservation?) -> Bool {
            guard let observed else { return false }
            guard let installs else { return observed.holding == .nothing }
            return observed.holding.leaf == installs.leaf && observed.chain == installs.chain
                && observed.key == installs.spki
        }
    }
}

extension Outcome {
    /// Nothing more is to be done on the device.
    fileprivate var isSettled: Bool {
        switch self {
        case .rollbackFailed, .unknownEffect: false
        default: true
        }
    }
}
