// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
internal import Planning
internal import Vocabulary

extension Outcome: Packed {
    func pack(into packer: inout Packer) {
        switch self {
        case .completed: packer.tag(0)
        case .adopted: packer.tag(1)
        case .candidateRefused(let message, let token):
            packer.tag(2)
            packer.add(message)
            packer.add(token)
        case .abandoned(let message): packer.add(tag: 3, message)
        case .pushFailed(let message): packer.add(tag: 4, message)
        case .rolledBack(let message): packer.add(tag: 5, message)
        case .rollbackFailed(let message): packer.add(tag: 6, message)
        case .unknownEffect(let message): packer.add(tag: 7, message)
        }
    }
    init(from unpacker: inout Unpacker) throws(UnpackError) {
        switch try unpacker.tag() {
        case 0: self = .completed
        case 1: self = .adopted
        case 2: self = .candidateRefused(message: try unpacker.text(), token: try unpacker.optional())
        case 3: self = .abandoned(message: try unpacker.text())
        case 4: self = .pushFailed(message: try unpacker.text())
        case 5: self = .rolledBack(message: try unpacker.text())
        case 6: self = .rollbackFailed(message: try unpacker.text())
        case 7: self = .unknownEffect(message: try unpacker.text())
        default: throw UnpackError(detail: "an unknown outcome")
        }
    }
}

extension Packer {
    fileprivate mutating func add(tag: UInt8, _ message: String) {
        self.tag(tag)
        add(message)
    }
}

extension Intent: Packed {
    func pack(into packer: inout Packer) {
        packer.add(workOrder)
        packer.add(connector)
        packer.add(slot)
        packer.add(content)
        packer.add(installs)
        packer.add(replaces)
        packer.add(records)
        packer.add(tip)
    }
    init(from unpacker: inout Unpacker) throws(UnpackError) {
        self.init(
            workOrder: try unpacker.value(), connector: try unpacker.value(), slot: try unpacker.value(),
            content: try unpacker.data(), installs: try unpacker.optional(), replaces: try unpacker.value(),
            records: try unpacker.list(), tip: try unpacker.value())
    }
}

extension OpenBatch: Packed {
    func pack(into packer: inout Packer) {
        packer.add(id)
        packer.add(device)
        packer.add(intents)
        packer.add(intendedAt)
        packer.add(switching)
        packer.add(unknown)
        packer.add(undoFailed)
    }
    init(from unpacker: inout Unpacker) throws(UnpackError) {
        self.init(
            id: try unpacker.value(), device: try unpacker.value(), intents: try unpacker.list(),
            intendedAt: try unpacker.value(), switching: try unpacker.bool(), unknown: try unpacker.bool(),
            undoFailed: try unpacker.bool())
    }
}

extension WorkOrderFacts: Packed {
    func pack(into packer: inout Packer) {
        packer.add(outcome)
        packer.add(intendedAt)
        packer.add(endedAt)
    }
    init(from unpacker: inout Unpacker) throws(UnpackError) {
        self.init()
        outcome = try unpacker.optional()
        intendedAt = try unpacker.optional()
        endedAt = try unpacker.optional()
    }
}

extension SlotHead.CompletedWorkOrder: Packed {
    func pack(into packer: inout Packer) {
        packer.add(digest)
        packer.add(leaf)
        packer.add(at)
        packer.add(adopted)
        packer.add(tip)
        packer.add(chain)
        packer.add(spki)
        packer.add(certificate)
        packer.add(binding)
        packer.add(connector)
        packer.add(bindingPush)
        packer.add(connectorPush)
    }
    init(from unpacker: inout Unpacker) throws(UnpackError) {
        self.init(
            digest: try unpacker.value(), leaf: try unpacker.optional(), at: try unpacker.value(),
            adopted: try unpacker.bool(), tip: try unpacker.value())
        chain = try unpacker.list()
        spki = try unpacker.optional()
        certificate = try unpacker.optional()
        binding = try unpacker.optional()
        connector = try unpacker.optional()
        bindingPush = try unpacker.integer()
        connectorPush = try unpacker.integer()
    }
}

