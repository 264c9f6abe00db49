// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
internal import Planning
internal import Vocabulary

/// The one place that says what a fact means: pure, fact into heads.
struct Fold: Sendable {
    var heads: Heads
    var changes = HeadChanges()
    /// A record's commit as it reads; nil where it cannot be one.
    let reading: RecordReading

    init(_ heads: Heads, reading: @escaping RecordReading) { (self.heads, self.reading) = (heads, reading) }

    mutating func apply(_ fact: Fact) throws(MisfitFact) {
        if let time = fact.time { heads.history.latest = max(heads.history.latest ?? time, time) }
        switch fact {
        case .epochBegun(let epoch, let at): beginEpoch(epoch, at: at)
        case .trustSetAccepted(let set):
            heads.history.trustSet = set
            if set.by == nil { begin(at: set) }
            if let change = set.by { end(.policyChange(change)) }
        case .tipAccepted(let tip, _): heads.history.acceptedTip = tip
        case .published(let status, let upTo):
            (heads.history.published, heads.publishedUpTo) = (status, upTo)
        case .recordSeen(let key, let commit, let raw, let placement, let at):
            try see(key, commit: commit, raw: raw, placement: placement, at: at)
        case .recordsRetired(let keys): for key in keys { letGo(of: key) }
        case .observed(let device, let token, let changed, let at):
            try observe(device, token: token, changed: changed, at: at)
        case .unobserved(let device, let message, let at):
            let since = heads.history.unreachable[device]?.since ?? at
            heads.history.unreachable[device] = History.Unreachable(since: since, message: message)
            changes.devices.insert(device)
        case .served(let answers, _):
            for (slot, observations) in answers {
                heads.change(slot) { $0.served = observations }
                changes.slots.insert(slot)
            }
        // Beside the heads: nothing is decided by it.
        case .surveyed: break
        case .referenced(let slots, _):
            for (slot, reference) in slots {
                heads.change(slot) { $0.reference = reference }
                changes.slots.insert(slot)
            }
        case .revocations(let known, let forgotten, _):
            heads.history.revocations.merge(known) { $1 }
            for leaf in forgotten { heads.history.revocations[leaf] = nil }
            changes.revocations.formUnion(known.keys)
            changes.revocations.formUnion(forgotten)
        case .recovered(let slots, let batches, _): recover(slots, batches)
        case .signed(let marks):
            for (slot, mark) in marks {
                heads.change(slot) { $0.signedFor = mark }
                changes.slots.insert(slot)
            }
        case .stood(let approvals, let at):
            for (digest, names) in approvals { heads.history.stood[digest] = History.Stood(approvals: names, at: at) }
            forgetOldUses(at: at)
            changes.stood = true
        case .emergencies(let begun, _):
            heads.history.emergencies.merge(begun) { $1 }
            changes.emergencies = true
        case .reviewed(let digest, let person, let record, _):
            guard var known = heads.history.emergencies[digest] else {
                throw MisfitFact(detail: "\(digest.id) was no emergency")
            }
            (known.reviewedBy, known.review) = (person, record)
            heads.history.emergencies[digest] = known
            changes.emergencies = true
        case .adopted(let digest, let intent, let at): try adopt(digest, intent, at: at)
        case .intended(let batch, let device, let intents, let at):
            try intend(batch, device: device, intents, at: at)
        case .switching(let batch): try beginSwitching(batch)
        case .ended(let batch, let outcomes, let at): try end(batch, outcomes, at: at)
        case .deviceUndeclared(let device, let at): try undeclare(device, at: at)
        case .released(let devices, let at): for device in devices { try release(device, at: at) }
        case .takenOver(let device, let succession, let slots, _): takeOver(device, succession, slots)
        case .zonesRemoved(let zones, _):
            heads.history.removedZones.formUnion(zones)
            changes.tenures = true
        }
    }

    /// What has ended since this was asked last.
    mutating func takeEnded() -> [EndedFact] {
        defer { changes.ended = [] }
        return changes.ended
    }

    /// Somebody trusts this commit: it need not descend from what was accepted before, where the branch was rewritten.
    private mutating func begin(at set: History.AcceptedTrustSet) {
        heads.history.beginning = History.Beginning(
            commit: set.commit, at: set.at, isAnew: heads.history.beginning != nil)
        heads.history.acceptedTip = nil
    }

    /// What was seen in another epoch was not observed in this one, and what was signed in it is void.
    private mutating func recover(_ slots: [SlotKey: SlotHead], _ batches: [OpenBatch]) {
        for (slot, published) in slots {
            heads.change(slot) { head in
                head = published
                (head.observed, head.observedAt, head.served, head.reference) = (nil, nil, [], .unknown)
                (head.heldSince, head.signedFor) = (nil, nil)
            }
            changes.slots.insert(slot)
        }
        for batch in batches {
            heads.history.openBatches[batch.id] = batch
            changes.batches.insert(batch.id)
            for intent in batch.intents {
                var facts = WorkOrderFacts()
                facts.intendedAt = batch.intendedAt
                heads.history.workOrders[intent.workOrder] = facts
                heads.note(intent.workOrder, of: intent.slot)
                changes.workOrders[intent.workOrder] = intent.slot
            }
        }
    }

