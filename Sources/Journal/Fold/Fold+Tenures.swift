// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Planning
internal import Vocabulary

// Devices that change their zone.
extension Fold {
    /// From here on another zone's gateway looks there: what was seen is what it was, and goes no further.
    mutating func release(_ device: DeviceName, at: Timestamp) throws(MisfitFact) {
        if let open = heads.history.openBatches.values.first(where: { $0.device == device }) {
            throw MisfitFact(detail: "\(device) has the open batch \(open.id.text): it cannot be given away")
        }
        heads.history.tenures[device] = .released(at: at)
        changes.tenures = true
        for slot in heads.slotsOfDevice[device] ?? [] {
            heads.change(slot) { $0.forgetObservations() }
            changes.slots.insert(slot)
        }
        forgetState(of: device)
    }

    /// The slots go on where the zones before left them; what was signed meanwhile was signed for another hand.
    mutating func takeOver(_ device: DeviceName, _ succession: Tenure.Succession, _ slots: [SlotKey: SlotHead]) {
        heads.history.tenures[device] = .takenOver(succession)
        changes.tenures = true
        let known = Set(heads.slotsOfDevice[device] ?? [])
        for slot in known.union(slots.keys) where slot.device == device {
            heads.change(slot) { head in
                if let theirs = slots[slot] {
                    var next = theirs.sequence >= head.sequence ? theirs : head
                    for leaf in head.formerLeaves + theirs.formerLeaves { next.remember(former: leaf) }
                    next.openBatch = nil
                    head = next
                }
                head.forgetObservations()
                (head.signedFor, head.heldSince) = (nil, succession.at)
            }
            changes.slots.insert(slot)
        }
        forgetState(of: device)
    }

    private mutating func forgetState(of device: DeviceName) {
        (heads.history.tokens[device], heads.history.unreachable[device]) = (nil, nil)
        heads.observedAt[device] = nil
        changes.devices.insert(device)
    }
}

extension SlotHead {
    mutating func forgetObservations() {
        remember(former: observed?.holding.leaf)
        (observed, observedAt, served, reference) = (nil, nil, [], .unknown)
    }
}
