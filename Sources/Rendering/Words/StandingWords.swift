// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

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

    /// One line under a work order in the plan: why it waits, in short. nil where it stands, or none is meant for it.
    static func waits(_ order: WorkOrder) -> Text? {
        guard let standing = order.standing, let first = standing.objections.first else { return nil }
        let more = standing.objections.count - 1
        return
            "standing approval \(standing.name) \("waits for people", .caution): \(first.message)\(more > 0 ? ", and \(more) more" : "")"
    }
}
