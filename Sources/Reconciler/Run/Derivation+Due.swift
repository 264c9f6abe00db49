// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
internal import Declarations
internal import Operations
internal import Planning
internal import Vocabulary

extension Derivation {
    /// The next beginning of a scheduled window, opening of a policy's window or end of a rollout's pause that something waits for.
    func nextDue(_ plan: Plan, after now: Timestamp) -> Timestamp? {
        var times: [Timestamp] = []
        var policies: Set<PolicyName> = []
        for order in plan.workOrders {
            if case .scheduled(let window) = order.state { times.append(window.start) }
            if let end = order.wave?.hold?.until { times.append(end) }
            if order.blocks.contains(where: { $0.code == .outsideWindow }), let policy = order.policy?.name {
                policies.insert(policy)
            }
        }
        for name in policies {
            guard let windows = inForce.policies[name]?.spec.windows else { continue }
            if let next = PolicyWindows(windows, around: now).nextOpening(after: now) { times.append(next.start) }
        }
        return times.filter { $0 > now }.min()
    }
}
