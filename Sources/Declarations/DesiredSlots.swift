// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Vocabulary

/// Which certificate belongs into which connector's slot.
package struct DesiredSlot: Hashable, Sendable {
    package var connector: ConnectorName
    package var binding: BindingName
    package var certificate: CertificateName
}

/// Bindings resolved over connectors.
package struct DesiredSlots: Sendable {
    /// All connectors, bound or not, sorted.
    package let connectors: [ConnectorName]
    /// One for each bound connector, sorted by connector name.
    package let slots: [DesiredSlot]
    /// Connectors that several bindings claim, with the names of the first 16, sorted. Empty in a valid set.
    package let contested: [ConnectorName: [BindingName]]
    /// Bindings whose selector finds no connector, sorted.
    package let idle: [BindingName]

    /// Thousands of selectors that match everything are one mistake, and must not fill the memory.
    private static let mostClaims = 16

    package init(of set: DeclarationSet) {
        self.init(bindings: set.bindings, connectors: set.connectors)
    }

    package init(bindings: [BindingName: Binding], connectors: [ConnectorName: AppConnector]) {
        let names = connectors.keys.sorted()
        var claims = [[BindingName]](repeating: [], count: names.count)
        var index: LabelIndex?
        var position: [ConnectorName: Int]?
        var idle: [BindingName] = []
        for name in bindings.keys.sorted() {
            guard let binding = bindings[name] else { continue }
            switch binding.spec.target {
            case .connectors(let wanted):
                let places = position ?? Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
                position = places
                for connector in Set(wanted) {
                    if let place = places[connector], claims[place].count < Self.mostClaims {
                        claims[place].append(name)
                    }
                }
            case .selector(let labels):
                let built = index ?? LabelIndex(names.lazy.map { connectors[$0]?.labels ?? [:] })
                index = built
                let matching = built.matching(labels)
                if matching.isEmpty { idle.append(name) }
                for place in matching where claims[Int(place)].count < Self.mostClaims {
                    claims[Int(place)].append(name)
                }
            }
        }
        var slots: [DesiredSlot] = []
        slots.reserveCapacity(names.count)
        var contested: [ConnectorName: [BindingName]] = [:]
        for (place, connector) in names.enumerated() {
            guard let first = claims[place].first, let binding = bindings[first] else { continue }
            slots.append(DesiredSlot(connector: connector, binding: first, certificate: binding.spec.certificate))
            if claims[place].count > 1 { contested[connector] = claims[place] }
        }
        (self.connectors, self.slots, self.contested, self.idle) = (names, slots, contested, idle)
    }
}

/// (key, value) → ascending indices of what carries that label: a selector then costs what it finds, not all there is.
struct LabelIndex {
    private struct Label: Hashable {
        var key: String
        var value: String
    }
    private var places: [Label: [UInt32]] = [:]

    init(_ labels: some Sequence<[String: String]>) {
        for (place, labels) in labels.enumerated() {
            for (key, value) in labels { places[Label(key: key, value: value), default: []].append(UInt32(place)) }
        }
    }

    /// Those that carry all of `labels`; none for no labels, so that an emptied selector does not claim everything.
    func matching(_ labels: [String: String]) -> [UInt32] {
        let lists = labels.map { places[Label(key: $0.key, value: $0.value)] ?? [] }.sorted { $0.count < $1.count }
        guard var found = lists.first else { return [] }
        for list in lists.dropFirst() where !found.isEmpty {
            found = found.filter { Self.contains(list, $0) }
        }
        return found
    }

    /// By halving: a rare label must not cost a walk over a common one.
    private static func contains(_ list: [UInt32], _ place: UInt32) -> Bool {
        var range = 0..<list.count
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            if list[middle] == place { return true }
            range = list[middle] < place ? middle + 1..<range.upperBound : range.lowerBound..<middle
        }
        return false
    }
}
