// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Operations
internal import Planning

/// What a plan or a pass comes to, for scripts: the exit code says it.
package enum Verdict: Hashable, Sendable {
    case nothing
    /// A plan: something would be done. A pass: it waits for people, for its time or for a device.
    case changes
    /// Refused by a limit.
    case limited
    case pushFailed
    case failed
}

extension Verdict {
    /// What is rejected or cancelled stays undone by itself.
    package init(of report: PlanReport) {
        let isOpen = report.plan.workOrders.contains { !StateWords.isDecided($0.state) }
        self =
            if report.plan.limits.exceeded {
                .limited
            } else {
                isOpen || !report.plan.drift.isEmpty || report.policyChange != nil ? .changes : .nothing
            }
    }

    /// Failed before pushFailed before changes. Open `adopt` orders alone change nothing; any `Blocked` waits; an invalid
    /// tip has failed, after what the last valid one allows was pushed.
    package init(of pass: PassReport) {
        let plan = pass.plan.plan
        let waits = plan.workOrders.contains { order in
            if case .blocked = order.state { return true }
            return order.action != .adopt && !StateWords.isDecided(order.state)
        }
        let isUnseen = plan.connectors.contains { if case .unknown = $0.sync { true } else { false } }
        self =
            if !pass.problems.isEmpty || pass.plan.invalidTip != nil {
                .failed
            } else if (pass.pushes + pass.recovered).contains(where: { $0.outcome.isFailedPush })
                || plan.workOrders.contains(where: { $0.state.isUnproven })
            {
                .pushFailed
            } else {
                waits || isUnseen || pass.plan.policyChange != nil ? .changes : .nothing
            }
    }
}

extension WorkOrderState {
    /// The device is neither proven new nor proven old, whichever pass made it so.
    fileprivate var isUnproven: Bool { self == .rollbackFailed || self == .unknownEffect }
}

extension Outcome {
    /// Without effect is not failed: it waits, and the plan says for what.
    fileprivate var isFailedPush: Bool {
        switch self {
        case .completed, .adopted, .abandoned, .candidateRefused: false
        case .pushFailed, .rolledBack, .rollbackFailed, .unknownEffect: true
        }
    }
}
