// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
internal import Planning
internal import Vocabulary

// What begins, ends and adopts work orders. The rows named are those of the transition table.
extension Fold {
    mutating func intend(
        _ id: BatchID, device: DeviceName, _ intents: [Intent], at: Timestamp
    ) throws(MisfitFact) {
        guard heads.history.openBatches[id] == nil else { throw MisfitFact(detail: "batch \(id.text) is already open") }
        guard !intents.isEmpty, Set(intents.map(\.slot)).count == intents.count else {
            throw MisfitFact(detail: "a batch has one work order for each of its slots")
        }
        for intent in intents {
            guard heads.history.workOrders[intent.workOrder]?.endedAt == nil else {
                throw MisfitFact(detail: "\(intent.workOrder.id) has ended: what was signed for it is used")
            }
            guard intent.slot.device == device else {
                throw MisfitFact(detail: "a batch of \(device) holds a slot on \(intent.slot.device)")
            }
            if let open = heads.history.slots[intent.slot]?.openBatch {
                throw MisfitFact(detail: "slot \(intent.slot.path) on \(device) is in the open batch \(open.text)")
            }
        }
        heads.history.openBatches[id] = OpenBatch(id: id, device: device, intents: intents, intendedAt: at)
        changes.batches.insert(id)
        for intent in intents {
            heads.change(intent.slot) { $0.openBatch = id }
            changes.slots.insert(intent.slot)
            changeFacts(of: intent) { facts in
                (facts.intendedAt, facts.outcome, facts.endedAt) = (at, nil, nil)
            }
        }
    }

    mutating func beginSwitching(_ id: BatchID) throws(MisfitFact) {
        guard let device = heads.history.openBatches[id]?.device else {
            throw MisfitFact(detail: "batch \(id.text) is not open")
        }
        heads.history.openBatches[id]?.switching = true
        changes.batches.insert(id)
        // From here on the device is not what the token said.
        heads.history.tokens[device] = nil
        changes.devices.insert(device)
    }

    mutating func end(
        _ id: BatchID, _ outcomes: [WorkOrderDigest: Outcome], at: Timestamp
    ) throws(MisfitFact) {
        guard let batch = heads.history.openBatches[id] else {
            throw MisfitFact(detail: "batch \(id.text) is not open")
        }
        for (digest, outcome) in outcomes.sorted(by: { $0.key < $1.key }) {
            guard let intent = batch.intents.first(where: { $0.workOrder == digest }) else {
                throw MisfitFact(detail: "\(digest.id) is not open in batch \(id.text)")
            }
            try end(intent, in: id, switched: batch.switching, outcome, at: at)
        }
        if heads.history.openBatches[id]?.intents.isEmpty == true { heads.history.openBatches[id] = nil }
        changes.batches.insert(id)
    }

    private mutating func end(
        _ intent: Intent, in id: BatchID, switched: Bool, _ outcome: Outcome, at: Timestamp
    ) throws(MisfitFact) {
        guard switched || !outcome.needsSwitch else {
            throw MisfitFact(detail: "\(intent.workOrder.id) cannot have had an effect: nothing was switched")
        }
        switch outcome {
        case .adopted:
            throw MisfitFact(detail: "\(intent.workOrder.id) is in a batch: it cannot be adopted")
        case .candidateRefused, .abandoned:  // rows 30 to 32: no effect, the same signatures go on
            close(intent, in: id)
            changeFacts(of: intent) { facts in (facts.outcome, facts.intendedAt) = (outcome, nil) }
        case .unknownEffect:  // row 39: the slot stays locked
            heads.history.openBatches[id]?.unknown = true
            changeFacts(of: intent) { $0.outcome = outcome }
        case .rollbackFailed:  // row 36: the batch stays open, so that a later pass tries to undo again
            heads.history.openBatches[id]?.undoFailed = true
            heads.history.openBatches[id]?.unknown = false
            record(outcome, of: intent, at: at)
        case .completed:
            close(intent, in: id)
            heads.change(intent.slot) { $0.complete(intent, at: at) }
            record(outcome, of: intent, at: at)
        case .rolledBack, .pushFailed:
            close(intent, in: id)
            record(outcome, of: intent, at: at)
        }
    }

    mutating func adopt(_ digest: WorkOrderDigest, _ intent: Intent, at: Timestamp) throws(MisfitFact) {
        guard digest == intent.workOrder else { throw MisfitFact(detail: "\(digest.id) is not what was meant") }
        guard heads.history.workOrders[digest]?.endedAt == nil else {
            throw MisfitFact(detail: "\(digest.id) has ended: what was signed for it is used")
        }
        if let open = heads.history.slots[intent.slot]?.openBatch {
            throw MisfitFact(detail: "slot \(intent.slot.path) is in the open batch \(open.text)")
        }
        var adopted = SlotHead.CompletedWorkOrder(of: intent, at: at, adopted: true)
        adopted.leaf = intent.installs ?? intent.replaces.leaf
        heads.change(intent.slot) { head in (head.lastCompleted, head.putBacks) = (adopted, []) }
        record(.adopted, of: intent, at: at)
    }

