// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
internal import Declarations
internal import Planning
internal import Vocabulary

/// Whether standing approvals let through no more than their budgets, in each hour and each day of one zone's line.
struct BudgetCheck {
    let timeline: TrustTimeline

    func run(_ pushes: inout [AuditedPush]) {
        var uses: [StandingApprovalName: [(index: Int, began: Timestamp)]] = [:]
        for (index, push) in pushes.enumerated() {
            guard let began = push.began else { continue }
            for name in Set(push.levels.compactMap(\.standing)) { uses[name, default: []].append((index, began)) }
        }
        for (name, all) in uses.sorted(by: { $0.key < $1.key }) {
            let ordered = all.sorted { ($0.began, $0.index) < ($1.began, $1.index) }
            for (place, use) in ordered.enumerated() {
                guard let spec = timeline.inForce(at: use.began).set.standingApprovals[name]?.spec else { continue }
                let before = StandingBudget(uses: ordered[..<place].map(\.began))
                guard before.left(of: spec, at: use.began).pushes == 0 else { continue }
                pushes[use.index].reasons.append(
                    Finding(
                        .notApproved, "the budget of standing approval \(name) was spent when it began at \(use.began)")
                )
            }
        }
    }
}
