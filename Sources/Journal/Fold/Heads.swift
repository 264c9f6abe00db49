// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
internal import Planning
internal import Vocabulary

/// What is known now: the history that planning reads, and the indices that keep it small.
struct Heads: Sendable {
    var history = History()
    /// Work orders with facts, by the slot they are for: all but the last go when the slot's sequence rises.
    private var workOrders: [SlotKey: Set<WorkOrderDigest>] = [:]
    /// Read and not yet sorted into these: only what ends a work order asks, and there can be a hundred thousand.
    private var unsorted: [(slot: SlotKey, workOrder: WorkOrderDigest)] = []
    /// What records decide on and has not ended yet: a record that decides on nothing more is let go.
    var lines: [ApprovalCase.Subject: Set<RecordKey>] = [:]
    var linesLeft: [RecordKey: Int] = [:]
    var slotsOfDevice: [DeviceName: [SlotKey]] = [:]
    /// When each device was last observed: the time of all its slots that have an observation.
    var observedAt: [DeviceName: Timestamp] = [:]
    var publishedUpTo: Revision?

    /// For reading heads back.
    mutating func add(_ head: SlotHead, of slot: SlotKey) {
        history.slots[slot] = head
        slotsOfDevice[slot.device, default: []].append(slot)
    }

    mutating func add(_ facts: WorkOrderFacts, of workOrder: WorkOrderDigest, slot: SlotKey) {
        history.workOrders[workOrder] = facts
        unsorted.append((slot, workOrder))
    }

    mutating func note(_ workOrder: WorkOrderDigest, of slot: SlotKey) {
        sortIn()
        workOrders[slot, default: []].insert(workOrder)
    }

    /// Keeps one of a slot's work orders.
    ///
    /// - Returns: the others, whose facts are still there.
    mutating func keepOnly(_ workOrder: WorkOrderDigest, of slot: SlotKey) -> Set<WorkOrderDigest> {
        sortIn()
        let others = (workOrders[slot] ?? []).subtracting([workOrder])
        workOrders[slot] = [workOrder]
        return others
    }

    private mutating func sortIn() {
        guard !unsorted.isEmpty else { return }
        for (slot, workOrder) in unsorted { workOrders[slot, default: []].insert(workOrder) }
        unsorted = []
    }

    mutating func add(_ record: SeenRecord, decidesOn subjects: Set<ApprovalCase.Subject>) {
        history.records[record.signed.key] = record
        linesLeft[record.signed.key] = subjects.count
        for subject in subjects { lines[subject, default: []].insert(record.signed.key) }
    }

    mutating func change(_ slot: SlotKey, _ body: (inout SlotHead) -> Void) {
        if history.slots[slot] == nil { slotsOfDevice[slot.device, default: []].append(slot) }
        body(&history.slots[slot, default: SlotHead()])
    }
}

/// Which heads a fact has moved; the store writes these and no others.
struct HeadChanges: Sendable {
    var slots: Set<SlotKey> = []
    var batches: Set<BatchID> = []
    var workOrders: [WorkOrderDigest: SlotKey] = [:]
    var devices: Set<DeviceName> = []
    var records: Set<RecordKey> = []
    var subjectsEnded: Set<ApprovalCase.Subject> = []
    /// Every record was let go.
    var recordsCleared = false
    var epochBegun = false
    /// What began without people.
    var stood = false
    var emergencies = false
    /// Leaves of which something else is known now.
    var revocations: Set<Fingerprint> = []
    /// Which zone answers for a device.
    var tenures = false
    var ended: [EndedFact] = []
}

/// A fact that does not fit what went before: it is not appended.
struct MisfitFact: Error, Equatable {
    var detail: String
}

extension ApprovalRecord {
    /// What it decides on, each once.
    var subjects: Set<ApprovalCase.Subject> {
        switch subject {
        case .workOrders(let digests): Set(digests.map(ApprovalCase.Subject.workOrder))
        case .policyChange(let digest): [.policyChange(digest)]
        }
    }
}
