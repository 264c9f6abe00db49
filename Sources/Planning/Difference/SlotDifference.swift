// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Declarations
package import Vocabulary

/// What stands between a slot as it was last seen and as it is declared.
package enum SlotDifference: Hashable, Sendable {
    /// It holds what is wanted and got it by a work order, or nothing is wanted of it.
    case nothing
    /// Something is wanted, and nobody ever looked: there is no digest yet.
    case unobserved
    case work(Action)
    /// A batch is under way: no second work order is made from a slot in flight.
    case inFlight(BatchID)
}

/// What a binding wants of a slot, as far as the comparison needs it: hashes and numbers, nothing decoded.
package struct Wanted: Hashable, Sendable {
    package var chain: SentChain
    package var bindingPush: Int64
    package var connectorPush: Int64

    package init(chain: SentChain, bindingPush: Int64 = 0, connectorPush: Int64 = 0) {
        (self.chain, self.bindingPush, self.connectorPush) = (chain, bindingPush, connectorPush)
    }
}

extension SlotDifference {
    /// - Parameter isHeld: `head.holds(wanted.chain, …)`.
    package init(wanted: Wanted?, whenUnbound: AppConnectorSpec.WhenUnbound, head: SlotHead?, isHeld: Bool) {
        if let batch = head?.openBatch {
            self = .inFlight(batch)
        } else if let wanted {
            self = Self.between(wanted, head, isHeld)
        } else if whenUnbound == .remove, let head, head.holdsWhatWeInstalled {
            self = .work(.remove)
        } else {
            self = .nothing
        }
    }

    private static func between(_ wanted: Wanted, _ head: SlotHead?, _ isHeld: Bool) -> Self {
        guard let head, let observed = head.observed else { return .unobserved }
        guard isHeld else {
            if observed.holding == .nothing { return .work(.install) }
            let leadsBack = wanted.chain.leaf == head.provenBefore && observed.holding.leaf != wanted.chain.leaf
            return .work(leadsBack ? .restore : .replace)
        }
        let last = head.lastCompleted
        if wanted.bindingPush > last?.bindingPush ?? 0 || wanted.connectorPush > last?.connectorPush ?? 0 {
            return .work(.replace)
        }
        return head.wasCompleted(wanted.chain) ? .nothing : .work(.adopt)
    }
}

extension SlotHead {
    /// Leaf, chain and key lie there as wanted.
    ///
    /// - Parameter key: SHA-256 of the wanted leaf's public key; asked for only where the slot holds that leaf.
    package func holds(_ wanted: SentChain, key: () -> SPKIFingerprint?) -> Bool {
        guard let observed, observed.holding == .certificate(leaf: wanted.leaf), observed.chain == wanted.chain,
            // A key that is not the leaf's is what a power loss between two renames leaves behind.
            let lies = observed.key
        else { return false }
        return lies == key()
    }

    /// It got this leaf and chain by a work order that people signed, adopted ones included.
    package func wasCompleted(_ wanted: SentChain) -> Bool {
        lastCompleted?.leaf == wanted.leaf && lastCompleted?.chain == wanted.chain
    }
}

extension SlotHead {
    /// `whenUnbound: remove` removes only what came through a push of ours.
    fileprivate var holdsWhatWeInstalled: Bool {
        guard let last = lastCompleted, !last.adopted, let leaf = last.leaf else { return false }
        return observed?.holding == .certificate(leaf: leaf)
    }

    /// Somebody else put there what it holds: neither the last completed work order's nor what is wanted.
    package func wasChangedByHand(wanted: SentChain?) -> Bool {
        guard openBatch == nil, let last = lastCompleted, let observed else { return false }
        if observed.holding.leaf == last.leaf {
            guard last.leaf != nil, observed.chain != last.chain else {
                if case .other = observed.holding { return true }
                return false
            }
            return observed.chain != wanted?.chain
        }
        guard let wanted else { return true }
        return observed.holding != .certificate(leaf: wanted.leaf) || observed.chain != wanted.chain
    }
}
