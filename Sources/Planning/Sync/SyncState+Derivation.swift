// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Declarations
internal import Vocabulary

extension SyncState {
    /// Whether a slot holds and serves what is declared.
    ///
    /// A gateway or a gate endpoint that cannot be reached makes it `unknown`: that is not drift. What is known to be
    /// wrong is said all the same.
    /// - Parameters:
    ///   - isHeld: it holds the wanted leaf, chain and key.
    ///   - isApproved: it got them by a completed or adopted work order.
    package init(
        wanted: SentChain?, head: SlotHead?, isHeld: Bool, isApproved: Bool, endpoints: [Endpoint],
        unreachable: History.Unreachable?
    ) {
        guard let wanted else {
            self = .unbound
            return
        }
        if let unreachable {
            self = .unknown(since: unreachable.since)
            return
        }
        guard let head, let observed = head.observed else {
            self = .unknown(since: nil)
            return
        }
        guard isHeld else {
            self = .outOfSync(reason: Self.notHeld(wanted, head, observed))
            return
        }
        let view = ServedView(head.served, declared: endpoints)
        let matching = view.served.count { $0.leaf == wanted.leaf }
        if matching < view.served.count {
            let all = view.gate.count
            self = .outOfSync(reason: matching == 0 ? "InstalledNotServed" : "ServedOnSome \(matching)/\(all)")
        } else if !view.failed.isEmpty || !view.unasked.isEmpty || !view.notAllowed.isEmpty {
            self = .unknown(since: head.observedAt)
        } else {
            self = isApproved ? .inSync : .inSyncUnapproved
        }
    }

    private static func notHeld(_ wanted: SentChain, _ head: SlotHead, _ observed: SlotObservation) -> String {
        if head.wasChangedByHand(wanted: wanted) { return "ChangedOnDevice" }
        if observed.holding.leaf == wanted.leaf {
            return observed.chain == wanted.chain ? "KeyNotInstalled" : "ChainNotInstalled"
        }
        return "NotInstalled"
    }
}
