// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Declarations
package import Vocabulary

/// What a standing approval has let through of late, in one zone: rolling, from when each push began.
package struct StandingBudget: Hashable, Sendable, Codable {
    /// When pushes began, of the last day.
    package var uses: [Timestamp]
    /// A state store that was made anew does not know what it let through: till then everything counts as spent.
    package var spentUntil: Timestamp?

    package init(uses: [Timestamp] = [], spentUntil: Timestamp? = nil) {
        (self.uses, self.spentUntil) = (uses, spentUntil)
    }

    package struct Left: Hashable, Sendable {
        package var inHour: Int
        package var inDay: Int
        package var pushes: Int { min(inHour, inDay) }
    }

    package func left(of spec: StandingApprovalSpec, at now: Timestamp) -> Left {
        if let spentUntil, now < spentUntil { return Left(inHour: 0, inDay: 0) }
        func used(within span: Seconds) -> Int { uses.count { $0 > now - span } }
        return Left(
            inHour: max(0, spec.maxPerHour - used(within: .hours(1))),
            inDay: max(0, spec.maxPerDay - used(within: .days(1))))
    }

    /// When the next push may begin where nothing is left; nil: some is left, or the budget is none.
    package func next(of spec: StandingApprovalSpec, at now: Timestamp) -> Timestamp? {
        if let spentUntil, now < spentUntil { return spentUntil }
        func free(_ most: Int, _ span: Seconds) -> Timestamp? {
            let recent = uses.filter { $0 > now - span }.sorted()
            return recent.count < most ? now : recent.dropLast(most - 1).last.map { $0 + span }
        }
        guard let hour = free(spec.maxPerHour, .hours(1)), let day = free(spec.maxPerDay, .days(1)) else { return nil }
        let next = max(hour, day)
        return next > now ? next : nil
    }
}

extension History {
    /// Of one standing approval. After an epoch that began on the history of another nobody knows what was let through: a day is spent.
    package func budget(of name: StandingApprovalName) -> StandingBudget {
        StandingBudget(
            uses: stood.values.filter { $0.approvals.contains(name) }.map(\.at), spentUntil: budgetsSpentUntil)
    }

    private var budgetsSpentUntil: Timestamp? {
        guard let epochBegunAt else { return nil }
        let isOlder = slots.values.contains { head in
            [head.lastEnded?.at, head.lastCompleted?.at].compactMap(\.self).contains { $0 < epochBegunAt }
        }
        return isOlder ? epochBegunAt + .days(1) : nil
    }
}

extension Block {
    static func budgetSpent(_ name: StandingApprovalName, next: Timestamp?) -> Block {
        Block(
            .budgetSpent,
            "the budget of standing approval \(name) is spent, what expires first goes first"
                + (next.map { "; the next push may begin at \($0)" } ?? "") + ", or people sign for it now")
    }
}
