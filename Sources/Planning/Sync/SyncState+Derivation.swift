// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Declarations
package import Vocabulary

/// Why a slot is out of sync. The codes are a contract; `ServedOnSome` and `Superseded` say more behind the word.
package enum SyncReason: Hashable, Sendable, CustomStringConvertible {
    /// It holds another certificate than is declared, or this one without its key: nobody has pushed it yet.
    case notInstalled
    /// Of a certificate that was there: a later push has put this one in its place.
    case superseded(by: Fingerprint)
    /// Somebody put something else there than was last pushed.
    case changedOnDevice
    /// Somebody took away what was last pushed.
    case manuallyRemoved
    /// The leaf is there, or is served, with another chain than is declared.
    case chainDiffers
    /// The server's configuration, as it lies there, does not name the slot.
    case notReferenced
    case installedNotServed
    case servedOnSome(Int, of: Int)

    package var code: String {
        switch self {
        case .notInstalled: "NotInstalled"
        case .superseded: "Superseded"
        case .changedOnDevice: "ChangedOnDevice"
        case .manuallyRemoved: "ManuallyRemoved"
        case .chainDiffers: "ChainDiffers"
        case .notReferenced: "NotReferenced"
        case .installedNotServed: "InstalledNotServed"
        case .servedOnSome: "ServedOnSome"
        }
    }

    package var description: String {
        switch self {
        case .servedOnSome(let some, let all): "\(code) \(some)/\(all)"
        case .superseded(let leaf): "\(code) by \(leaf.short)"
        default: code
        }
    }
}

extension SyncState {
    /// Whether a slot holds and serves what is declared: the first line that holds.
    ///
    /// A gateway or a gate endpoint that cannot be reached makes it `unknown`: that is not drift. What is known to be wrong is
    /// said all the same.
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
            self = .outOfSync(Self.notHeld(wanted, head, observed))
            return
        }
        // What still runs may serve it from memory: with the next start it is gone.
        guard head.reference != .unnamed else {
            self = .outOfSync(.notReferenced)
            return
        }
        let view = ServedView(head.served, declared: endpoints)
        let matching = view.served.count { $0.leaf == wanted.leaf }
        if matching < view.served.count {
            self = .outOfSync(matching == 0 ? .installedNotServed : .servedOnSome(matching, of: view.gate.count))
        } else if view.served.contains(where: { $0.chain != wanted.chain }) {
            self = .outOfSync(.chainDiffers)
        } else if !view.failed.isEmpty || !view.unasked.isEmpty || !view.notAllowed.isEmpty {
            self = .unknown(since: head.observedAt)
        } else {
            self = isApproved ? .inSync : .inSyncUnapproved
        }
    }

    private static func notHeld(_ wanted: SentChain, _ head: SlotHead, _ observed: SlotObservation) -> SyncReason {
        if head.wasChangedByHand(wanted: wanted) {
            return observed.holding == .nothing ? .manuallyRemoved : .changedOnDevice
        }
        return observed.holding.leaf == wanted.leaf && observed.chain != wanted.chain ? .chainDiffers : .notInstalled
    }

    /// Of a certificate that this slot held before a push: its other slots are another matter.
    package init(former leaf: Fingerprint, head: SlotHead?, unreachable: History.Unreachable?) {
        if let unreachable {
            self = .unknown(since: unreachable.since)
        } else if let head, let observed = head.observed {
            switch observed.holding {
            case .certificate(leaf): self = .outOfSync(.changedOnDevice)
            case .certificate(let other): self = .outOfSync(.superseded(by: other))
            case .nothing: self = .outOfSync(.manuallyRemoved)
            case .other: self = .outOfSync(.changedOnDevice)
            }
        } else {
            self = .unknown(since: nil)
        }
    }
}

extension SlotHead {
    /// What we put there, or adopted, was taken away: the files, or their names in the configuration.
    package var wasRemovedByHand: Bool {
        guard openBatch == nil, lastCompleted?.leaf != nil, let observed else { return false }
        return observed.holding == .nothing
            || reference == .unnamed && observed.holding.leaf == lastCompleted?.leaf
    }
}
