// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Approvals

extension WorkOrder {
    /// Waiting for people: these may sign it now.
    package var waitsForPeople: Bool { state.waitsForPeople }
}

extension WorkOrderState {
    package var waitsForPeople: Bool {
        switch self {
        case .requested, .pushReviewInProgress, .expired, .scheduleMissed: true
        default: false
        }
    }
}

extension Judgement {
    /// The level at which somebody has to sign next; where all are complete and their time was missed, the last one.
    package var awaited: LevelStanding? { levels.first { !$0.isComplete } ?? levels.last }
    /// The command that signs that level.
    package var awaitedVerb: String {
        guard levels.count > 1, let awaited, awaited.name == levels.last?.name else { return "approve" }
        return "implement"
    }
}
