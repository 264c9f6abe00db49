// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
internal import Planning
internal import Vocabulary

extension Fact: Packed {
    func pack(into packer: inout Packer) {
        switch self {
        case .epochBegun(let epoch, let at):
            packer.tag(0)
            packer.add(epoch)
            packer.add(at)
        case .trustSetAccepted(let set):
            packer.tag(1)
            packer.add(set)
        case .tipAccepted(let tip, let at):
            packer.tag(2)
            packer.add(tip)
            packer.add(at)
        case .adopted(let digest, let intent, let at):
            packer.tag(3)
            packer.add(digest)
            packer.add(intent)
            packer.add(at)
        case .recordSeen(let key, let commit, let raw, let placement, let at):
            packer.tag(4)
            packer.add(key)
            packer.add(commit)
            packer.add(raw)
            packer.add(placement)
            packer.add(at)
        case .observed(let device, let token, let changed, let at):
            packer.tag(5)
            packer.add(device)
            packer.add(token)
            packer.add(changed)
            packer.add(at)
        case .unobserved(let device, let message, let at):
            packer.tag(6)
            packer.add(device)
            packer.add(message)
            packer.add(at)
        case .served(let answers, let at):
            packer.tag(7)
            packer.add(UInt64(answers.count))
            for (slot, observations) in answers.sorted(by: { $0.key < $1.key }) {
                packer.add(slot)
                packer.add(observations)
            }
            packer.add(at)
        case .intended(let batch, let device, let intents, let at):
            packer.tag(8)
            packer.add(batch)
            packer.add(device)
            packer.add(intents)
            packer.add(at)
        case .switching(let batch):
            packer.tag(9)
            packer.add(batch)
        case .ended(let batch, let outcomes, let at):
            packer.tag(10)
            packer.add(batch)
            packer.add(UInt64(outcomes.count))
            for (digest, outcome) in outcomes.sorted(by: { $0.key < $1.key }) {
                packer.add(digest)
                packer.add(outcome)
            }
            packer.add(at)
        case .published(let status, let upTo):
            packer.tag(11)
            packer.add(status)
            packer.add(upTo.value)
        case .deviceUndeclared(let device, let at):
            packer.tag(12)
            packer.add(device)
            packer.add(at)
        case .recordsRetired(let keys):
            packer.tag(13)
            packer.add(keys)
        case .recovered(let slots, let batches, let at):
            packer.tag(15)
            packer.add(UInt64(slots.count))
            for (slot, head) in slots.sorted(by: { $0.key < $1.key }) {
                packer.add(slot)
                packer.add(head)
            }
            packer.add(batches)
            packer.add(at)
        case .stood(let approvals, let at):
            packer.tag(20)
            packer.add(UInt64(approvals.count))
            for (digest, names) in approvals.sorted(by: { $0.key < $1.key }) {
                packer.add(digest)
                packer.add(names)
            }
            packer.add(at)
        case .emergencies(let begun, let at):
            packer.tag(21)
            packer.add(UInt64(begun.count))
            for (digest, emergency) in begun.sorted(by: { $0.key < $1.key }) {
                packer.add(digest)
                packer.add(emergency)
            }
            packer.add(at)
        case .reviewed(let digest, let person, let record, let at):
            packer.tag(22)
            packer.add(digest)
            packer.add(person)
            packer.add(record)
            packer.add(at)
        case .surveyed(let device, let survey, let served, let at):
            packer.tag(23)
            packer.add(device)
            packer.add(survey)
            packer.add(served)
            packer.add(at)
        case .referenced(let slots, let at):
            packer.tag(24)
            packer.add(UInt64(slots.count))
            for (slot, reference) in slots.sorted(by: { $0.key < $1.key }) {
                packer.add(slot)
                packer.add(reference)
            }
            packer.add(at)
        case .revocations(let known, let forgotten, let at):
            packer.tag(30)
            packer.add(UInt64(known.count))
            for (leaf, revocation) in known.sorted(by: { $0.key < $1.key }) {
                packer.add(leaf)
                packer.add(revocation)
            }
            packer.add(forgotten)
            packer.add(at)
        case .released(let devices, let at):
            packer.tag(40)
            packer.add(devices)
            packer.add(at)
        case .takenOver(let device, let succession, let slots, let at):
            packer.tag(41)
            packer.add(device)
            packer.add(succession)
            packer.add(UInt64(slots.count))
            for (slot, head) in slots.sorted(by: { $0.key < $1.key }) {
                packer.add(slot)
                packer.add(head)
            }
            packer.add(at)
        case .zonesRemoved(let zones, let at):
            packer.tag(42)
            packer.add(zones)
            packer.add(at)
        case .signed(let marks):
            packer.tag(14)
            packer.add(UInt64(marks.count))
            for (slot, mark) in marks.sorted(by: { $0.key < $1.key }) {
                packer.add(slot)
                packer.add(mark)
            }
        }
    }

