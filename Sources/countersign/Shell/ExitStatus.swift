// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Operations
internal import Planning
internal import Rendering

/// What scripts rely on.
struct ExitStatus: Hashable, Sendable {
    let code: Int32

    static let success = ExitStatus(code: 0)
    static let failure = ExitStatus(code: 1)
    /// `plan`: there are changes. `reconcile`: it waits for people, for its time or for a device.
    static let changes = ExitStatus(code: 2)
    /// `plan`: refused by a limit.
    static let limited = ExitStatus(code: 3)
    /// `reconcile`: a push failed.
    static let pushFailed = ExitStatus(code: 4)
    /// EX_USAGE of sysexits.h.
    static let usage = ExitStatus(code: 64)
    /// 128 + SIGPIPE, as from a tool that the signal killed.
    static let brokenPipe = ExitStatus(code: 141)
    /// 128 + SIGINT.
    static let interrupted = ExitStatus(code: 130)
}

extension ExitStatus {
    /// 3 refused by a limit, 2 something would be done, 0 nothing. What is rejected or cancelled stays undone by itself.
    static func of(_ report: PlanReport) -> ExitStatus {
        if report.plan.limits.exceeded { return .limited }
        let isOpen = report.plan.workOrders.contains { !StateWords.isDecided($0.state) }
        return isOpen || !report.plan.drift.isEmpty || report.policyChange != nil ? .changes : .success
    }

    /// 1 before 4 before 2. Open `adopt` orders alone change nothing; any `Blocked` is 2; an invalid tip is 1.
    static func of(_ pass: PassReport) -> ExitStatus {
        if !pass.problems.isEmpty || pass.plan.invalidTip != nil { return .failure }
        let isPushFailed = (pass.pushes + pass.recovered).contains { push in
            switch push.outcome {
            case .completed, .adopted: false
            case .abandoned, .candidateRefused: false  // no effect: it waits, and the plan says for what
            case .pushFailed, .rolledBack, .rollbackFailed, .unknownEffect: true
            }
        }
        if isPushFailed { return .pushFailed }
        let waits = pass.plan.plan.workOrders.contains { order in
            if case .blocked = order.state { return true }
            return order.action != .adopt && !StateWords.isDecided(order.state)
        }
        let isUnseen = pass.plan.plan.connectors.contains { if case .unknown = $0.sync { true } else { false } }
        return waits || isUnseen || pass.plan.policyChange != nil ? .changes : .success
    }
}
