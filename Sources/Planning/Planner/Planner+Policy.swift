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
        for index in rowsSharing(key) {
            if let found = highest(at: index, change: change, above: best?.index ?? .max) { best = found }
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
            at: rows[index].connector.name, on: device, among: candidates, change: change, above: limit
        ) { names(at: index) }
    }

    private mutating func rowsSharing(_ key: SPKIFingerprint) -> [Int] {
        if rowsByKey == nil {
            var table: [SPKIFingerprint: [Int]] = [:]
            for (index, row) in rows.enumerated() {
                var keys: Set<SPKIFingerprint> = []
                if let leaf = row.sent?.leaf, let bound = publicKey(of: leaf, row.head) { keys.insert(bound) }
                if let observed = row.head?.observed {
                    if let lies = observed.key { keys.insert(lies) }
                    if let held = observed.holding.leaf, held != row.sent?.leaf,
                        let key = shelf.publicKey(held, der: observed.leafDER)
                    {
                        keys.insert(key)
                    }
                }
                for key in keys { table[key, default: []].append(index) }
            }
            rowsByKey = table
        }
        return rowsByKey?[key] ?? []
    }

    /// DNS names held, to be installed and served there.
    private mutating func names(at index: Int) -> [String] {
        if let known = names[index] { return known }
        let row = rows[index]
        var leaves: [Fingerprint] = [row.sent?.leaf, row.head?.observed?.holding.leaf].compactMap(\.self)
        for observation in row.head?.served ?? [] {
            if case .served(let leaf, _) = observation.answer { leaves.append(leaf) }
        }
        let found = Set(leaves).sorted().flatMap { shelf.facts($0)?.dnsNames ?? [] }
        names[index] = found
        return found
    }
}
