// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
package import Planning
internal import Vocabulary

/// The numbers and the next step of a plan: what text, markdown and JSON agree on.
package struct PlanSummary: Hashable, Sendable {
    /// Work orders that would change a device and that nothing blocks, whatever they still wait for.
    package var push = 0
    package var blocked = 0
    /// Those not blocked, `adopt` too, that wait for signatures or for their time.
    package var waiting = 0
    package var unchanged: Int
    /// Slots that hold what is wanted but were never signed for.
    package var adopt = 0
    package var drifted: Int
    /// Signatures that are still missing on what waits.
    package var signatures = 0
    /// Signed, and halted by somebody or because another push of the rollout failed.
    package var halted = 0

    package init(of plan: Plan) {
        unchanged = plan.unchanged
        drifted = plan.drift.count
        for order in plan.workOrders where !StateWords.isDecided(order.state) {
            if case .blocked = order.state {
                blocked += 1
                continue
            }
            if order.action == .adopt { adopt += 1 } else { push += 1 }
            if order.isHalted { halted += 1 }
            if order.waits {
                waiting += 1
                signatures += order.judgement.levels.reduce(0) { $0 + $1.missing }
            }
        }
    }
}

extension WorkOrder {
    /// Not blocked, not decided, and waiting for people or for its time.
    var waits: Bool {
        switch state {
        case .requested, .pushReviewInProgress, .scheduled, .expired, .scheduleMissed: true
        default: false
        }
    }

    /// Held up by the world alone: signatures count meanwhile.
    var isBlockedByTheWorld: Bool {
        if case .blocked = state { !blocks.contains { $0.code.isOfContent } && digest != nil } else { false }
    }

    /// The command that signs what is missing next; nil where nothing can be signed.
    package var signingCommand: String? {
        guard digest != nil, waitsForPeople || isBlockedByTheWorld else { return nil }
        guard let missing = judgement.levels.firstIndex(where: { !$0.isComplete }) else {
            return state.isMissed ? "implement" : nil
        }
        return judgement.levels.count > 1 && missing == judgement.levels.count - 1 ? "implement" : "approve"
    }
}

extension WorkOrderState {
    fileprivate var isMissed: Bool { if case .scheduleMissed = self { true } else { false } }
}

/// The one command that brings a plan forward.
package enum NextStep {
    /// nil: nothing to do, or nothing that a command of ours could do.
    package static func command(for plan: Plan) -> String? {
        let open = plan.workOrders.filter { !StateWords.isDecided($0.state) }
        let isReady = open.contains { order in
            if case .readyToImplement = order.state { order.wave?.hold == nil } else { false }
        }
        if let order = open.first(where: { $0.action != .adopt && $0.waitsForPeople }) { return sign(order) }
        if isReady || open.contains(where: { $0.blocks.first?.code == .unobserved }) {
            return "countersign reconcile"
        }
        if let halted = open.first(where: \.isHalted), let id = halted.request?.id ?? halted.digest?.id {
            return "countersign resume \(id)"
        }
        // What is wrong is looked at before anybody signs for it.
        if let blocked = open.first(where: { if case .blocked = $0.state { true } else { false } })?.digest {
            return "countersign explain \(blocked.id)"
        }
        return open.first { $0.waitsForPeople }.flatMap(sign)
    }

    private static func sign(_ order: WorkOrder) -> String? {
        guard let verb = order.signingCommand, let id = order.request?.id ?? order.digest?.id else { return nil }
        return "countersign \(verb) \(id)"
    }
}
