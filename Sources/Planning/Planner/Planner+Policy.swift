// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
internal import Vocabulary

extension Planner {
    /// All work orders of one key and class of change are decided by the same policy.
    struct DecisionKey: Hashable {
        var key: SPKIFingerprint?
        var change: ChangeClass
    }

    /// Somewhere that a key is bound to or lies.
    enum KeyHolder: Hashable {
        case row(Int)
        case undeclared(SlotKey)
    }

    /// - Parameter key: of what is installed, or of what is removed.
    mutating func decision(for index: Int, change: ChangeClass, key: SPKIFingerprint?) -> PolicyDecision? {
        let connector = rows[index].connector.name
        let own = highest(at: index, change: change, above: .max)
        let shared = policies.ignoresPlaces ? nil : highestAnywhere(key, change)
        let found = [own, shared].compactMap(\.self).min { $0.index < $1.index }
        return found.map { PolicyDecision($0, in: policies, for: connector, change: change) }
    }

    private mutating func highestAnywhere(_ key: SPKIFingerprint?, _ change: ChangeClass) -> PolicyTable.Found? {
        guard let key else { return nil }
        let asked = DecisionKey(key: key, change: change)
        if let known = decisions[asked] { return known }
        var best: PolicyTable.Found?
        for holder in holders(of: key) {
            let limit = best?.index ?? .max
            let found =
                switch holder {
                case .row(let index): highest(at: index, change: change, above: limit)
                case .undeclared(let slot): highest(atUndeclared: slot, change: change, above: limit)
                }
            if let found { best = found }
            if best?.index == 0 { break }
        }
        decisions[asked] = .some(best)
        return best
    }

    private mutating func highest(at index: Int, change: ChangeClass, above limit: Int) -> PolicyTable.Found? {
        guard let device = rows[index].device else { return nil }
        let candidates = policies.candidates(for: device)
        let table = policies
        return table.highest(
            at: .connector(rows[index].connector.name), on: device.name, among: candidates, change: change, above: limit
        ) { names(at: index) }
    }

    /// By the device as it is in force: who takes it out of force has a policy change approved.
    private mutating func highest(
        atUndeclared slot: SlotKey, change: ChangeClass, above limit: Int
    ) -> PolicyTable.Found? {
        guard let device = input.inForce.devices[slot.device], let head = input.history.slots[slot] else { return nil }
        let candidates = policies.candidates(for: device)
        let table = policies
        return table.highest(
            at: .undeclared(slot.path), on: device.name, among: candidates, change: change, above: limit
        ) { names(sent: nil, head) }
    }

    /// Every slot that holds or is bound to this key, as a standing approval asks for it; the slot itself first.
    mutating func places(of index: Int, key: SPKIFingerprint?) -> [StandingFacts.Place] {
        var found: [StandingFacts.Place] = []
        if let device = rows[index].device {
            found.append(StandingFacts.Place(device: PolicyTable.DeviceFacts(device), names: names(at: index)))
        }
        for holder in key.map({ holders(of: $0) }) ?? [] {
            switch holder {
            case .row(index): continue
            case .row(let other):
                guard let device = rows[other].device else { continue }
                found.append(StandingFacts.Place(device: PolicyTable.DeviceFacts(device), names: names(at: other)))
            case .undeclared(let slot):
                guard let device = input.inForce.devices[slot.device], let head = input.history.slots[slot] else {
                    continue
                }
                found.append(
                    StandingFacts.Place(device: PolicyTable.DeviceFacts(device), names: names(sent: nil, head)))
            }
        }
        return found
    }

    private mutating func holders(of key: SPKIFingerprint) -> [KeyHolder] {
        let table = holdersByKey ?? allHolders()
        holdersByKey = table
        return table[key] ?? []
    }

    /// A plain commit can take a connector away, and the key goes on lying and being served where it was.
    private mutating func allHolders() -> [SPKIFingerprint: [KeyHolder]] {
        var table: [SPKIFingerprint: [KeyHolder]] = [:]
        var declared: Set<SlotKey> = []
        for (index, row) in rows.enumerated() {
            declared.insert(row.key)
            var keys = keysHeld(in: row.head, otherThan: row.sent?.leaf)
            if let leaf = row.sent?.leaf, let bound = publicKey(of: leaf, row.head) { keys.insert(bound) }
            for key in keys { table[key, default: []].append(.row(index)) }
        }
        for slot in input.history.slots.keys.filter({ !declared.contains($0) }).sorted() {
            for key in keysHeld(in: input.history.slots[slot], otherThan: nil) {
                table[key, default: []].append(.undeclared(slot))
            }
        }
        return table
    }

    /// The key that lies there and that of the leaf that lies there.
    private mutating func keysHeld(in head: SlotHead?, otherThan leaf: Fingerprint?) -> Set<SPKIFingerprint> {
        guard let observed = head?.observed else { return [] }
        var keys = Set([observed.key].compactMap(\.self))
        if let held = observed.holding.leaf, held != leaf,
            let key = shelf.publicKey(held, der: observed.leafDER)
        {
            keys.insert(key)
        }
        return keys
    }

    /// DNS names held, to be installed and served there.
    private mutating func names(at index: Int) -> [String] {
        if let known = names[index] { return known }
        let found = names(sent: rows[index].sent?.leaf, rows[index].head)
        names[index] = found
        return found
    }

    private mutating func names(sent: Fingerprint?, _ head: SlotHead?) -> [String] {
        var leaves: [Fingerprint] = [sent, head?.observed?.holding.leaf].compactMap(\.self)
        for observation in head?.served ?? [] {
            if case .served(let leaf, _) = observation.answer { leaves.append(leaf) }
        }
        return Set(leaves).sorted().flatMap { shelf.facts($0)?.dnsNames ?? [] }
    }
}
