// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Approvals
package import Declarations
package import Vocabulary

/// All of one change that a standing approval asks about.
package struct StandingFacts: Sendable {
    /// A slot, as far as `match` asks.
    package struct Place: Hashable, Sendable {
        package var device: PolicyTable.DeviceFacts
        /// DNS names held, to be installed and served there.
        package var names: [String]
        package init(device: PolicyTable.DeviceFacts, names: [String]) { (self.device, self.names) = (device, names) }
    }
    package var change: ChangeClass
    /// The slot itself, and every other that holds or is bound to the same key.
    package var places: [Place]
    package var requesters: Requesters
    /// Whose key verifiably signed the new leaf.
    package var issuer: SPKIFingerprint?
    /// Root files in which its chain verifiably ends.
    package var roots: Set<String>
    /// What is not as it was when the slot was last completed, or forbids it for good: in words.
    package var differs: [StandingCondition: String]

    package init(
        change: ChangeClass, places: [Place], requesters: Requesters, issuer: SPKIFingerprint?, roots: Set<String>,
        differs: [StandingCondition: String]
    ) {
        (self.change, self.places, self.requesters) = (change, places, requesters)
        (self.issuer, self.roots, self.differs) = (issuer, roots, differs)
    }
}

/// Why a standing approval does not stand for anybody: people must sign.
package struct StandingObjection: Hashable, Comparable, Sendable {
    package var condition: StandingCondition
    package var message: String

    package init(_ condition: StandingCondition, _ message: String) {
        (self.condition, self.message) = (condition, message)
    }
    package static func < (left: Self, right: Self) -> Bool { left.condition.rank < right.condition.rank }
}

extension StandingCondition {
    private static let ranks = Dictionary(uniqueKeysWithValues: allCases.enumerated().map { ($1, $0) })
    fileprivate var rank: Int { Self.ranks[self] ?? .max }
}