extension SlotHead.EndedWorkOrder: Packed {
    func pack(into packer: inout Packer) {
        packer.add(digest)
        packer.add(leaf)
        packer.add(outcome)
        packer.add(at)
    }
    init(from unpacker: inout Unpacker) throws(UnpackError) {
        self.init(
            digest: try unpacker.value(), leaf: try unpacker.optional(), outcome: try unpacker.value(),
            at: try unpacker.value())
    }
}

extension SlotHead: Packed {
    func pack(into packer: inout Packer) {
        packer.add(sequence)
        packer.add(observed)
        packer.add(observedAt)
        packer.add(served)
        packer.add(lastCompleted)
        packer.add(lastVerified)
        packer.add(lastEnded)
        packer.add(openBatch)
        packer.add(heldSince)
        packer.add(signedFor)
        packer.add(formerLeaves)
        packer.add(lastCompleted?.terms)
        packer.add(reference)
        // Only where there is one: what ends early without it is damaged, and not of an older form.
        guard !putBacks.isEmpty else {
            if let provenBefore { packer.add(provenBefore) }
            return
        }
        packer.add(provenBefore ?? Self.nothingProven)
        packer.add(putBacks)
    }

    /// In the place of a leaf where there is none and something follows: nothing has this hash.
    private static let nothingProven = Fingerprint(bytes: [UInt8](repeating: 0, count: 32)) ?? Fingerprint(hashing: [])

    init(from unpacker: inout Unpacker) throws(UnpackError) {
        self.init()
        sequence = try unpacker.integer()
        observed = try unpacker.optional()
        observedAt = try unpacker.optional()
        served = try unpacker.list()
        lastCompleted = try unpacker.optional()
        lastVerified = try unpacker.optional()
        lastEnded = try unpacker.optional()
        openBatch = try unpacker.optional()
        heldSince = try unpacker.optional()
        signedFor = try unpacker.optional()
        // A journal from before there were standing approvals ends here: what they ask is then not known, and people sign.
        guard !unpacker.isAtEnd else { return }
        for leaf in try unpacker.list(Fingerprint.self) { remember(former: leaf) }
        let terms: Terms? = try unpacker.optional()
        lastCompleted?.terms = terms
        // One from before anybody asked whether configurations name slots ends here.
        guard !unpacker.isAtEnd else { return }
        reference = try unpacker.value()
        guard !unpacker.isAtEnd else { return }
        let proven = try unpacker.value(Fingerprint.self)
        if proven != Self.nothingProven { provenBefore = proven }
        guard !unpacker.isAtEnd else { return }
        putBacks = try unpacker.list()
    }
}

extension SlotHead.Terms: Packed {
    func pack(into packer: inout Packer) {
        packer.add(connector)
        packer.add(key)
    }
    init(from unpacker: inout Unpacker) throws(UnpackError) {
        self.init(connector: try unpacker.value(), key: try unpacker.value())
    }
}

extension History.Stood: Packed {
    func pack(into packer: inout Packer) {
        packer.add(approvals)
        packer.add(at)
    }
    init(from unpacker: inout Unpacker) throws(UnpackError) {
        self.init(approvals: try unpacker.list(), at: try unpacker.value())
    }
}

extension History.Emergency: Packed {
    func pack(into packer: inout Packer) {
        packer.add(policy)
        packer.add(slot)
        packer.add(connector)
        packer.add(people)
        packer.add(UInt64(reasons.count))
        for reason in reasons { packer.add(reason) }
        packer.add(at)
        packer.add(records.sorted())
        packer.add(reviewedBy)
        packer.add(review)
    }
    init(from unpacker: inout Unpacker) throws(UnpackError) {
        let (policy, slot) = (try unpacker.value(PolicyName.self), try unpacker.value(SlotKey.self))
        let (connector, people) = (try unpacker.value(ConnectorName.self), try unpacker.list(PersonName.self))
        var reasons: [String] = []
        for _ in 0..<(try unpacker.unsigned()) { reasons.append(try unpacker.text()) }
        self.init(
            policy: policy, slot: slot, connector: connector, people: people, reasons: reasons,
            at: try unpacker.value(), records: Set(try unpacker.list() as [RecordKey]),
            reviewedBy: try unpacker.optional(), review: try unpacker.optional())
    }
}

