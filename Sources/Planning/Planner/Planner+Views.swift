// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
internal import Vocabulary

/// One slot as it stands beside what is wanted of it: told by the slot alone, so that many are looked at side by side.
struct SlotLook: Sendable {
    let difference: SlotDifference
    /// Its work order is added when all are known.
    let view: ConnectorView
    let drift: Drift?

    init(_ row: SlotRow, _ input: PlanningInput, compromised: Set<SPKIFingerprint>) {
        let isHeld = Self.isHeld(row, input)
        difference = row.difference(isHeld: isHeld)
        let der = row.shownLeaf.flatMap { row.holding.leaf == nil ? input.certificates[$0] : row.head?.observed?.leafDER }
        view = ConnectorView(
            row, sync: Self.sync(of: row, isHeld: isHeld, input),
            notAfter: der.flatMap { CertificateShelf.glancedValidity(in: $0)?.notAfter },
            revocation: row.shownLeaf.flatMap { leaf in
                input.history.revocation(of: leaf, under: Self.chain(of: leaf, at: row, input), at: input.now)
            }, at: input.now)
        var drift = Self.drift(at: row)
        drift?.isCompromised = Self.holds(compromised, row, input)
        self.drift = drift
    }

    /// Whether the key that lies there, or that of the certificate beside it, is one of these.
    private static func holds(_ keys: Set<SPKIFingerprint>, _ row: SlotRow, _ input: PlanningInput) -> Bool {
        guard !keys.isEmpty, let observed = row.head?.observed else { return false }
        if let key = observed.key, keys.contains(key) { return true }
        let der = observed.leafDER ?? observed.holding.leaf.flatMap { input.certificates[$0] }
        return der.flatMap { CertificateShelf.publicKey(in: $0) }.map(keys.contains) ?? false
    }

    /// What is sent after it, as far as that is known: as it is declared, and as it is served.
    private static func chain(of leaf: Fingerprint, at row: SlotRow, _ input: PlanningInput) -> [Fingerprint] {
        guard !input.history.revocations.isEmpty else { return [] }
        var chain = row.sent?.leaf == leaf ? row.sent?.chain ?? [] : []
        for observation in row.head?.served ?? [] {
            if case .served(leaf, let sent) = observation.answer, sent != chain { chain += sent }
        }
        return chain
    }

    private static func isHeld(_ row: SlotRow, _ input: PlanningInput) -> Bool {
        guard let sent = row.sent, let head = row.head else { return false }
        return head.holds(sent) {
            if let last = head.lastCompleted, last.leaf == sent.leaf, let known = last.spki { return known }
            return input.certificates[sent.leaf].flatMap { CertificateShelf.publicKey(in: $0) }
        }
    }

    private static func sync(of row: SlotRow, isHeld: Bool, _ input: PlanningInput) -> SyncState {
        // Bound to what cannot be read is not unbound: nobody can say whether it is as wanted.
        if row.certificate != nil, row.sent == nil { return .unknown(since: nil) }
        return SyncState(
            wanted: row.sent, head: row.head, isHeld: isHeld,
            isApproved: row.sent.map { row.head?.wasCompleted($0) ?? false } ?? false,
            endpoints: row.connector.spec.endpoints, unreachable: input.history.unreachable[row.key.device])
    }

    /// What somebody changed on the device. What is unbound is nobody's any more.
    static func drift(at row: SlotRow) -> Drift? {
        guard row.certificate != nil, let head = row.head, let observed = head.observed,
            head.wasChangedByHand(wanted: row.sent)
        else { return nil }
        let slot = row.connector.spec.slot
        let files = slot.path == slot.keyPath ? [slot.path] : [slot.path, slot.keyPath]
        return Drift(
            connector: row.connector.name, device: row.key.device, declared: row.sent?.leaf, found: observed.holding,
            since: head.heldSince ?? head.observedAt,
            files: observed.key == head.lastCompleted?.spki ? [slot.path] : files)
    }
}

extension ConnectorView {
    /// One connector with all that is shown beside it.
    fileprivate init(
        _ row: SlotRow, sync: SyncState, notAfter: Timestamp?, revocation: Revocation?, at now: Timestamp
    ) {
        let head = row.head
        self.init(
            connector: row.connector.name, device: row.key.device, slot: row.key, certificate: row.certificate?.name,
            sync: sync,
            colour: StatusColour(
                StatusColour.Facts(
                    notAfter: notAfter, isRevoked: revocation?.isRevoked ?? false,
                    pushFailed: head?.hasFailed ?? false,
                    wasRemovedByHand: row.certificate != nil && head?.wasRemovedByHand ?? false),
                at: now),
            notAfter: notAfter, observedAt: head?.observedAt, holding: head?.observed?.holding,
            served: head?.served ?? [],
            workOrder: head?.lastEnded?.digest, request: nil, state: head?.lastEnded?.outcome.finalState?.name)
        self.revocation = revocation
    }
}

extension Planner {
    /// Where the end of a certificate could not be read at a glance, it is decoded.
    mutating func view(of row: SlotRow, _ look: SlotLook) -> ConnectorView {
        guard look.view.notAfter == nil, let leaf = row.shownLeaf,
            let notAfter = shelf.notAfter(leaf, der: row.holding.leaf == nil ? nil : row.head?.observed?.leafDER)
        else { return look.view }
        return ConnectorView(
            row, sync: look.view.sync, notAfter: notAfter, revocation: look.view.revocation, at: input.now)
    }

    /// The open work order of each slot stands in its view in place of the last one that ended.
    func attach(_ workOrders: [WorkOrder], to views: inout [ConnectorView]) {
        guard !workOrders.isEmpty else { return }
        let bySlot = Dictionary(workOrders.map { ($0.slot, $0) }) { first, _ in first }
        for index in views.indices {
            guard let open = bySlot[views[index].slot] else { continue }
            views[index].workOrder = open.digest
            views[index].request = open.request
            views[index].state = open.state.name
        }
    }
}

extension SlotHead {
    /// The last work order failed, and nothing has been completed or adopted since.
    var hasFailed: Bool {
        guard let lastEnded, lastEnded.outcome.isFailure else { return false }
        return lastCompleted.map { $0.at <= lastEnded.at } ?? true
    }
}
