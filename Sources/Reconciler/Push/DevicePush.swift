// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Approvals
package import Connectors
package import Declarations
package import Journal
package import Operations
package import Planning
package import Vocabulary

/// One push to one device: all its work orders in one batch, one reload (3-architecture.md, "Push protocol", from step 3).
///
/// The caller holds the device's lease and has derived everything again under it.
package struct DevicePush: Sendable {
    package var device: Device
    package var driver: any DeviceDriver
    package var journal: any JournalStore
    package var lease: Lease
    package var proof: Proof
    package var time: any TimeSource
    package var tip: ObjectID
    /// How often a step that failed before the switch is tried again.
    package var retries: Int
    /// Of the observation that everything was derived from: what the device refuses is tried again when it changes.
    package var token: DeviceStateToken?

    package init(
        device: Device, driver: any DeviceDriver, journal: any JournalStore, lease: Lease, proof: Proof,
        time: any TimeSource, tip: ObjectID, retries: Int, token: DeviceStateToken?
    ) {
        (self.device, self.driver, self.journal, self.lease) = (device, driver, journal, lease)
        (self.proof, self.time, self.tip, self.retries, self.token) = (proof, time, tip, retries, token)
    }

    /// A work order with what will be written.
    package struct Order: Sendable {
        package var workOrder: WorkOrder
        package var digest: WorkOrderDigest
        package var connector: AppConnector
        package var candidate: Candidate
        package var window: Window
        package var intent: Intent

        package init(
            workOrder: WorkOrder, digest: WorkOrderDigest, connector: AppConnector, candidate: Candidate, window: Window,
            intent: Intent
        ) {
            (self.workOrder, self.digest, self.connector) = (workOrder, digest, connector)
            (self.candidate, self.window, self.intent) = (candidate, window, intent)
        }
    }

    /// How each order ended, in the order given.
    ///
    /// - Throws: `JournalError` where what happened could not be recorded. What was begun is then found by the next pass.
    package func run(_ orders: [Order]) async throws(JournalError) -> [PassReport.Push] {
        var batch = try await intend(orders)
        var attempt = 0
        while true {
            let staged: StagedBatch
            do throws(DeviceError) {
                staged = try await driver.stage(batch.asBatch, fence: lease.epoch)
                let verdicts = try await driver.check(staged)
                try await dropRefused(verdicts, from: &batch, token: token)
            } catch {
                attempt += 1
                if attempt <= retries, error.code != .fenced { continue }
                return try await giveUp(batch, after: error)
            }
            guard !batch.orders.isEmpty else {
                await clean(batch)
                return batch.finished
            }
            return try await switchOver(batch, staged)
        }
    }
}

/// A batch on its way: what is still in it, and how the rest ended.
struct OngoingBatch: Sendable {
    let id: BatchID
    var orders: [DevicePush.Order]
    var finished: [PassReport.Push] = []

    var asBatch: Batch { Batch(id: id, candidates: orders.map(\.candidate)) }
    var slots: [Slot] { orders.map(\.candidate.slot) }

    mutating func finish(_ ended: [WorkOrderDigest: Outcome], proofs: [WorkOrderDigest: String] = [:]) {
        for order in orders {
            guard let outcome = ended[order.digest] else { continue }
            finished.append(
                PassReport.Push(
                    workOrder: order.digest, connector: order.connector.name, device: order.connector.spec.device,
                    outcome: outcome, proof: proofs[order.digest] ?? ""))
        }
        orders.removeAll { ended[$0.digest] != nil }
    }
}