    /// Observations of another epoch are none, and what was signed under it is void: everything open needs new signatures.
    private mutating func beginEpoch(_ epoch: Epoch, at: Timestamp) {
        let isAnother = heads.history.epoch != nil && heads.history.epoch != epoch
        (heads.history.epoch, heads.history.epochBegunAt) = (epoch, at)
        changes.epochBegun = true
        guard isAnother else { return }
        for slot in heads.history.slots.keys {
            heads.change(slot) { head in
                (head.observed, head.observedAt, head.served, head.lastCompleted) = (nil, nil, [], nil)
                head.reference = .unknown
                (head.heldSince, head.signedFor, head.provenBefore, head.putBacks) = (nil, nil, nil, [])
            }
            changes.slots.insert(slot)
        }
        changes.devices.formUnion(heads.history.tokens.keys)
        changes.devices.formUnion(heads.observedAt.keys)
        (heads.history.tokens, heads.observedAt) = ([:], [:])
        heads.history.records = [:]
        (heads.lines, heads.linesLeft) = ([:], [:])
        changes.recordsCleared = true
    }

    private mutating func see(
        _ key: RecordKey, commit: ObjectID, raw: [UInt8], placement: Refusal?, at: Timestamp
    ) throws(MisfitFact) {
        guard heads.history.records[key] == nil else { return }  // the first stays
        guard let signed = reading(key, commit, raw) else {
            throw MisfitFact(detail: "commit \(commit) is no approval record")
        }
        // One that came after the end stays evidence and is `AlreadyUsed` from its ref; here it would stay for ever.
        let open = signed.record.subjects.filter { !hasEnded($0) }
        guard !open.isEmpty else { return }
        heads.add(SeenRecord(signed: signed, firstSeen: at, placement: placement), decidesOn: open)
        changes.records.insert(key)
    }

    private mutating func observe(
        _ device: DeviceName, token: DeviceStateToken, changed: [SlotObservation], at: Timestamp
    ) throws(MisfitFact) {
        heads.history.tokens[device] = token
        heads.history.unreachable[device] = nil
        heads.observedAt[device] = at
        changes.devices.insert(device)
        for observation in changed {
            guard observation.slot.device == device else {
                throw MisfitFact(detail: "an observation of \(device) tells of a slot on \(observation.slot.device)")
            }
            heads.change(observation.slot) { head in
                if head.observed?.holding != observation.holding || head.heldSince == nil { head.heldSince = at }
                if head.observed?.holding.leaf != observation.holding.leaf {
                    head.remember(former: head.observed?.holding.leaf)
                }
                head.observed = observation
            }
            changes.slots.insert(observation.slot)
        }
        // The time is the device's: an observation that changed nothing writes one row, not one a slot.
        for slot in heads.slotsOfDevice[device] ?? [] where heads.history.slots[slot]?.observed != nil {
            heads.change(slot) { $0.observedAt = at }
        }
    }

    /// Budgets look back a day; what is still open is kept until its end tells of it.
    private mutating func forgetOldUses(at now: Timestamp) {
        let open = Set(heads.history.openBatches.values.flatMap(\.intents).map(\.workOrder))
        heads.history.stood = heads.history.stood.filter { $0.value.at > now - .days(1) || open.contains($0.key) }
    }

    private func hasEnded(_ subject: ApprovalCase.Subject) -> Bool {
        switch subject {
        case .workOrder(let digest): heads.history.workOrders[digest]?.endedAt != nil
        case .policyChange(let digest): heads.history.trustSet?.by == digest
        }
    }

    private mutating func letGo(of record: RecordKey) {
        guard heads.history.records.removeValue(forKey: record) != nil else { return }
        heads.linesLeft[record] = nil
        changes.records.insert(record)
    }

    /// Records that decided on nothing else than what has now ended are let go.
    mutating func end(_ subject: ApprovalCase.Subject) {
        guard let records = heads.lines.removeValue(forKey: subject) else { return }
        changes.subjectsEnded.insert(subject)
        for record in records {
            guard let left = heads.linesLeft[record] else { continue }
            heads.linesLeft[record] = left - 1
            if left <= 1 { letGo(of: record) }
        }
    }
}

extension Fact {
    var time: Timestamp? {
        switch self {
        case .epochBegun(_, let at), .tipAccepted(_, let at), .adopted(_, _, let at), .observed(_, _, _, let at),
            .unobserved(_, _, let at), .served(_, let at), .intended(_, _, _, let at), .ended(_, _, let at),
            .recordSeen(_, _, _, _, let at), .deviceUndeclared(_, let at), .recovered(_, _, let at), .stood(_, let at),
            .emergencies(_, let at), .reviewed(_, _, _, let at), .surveyed(_, _, _, let at), .referenced(_, let at),
            .revocations(_, _, let at), .released(_, let at), .takenOver(_, _, _, let at),
            .zonesRemoved(_, let at):
            at
        case .trustSetAccepted(let set): set.at
        case .switching, .published, .recordsRetired, .signed: nil
        }
    }

    /// One word for the table's column, for those who look into the file.
    package var kind: String {
        switch self {
        case .epochBegun: "epochBegun"
        case .trustSetAccepted: "trustSetAccepted"
        case .tipAccepted: "tipAccepted"
        case .adopted: "adopted"
        case .recordSeen: "recordSeen"
        case .recordsRetired: "recordsRetired"
        case .observed: "observed"
        case .unobserved: "unobserved"
        case .served: "served"
        case .intended: "intended"
        case .switching: "switching"
        case .ended: "ended"
        case .published: "published"
        case .deviceUndeclared: "deviceUndeclared"
        case .signed: "signed"
        case .recovered: "recovered"
        case .stood: "stood"
        case .emergencies: "emergencies"
        case .reviewed: "reviewed"
        case .surveyed: "surveyed"
        case .referenced: "referenced"
        case .revocations: "revocations"
        case .released: "released"
        case .takenOver: "takenOver"
        case .zonesRemoved: "zonesRemoved"
        }
    }
}