    init(from unpacker: inout Unpacker) throws(UnpackError) {
        switch try unpacker.tag() {
        case 0: self = .epochBegun(try unpacker.value(), at: try unpacker.value())
        case 1: self = .trustSetAccepted(try unpacker.value())
        case 2: self = .tipAccepted(try unpacker.value(), at: try unpacker.value())
        case 3: self = .adopted(try unpacker.value(), try unpacker.value(), at: try unpacker.value())
        case 4:
            self = .recordSeen(
                try unpacker.value(), commit: try unpacker.value(), raw: try unpacker.data(),
                placement: try unpacker.optional(), at: try unpacker.value())
        case 5:
            self = .observed(
                try unpacker.value(), token: try unpacker.value(), changed: try unpacker.list(),
                at: try unpacker.value())
        case 6: self = .unobserved(try unpacker.value(), message: try unpacker.text(), at: try unpacker.value())
        case 7:
            let answers = try unpacker.table { (unpacker) throws(UnpackError) in
                (try unpacker.value(SlotKey.self), try unpacker.list(EndpointObservation.self))
            }
            self = .served(answers, at: try unpacker.value())
        case 8:
            self = .intended(
                try unpacker.value(), try unpacker.value(), try unpacker.list(), at: try unpacker.value())
        case 9: self = .switching(try unpacker.value())
        case 10:
            let batch = try unpacker.value(BatchID.self)
            let outcomes = try unpacker.table { (unpacker) throws(UnpackError) in
                (try unpacker.value(WorkOrderDigest.self), try unpacker.value(Outcome.self))
            }
            self = .ended(batch, outcomes, at: try unpacker.value())
        case 11: self = .published(status: try unpacker.value(), upTo: Revision(try unpacker.unsigned()))
        case 12: self = .deviceUndeclared(try unpacker.value(), at: try unpacker.value())
        case 13: self = .recordsRetired(try unpacker.list())
        case 14:
            let marks = try unpacker.table { (unpacker) throws(UnpackError) in
                (try unpacker.value(SlotKey.self), try unpacker.value(SlotHead.SignedFor.self))
            }
            self = .signed(marks)
        case 15:
            let slots = try unpacker.table { (unpacker) throws(UnpackError) in
                (try unpacker.value(SlotKey.self), try unpacker.value(SlotHead.self))
            }
            self = .recovered(slots, try unpacker.list(), at: try unpacker.value())
        case 20:
            let approvals = try unpacker.table { (unpacker) throws(UnpackError) in
                (try unpacker.value(WorkOrderDigest.self), try unpacker.list(StandingApprovalName.self))
            }
            self = .stood(approvals, at: try unpacker.value())
        case 21:
            let begun = try unpacker.table { (unpacker) throws(UnpackError) in
                (try unpacker.value(WorkOrderDigest.self), try unpacker.value(History.Emergency.self))
            }
            self = .emergencies(begun, at: try unpacker.value())
        case 22:
            self = .reviewed(
                try unpacker.value(), by: try unpacker.value(), record: try unpacker.value(), at: try unpacker.value())
        case 23:
            self = .surveyed(
                try unpacker.value(), try unpacker.value(), served: try unpacker.list(), at: try unpacker.value())
        case 24:
            let slots = try unpacker.table { (unpacker) throws(UnpackError) in
                (try unpacker.value(SlotKey.self), try unpacker.value(SlotReference.self))
            }
            self = .referenced(slots, at: try unpacker.value())
        case 30:
            let known = try unpacker.table { (unpacker) throws(UnpackError) in
                (try unpacker.value(Fingerprint.self), try unpacker.value(Revocation.self))
            }
            self = .revocations(known, forgotten: try unpacker.list(), at: try unpacker.value())
        case 40: self = .released(try unpacker.list(), at: try unpacker.value())
        case 41:
            let (device, succession) = (try unpacker.value(DeviceName.self), try unpacker.value(Tenure.Succession.self))
            let slots = try unpacker.table { (unpacker) throws(UnpackError) in
                (try unpacker.value(SlotKey.self), try unpacker.value(SlotHead.self))
            }
            self = .takenOver(device, succession, slots, at: try unpacker.value())
        case 42: self = .zonesRemoved(try unpacker.list(), at: try unpacker.value())
        default: throw UnpackError(detail: "an unknown fact")
        }
    }
}

extension Unpacker {
    fileprivate mutating func table<Key: Hashable, Value>(
        _ body: (inout Unpacker) throws(UnpackError) -> (Key, Value)
    ) throws(UnpackError) -> [Key: Value] {
        var table: [Key: Value] = [:]
        for _ in 0..<(try unsigned()) {
            let (key, value) = try body(&self)
            table[key] = value
        }
        return table
    }
}
