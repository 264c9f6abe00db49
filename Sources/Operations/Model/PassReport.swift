// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Delivery
package import Planning
package import Vocabulary

/// What one whole pass did, for the terminal and the exit code.
package struct PassReport: Sendable {
    package struct Push: Sendable, Hashable {
        package var workOrder: WorkOrderDigest
        package var connector: ConnectorName
        package var device: DeviceName
        package var outcome: Outcome
        /// Fresh handshakes that proved it, and how long make-live and settling took.
        package var proof: String
        package init(
            workOrder: WorkOrderDigest, connector: ConnectorName, device: DeviceName, outcome: Outcome, proof: String
        ) {
            (self.workOrder, self.connector, self.device) = (workOrder, connector, device)
            (self.outcome, self.proof) = (outcome, proof)
        }
    }
    /// What a pass is doing, in its order; one that has nothing to do is left out.
    package enum Phase: String, CaseIterable, Sendable, Hashable { case fetch, recover, observe, push, write }

    /// What people should hear of, and by what it is told to them.
    package struct Alerts: Sendable {
        package var standing: [Alert]
        /// Put where they wait by this pass.
        package var notices: Int
        package var book: DeliveryBook
        package init(standing: [Alert], notices: Int, book: DeliveryBook) {
            (self.standing, self.notices, self.book) = (standing, notices, book)
        }
    }

    package var plan: PlanReport
    package var pushes: [Push]
    /// Batches that an earlier pass left open and this one brought to an end.
    package var recovered: [Push]
    /// nil: nothing changed, no commit.
    package var statusCommit: ObjectID?
    package var newRecords: Int
    package var problems: [UserError]
    package var dryRun: Bool
    /// When, by what is known now, something can be pushed that cannot be yet.
    package var nextDue: Timestamp?
    /// The policy change that this pass brought into force.
    package var accepted: PolicyChangeDigest?
    /// nil: a dry run.
    package var alerts: Alerts?
    /// How long each phase took that there was.
    package var took: [Phase: Duration] = [:]

    package init(
        plan: PlanReport, pushes: [Push], recovered: [Push], statusCommit: ObjectID?, newRecords: Int,
        problems: [UserError], dryRun: Bool
    ) {
        (self.plan, self.pushes, self.recovered, self.statusCommit) = (plan, pushes, recovered, statusCommit)
        (self.newRecords, self.problems, self.dryRun) = (newRecords, problems, dryRun)
    }
}
