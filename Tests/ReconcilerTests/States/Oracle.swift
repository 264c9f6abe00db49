// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Approvals
import Planning

/// What must be true of a state whatever way led there, said without any of the product's counting.
enum Oracle {
    static func objection(to derived: Derived, _ facts: Facts) -> String? {
        let signatures = facts.signatures
        let pushes = facts.pushes
        switch derived.state {
        case .scheduled(let window), .readyToImplement(let window), .scheduleMissed(let window):
            if !hasStanding(facts, below: "approve") { return "complete without an approval that stands" }
            if !hasStanding(facts, below: "implement") { return "complete without an implement that stands" }
            if facts.isAway || signatures.contains(.reject) && pushes.isEmpty {
                return "complete though changed or rejected"
            }
            if case .scheduled = derived.state, window.start <= facts.now { return "scheduled after its start" }
            if case .readyToImplement = derived.state, !window.contains(facts.now) {
                return "ready outside of its window"
            }
            if case .readyToImplement = derived.state, facts.isBlocked { return "ready though blocked" }
            if case .scheduleMissed = derived.state, facts.now < window.end { return "missed before its end" }
        case .implementing: if !derived.isInFlight { return "implementing nothing" }
        case .rejected: if !signatures.contains(.reject) { return "rejected by nobody" }
        case .cancelled: if !signatures.contains(.cancel) { return "cancelled by nobody" }
        case .superseded: if !facts.isAway { return "superseded by nothing" }
        case .completed:
            if pushes.last != .completed && pushes.last != .adopted { return "completed by nothing" }
        case .requested where derived.judgement.completeLevels > 0: return "requested though a level is full"
        default: break
        }
        return nil
    }

    /// Somebody signed at this level and has neither taken it back nor been taken away.
    private static func hasStanding(_ facts: Facts, below level: String) -> Bool {
        let log = facts.signatures
        return log.enumerated().contains { place, signature in
            guard signature.kind == .approval, signature.level == level else { return false }
            if signature.signer == "bob", facts.isBobGone { return false }
            return !log[place...].contains { $0.kind == .revocation && $0.signer == signature.signer }
        }
    }
}
