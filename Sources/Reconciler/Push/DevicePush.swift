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
    package var realm: Realm
    package var lease: Lease
    package var proof: Proof
    package var time: any TimeSource
    package var tip: ObjectID
    /// The state in which the device was when this was derived: a candidate that it refuses is tried again when it is another.
    package var token: DeviceStateToken?
    /// How often a step that failed before the switch is tried again.
    package var retries: Int

    package init(
        device: Device, driver: any DeviceDriver, journal: any JournalStore, realm: Realm, lease: Lease, proof: Proof,
        time: any TimeSource, tip: ObjectID, token: DeviceStateToken?, retries: Int
    ) {
        (self.device, self.driver, self.journal) = (device, driver, journal)
        (self.realm, self.lease) = (realm, lease)
        (self.proof, self.time, self.tip) = (proof, time, tip)
        (self.token, self.retries) = (token, retries)
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
            workOrder: WorkOrder, digest: WorkOrderDigest, connector: AppConnector, candidate: Candidate,
            window: Window,
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
                let verdicts: [WorkOrderDigest: CandidateVerdict]
                (staged, verdicts) = try await driver.prepare(batch.asBatch, fence: realm.fence(lease: lease.epoch))
                try await dropRefused(verdicts, from: &batch)
            } catch {
                // As good as a refusal: nothing goes live that the device's own parser could not judge.
                if error.code == .unsupported, error.operation == "check" {
                    return try await endRefused(batch, error)
                }
                attempt += 1
                if attempt <= retries, error.code != .fenced, error.code != .changed { continue }
                return try await giveUp(batch, after: error, under: lease)
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
    /// All that it began with, also those whose orders have ended: staging, and what was replaced, lies beside each of them.
    let slots: [Slot]
    private(set) var orders: [DevicePush.Order]
    private(set) var finished: [PassReport.Push] = []

    init(id: BatchID, orders: [DevicePush.Order]) {
        (self.id, self.orders, slots) = (id, orders, orders.map(\.candidate.slot))
    }

    var asBatch: Batch { Batch(id: id, candidates: orders.map(\.candidate)) }

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
