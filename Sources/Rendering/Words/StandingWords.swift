// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
package import Planning
internal import Vocabulary

/// What stands for people, what is left of its budget, and why it waits for them after all.
package enum StandingWords {
    package static func lines(_ standing: WorkOrder.Standing?) -> [Text] {
        guard let standing else { return [] }
        let levels = standing.levels.joined(separator: ", ")
        guard standing.objections.isEmpty else {
            return ["  standing approval \(standing.name) (\(levels)): \("waits for people", .caution)"]
                + standing.objections.map { "    \($0.message)" }
        }
        let left: Text = "\(standing.left.inHour) left of this hour, \(standing.left.inDay) of this day"
        return [
            "  standing approval \(standing.name) stands for \(levels) until \(TimeWords.minute(standing.notAfter))",
            "    \(given(standing)); \(left)",
        ]
    }

    /// By whom: the people of the policy change that brought the set in force, or whoever trusted its commit.
    private static func given(_ standing: WorkOrder.Standing) -> Text {
        guard let set = standing.givenBy else { return "given by the trusted commit" }
        guard let change = set.by else { return "given by the trusted commit \(set.commit.short)" }
        return "in force by \(change.id) of \(TimeWords.day(set.at))"
    }

    /// One line under a work order in the plan: why it waits. nil where it stands, or none is meant for it.
    static func waits(_ order: WorkOrder) -> Text? {
        guard let standing = order.standing, !standing.objections.isEmpty else { return nil }
        // The class of change follows from the rest, and says least.
        let reasons =
            standing.objections.filter { $0.condition != .change }
            + standing.objections.filter { $0.condition == .change }
        let words = reasons.map(\.message).joined(separator: "; ")
        return "standing approval \(standing.name) \("waits for people", .caution): \(words)"
    }
}
