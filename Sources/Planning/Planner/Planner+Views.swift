// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
internal import Vocabulary

extension Planner {
    /// One connector with all that is shown beside it; its work order is added when all are known.
    mutating func view(of row: SlotRow, isHeld: Bool) -> ConnectorView {
        let head = row.head
        let holding = head?.observed?.holding
        let leaf = holding?.leaf ?? row.sent?.leaf
        let notAfter = leaf.flatMap { shelf.notAfter($0, der: holding?.leaf == nil ? nil : head?.observed?.leafDER) }
        return ConnectorView(
            connector: row.connector.name, device: row.key.device, slot: row.key, certificate: row.certificate?.name,
            sync: sync(of: row, isHeld: isHeld),
            colour: StatusColour(
                StatusColour.Facts(
                    notAfter: notAfter, pushFailed: head?.hasFailed ?? false,
                    wasRemovedByHand: row.certificate != nil && head?.wasRemovedByHand ?? false),
                at: input.now),
            notAfter: notAfter, observedAt: head?.observedAt, holding: holding, served: head?.served ?? [],
            workOrder: head?.lastEnded?.digest, request: nil, state: head?.lastEnded?.outcome.finalState?.name)
    }

    private func sync(of row: SlotRow, isHeld: Bool) -> SyncState {
        // Bound to what cannot be read is not unbound: nobody can say whether it is as wanted.
        if row.certificate != nil, row.sent == nil { return .unknown(since: nil) }
        return SyncState(
            wanted: row.sent, head: row.head, isHeld: isHeld,
            isApproved: row.sent.map { row.head?.wasCompleted($0) ?? false } ?? false,
            endpoints: row.connector.spec.endpoints, unreachable: input.history.unreachable[row.key.device])
    }

    /// What somebody changed on the device. What is unbound is nobody's any more.
    func drift(at row: SlotRow) -> Drift? {
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
