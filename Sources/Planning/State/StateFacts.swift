// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Approvals
internal import Vocabulary

/// Everything that the state of one digest is derived from.
package struct StateFacts: Sendable {
    /// Recorded for this digest.
    package var outcome: Outcome?
    /// Its unfinished batch.
    package var flight: Flight?
    /// The slot's present content has this digest and there is something to be done.
    package var isPresent: Bool
    package var judgement: Judgement
    /// In the fixed order.
    package var blocks: [Block]

    package enum Flight: String, CaseIterable, Hashable, Sendable {
        case begun
        /// The undo was tried and not proven; it is tried again.
        case undoFailed
        /// The device could not be seen after the switch.
        case unknown
    }

    package init(
        outcome: Outcome? = nil, flight: Flight? = nil, isPresent: Bool = true, judgement: Judgement,
        blocks: [Block] = []
    ) {
        (self.outcome, self.flight, self.isPresent) = (outcome, flight, isPresent)
        (self.judgement, self.blocks) = (judgement, blocks)
    }
}

extension StateFacts.Flight {
    package init(_ batch: OpenBatch) {
        self = batch.unknown ? .unknown : batch.undoFailed ? .undoFailed : .begun
    }
}

extension Outcome {
    /// The state that it ends in; nil for what ended without effect and may go on.
    package var finalState: WorkOrderState? {
        switch self {
        case .completed, .adopted: .completed
        case .pushFailed: .pushFailed
        case .rolledBack: .rolledBack
        case .rollbackFailed: .rollbackFailed
        case .unknownEffect: .unknownEffect
        case .candidateRefused, .abandoned: nil
        }
    }
}