extension SlotHead.SignedFor: Packed {
    func pack(into packer: inout Packer) {
        packer.add(digest)
        packer.add(since)
    }
    init(from unpacker: inout Unpacker) throws(UnpackError) {
        self.init(digest: try unpacker.value(), since: try unpacker.value())
    }
}

extension EndedFact: Packed {
    func pack(into packer: inout Packer) {
        packer.add(intent)
        packer.add(outcome)
        packer.add(at)
        packer.add(sequence)
        packer.add(standing)
    }
    init(from unpacker: inout Unpacker) throws(UnpackError) {
        self.init(
            intent: try unpacker.value(), outcome: try unpacker.value(), at: try unpacker.value(),
            sequence: try unpacker.integer())
        if !unpacker.isAtEnd { standing = try unpacker.list() }
    }
}

extension History.AcceptedTrustSet: Packed {
    func pack(into packer: inout Packer) {
        packer.add(digest)
        packer.add(commit)
        packer.add(by)
        packer.add(number)
        packer.add(at)
        packer.add(from)
        packer.add(previous)
        packer.add(records)
    }
    init(from unpacker: inout Unpacker) throws(UnpackError) {
        self.init(
            digest: try unpacker.value(), commit: try unpacker.value(), by: try unpacker.optional(),
            number: try unpacker.int(), at: try unpacker.value(), from: try unpacker.optional(),
            previous: try unpacker.optional(), records: try unpacker.list())
    }
}

extension History.Beginning: Packed {
    func pack(into packer: inout Packer) {
        packer.add(commit)
        packer.add(at)
        packer.add(isAnew)
    }
    init(from unpacker: inout Unpacker) throws(UnpackError) {
        self.init(commit: try unpacker.value(), at: try unpacker.value(), isAnew: try unpacker.bool())
    }
}

extension History.Unreachable: Packed {
    func pack(into packer: inout Packer) {
        packer.add(since)
        packer.add(message)
    }
    init(from unpacker: inout Unpacker) throws(UnpackError) {
        self.init(since: try unpacker.value(), message: try unpacker.text())
    }
}

extension ApprovalCase.Subject: Packed {
    func pack(into packer: inout Packer) {
        switch self {
        case .workOrder(let digest):
            packer.tag(0)
            packer.add(digest)
        case .policyChange(let digest):
            packer.tag(1)
            packer.add(digest)
        }
    }
    init(from unpacker: inout Unpacker) throws(UnpackError) {
        switch try unpacker.tag() {
        case 0: self = .workOrder(try unpacker.value())
        case 1: self = .policyChange(try unpacker.value())
        default: throw UnpackError(detail: "an unknown subject")
        }
    }
}

extension Tenure: Packed {
    func pack(into packer: inout Packer) {
        switch self {
        case .released(let at):
            packer.tag(0)
            packer.add(at)
        case .takenOver(let succession):
            packer.tag(1)
            packer.add(succession)
        }
    }
    init(from unpacker: inout Unpacker) throws(UnpackError) {
        switch try unpacker.tag() {
        case 0: self = .released(at: try unpacker.value())
        case 1: self = .takenOver(try unpacker.value())
        default: throw UnpackError(detail: "an unknown tenure")
        }
    }
}

extension Tenure.Succession: Packed {
    func pack(into packer: inout Packer) {
        packer.add(at)
        packer.add(from)
    }
    init(from unpacker: inout Unpacker) throws(UnpackError) {
        self.init(at: try unpacker.value(), from: try unpacker.list())
    }
}

extension Tenure.Predecessor: Packed {
    func pack(into packer: inout Packer) {
        packer.add(zone)
        packer.add(released)
    }
    init(from unpacker: inout Unpacker) throws(UnpackError) {
        self.init(zone: try unpacker.value(), released: try unpacker.optional())
    }
}