    /// Nobody can look at the device or undo anything on it any more.
    mutating func undeclare(_ device: DeviceName, at: Timestamp) throws(MisfitFact) {
        for batch in heads.history.openBatches.values.sorted(by: { $0.id < $1.id }) where batch.device == device {
            for intent in batch.intents {
                close(intent, in: batch.id)
                let facts = heads.history.workOrders[intent.workOrder]
                if !batch.switching {
                    changeFacts(of: intent) { $0.outcome = .abandoned(message: "the device is no longer declared") }
                } else if case .rollbackFailed = facts?.outcome {
                    continue  // ended already
                } else {
                    var outcome = Outcome.unknownEffect(message: "the device is no longer declared")
                    if case .unknownEffect = facts?.outcome, let known = facts?.outcome { outcome = known }
                    record(outcome, of: intent, at: at)
                }
            }
            heads.history.openBatches[batch.id] = nil
            changes.batches.insert(batch.id)
        }
        heads.history.tokens[device] = nil
        heads.history.unreachable[device] = nil
        heads.observedAt[device] = nil
        changes.devices.insert(device)
    }

    private mutating func close(_ intent: Intent, in id: BatchID) {
        heads.history.openBatches[id]?.intents.removeAll { $0.workOrder == intent.workOrder }
        heads.change(intent.slot) { $0.openBatch = nil }
        changes.slots.insert(intent.slot)
    }

    /// An outcome that stays. The sequence rises with it unless an earlier one of this very work order raised it already
    /// (row 42: rolled back after all), or it never does (`adopt`).
    private mutating func record(_ outcome: Outcome, of intent: Intent, at: Timestamp) {
        let before = heads.history.workOrders[intent.workOrder]
        let isFirst = before?.endedAt == nil
        let raises = isFirst && outcome != .adopted
        changeFacts(of: intent) { facts in (facts.outcome, facts.endedAt) = (outcome, at) }
        heads.change(intent.slot) { head in
            if raises { head.sequence += 1 }
            head.lastEnded = SlotHead.EndedWorkOrder(
                digest: intent.workOrder, leaf: intent.installs, outcome: outcome, at: at)
            if outcome.isFailure { head.remember(former: intent.installs) }
        }
        changes.slots.insert(intent.slot)
        if isFirst || before?.outcome != outcome {
            let sequence = heads.history.slots[intent.slot]?.sequence ?? 0
            var ended = EndedFact(intent: intent, outcome: outcome, at: at, sequence: sequence)
            ended.standing = heads.history.stood[intent.workOrder]?.approvals ?? []
            changes.ended.append(ended)
        }
        if isFirst { end(.workOrder(intent.workOrder)) }
        if raises { forgetOthers(than: intent.workOrder, of: intent.slot) }
    }

    private mutating func changeFacts(of intent: Intent, _ body: (inout WorkOrderFacts) -> Void) {
        body(&heads.history.workOrders[intent.workOrder, default: WorkOrderFacts()])
        heads.note(intent.workOrder, of: intent.slot)
        changes.workOrders[intent.workOrder] = intent.slot
    }

    /// Another sequence makes other digests: what was remembered of the former ones cannot come back.
    private mutating func forgetOthers(than workOrder: WorkOrderDigest, of slot: SlotKey) {
        for other in heads.keepOnly(workOrder, of: slot) {
            heads.history.workOrders[other] = nil
            changes.workOrders[other] = slot
        }
    }
}

extension Outcome {
    /// Can only follow a live byte that changed.
    fileprivate var needsSwitch: Bool {
        switch self {
        case .completed, .rolledBack, .rollbackFailed, .unknownEffect: true
        case .adopted, .candidateRefused, .abandoned, .pushFailed: false
        }
    }
}

extension SlotHead.CompletedWorkOrder {
    /// Whether it brings to the slot what `former` had brought already, and nobody has asked for anew: over what somebody put there.
    fileprivate func putsBack(_ former: Self, over holding: Holding) -> Bool {
        leaf != nil && leaf == former.leaf && holding.leaf != leaf && bindingPush == former.bindingPush
            && connectorPush == former.connectorPush
    }
}

extension SlotHead {
    fileprivate mutating func complete(_ intent: Intent, at: Timestamp) {
        let completed = CompletedWorkOrder(of: intent, at: at, adopted: false)
        let isPutBack = lastCompleted.map { completed.putsBack($0, over: intent.replaces) } ?? false
        putBacks = isPutBack ? putBacks + [at] : []
        lastCompleted = completed
        if let leaf = intent.installs { lastVerified = leaf }
        guard observed?.holding.leaf != intent.installs || observed == nil else { return }
        remember(former: observed?.holding.leaf)
        observed = SlotObservation(installedBy: intent)
        (observedAt, heldSince) = (at, at)
    }
}
