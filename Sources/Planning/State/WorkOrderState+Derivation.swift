// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
package import Vocabulary

extension WorkOrderState {
    /// The state of a work order: the first line that holds. Never stored; the journal keeps only facts.
    package static func derived(from facts: StateFacts, at now: Timestamp) -> WorkOrderState {
        if let final = facts.outcome?.finalState { return final }
        switch facts.flight {
        case .begun: return .implementing
        case .undoFailed: return .rollbackFailed
        case .unknown: return .unknownEffect
        case nil: break
        }
        guard facts.isPresent else { return .superseded }
        let judgement = facts.judgement
        switch judgement.tombstone {
        case .cancelled: return .cancelled
        case .rejected: return .rejected
        case nil: break
        }
        // A policy without levels asks nobody: that is never a yes.
        let window = judgement.isComplete && !judgement.levels.isEmpty ? judgement.window : nil
        if let window, window.end <= now { return .scheduleMissed(window) }
        if let block = facts.blocks.first { return .blocked(block) }
        if let window { return window.start > now ? .scheduled(window) : .readyToImplement(window) }
        if judgement.completeLevels > 0, !judgement.levels.isEmpty { return .pushReviewInProgress }
        return judgement.allExpired ? .expired : .requested
    }

    /// Nothing comes after it for this digest.
    package var isFinal: Bool {
        switch self {
        case .completed, .pushFailed, .rolledBack, .superseded: true
        default: false
        }
    }
}
