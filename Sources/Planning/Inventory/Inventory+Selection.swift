// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Vocabulary

/// Which certificates of an inventory somebody wants to see.
package struct InventorySelection: Sendable, Hashable {
    /// What ends by then, or has ended; nil: all.
    package var endsBy: Timestamp?
    /// Labels of the Certificate, all of which it must have; a key without a value: any value.
    package var labels: [Label]

    package struct Label: Sendable, Hashable {
        package var key: String
        package var value: String?

        /// `team=payments`, or `team`; nil: neither.
        package init?(_ text: String) {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard let key = parts.first, !key.isEmpty else { return nil }
            (self.key, value) = (key, parts.count == 2 ? parts[1] : nil)
        }
    }

    package init(endsBy: Timestamp? = nil, labels: [Label] = []) { (self.endsBy, self.labels) = (endsBy, labels) }

    /// Only what is wanted. Something ends in time where its leaf as declared does, what one of its slots holds, or an old leaf that
    /// a slot still has. What nobody has declared has no labels.
    package func chosen(of inventory: Inventory, in plan: Plan) -> Inventory {
        let ends = Dictionary(plan.connectors.map { ($0.connector, $0.notAfter) }) { first, _ in first }
        var chosen = inventory
        chosen.items = inventory.items.filter { item in
            let hasLabels = labels.allSatisfy { label in
                guard let value = item.labels[label.key] else { return false }
                return label.value.map { $0 == value } ?? true
            }
            let held = (item.connectors + item.unbound).map { ends[$0] ?? nil }
            return hasLabels && isInTime([item.notAfter] + held)
        }
        chosen.found = labels.isEmpty ? inventory.found.filter { isInTime([$0.notAfter]) } : []
        return chosen
    }

    private func isInTime(_ ends: [Timestamp?]) -> Bool {
        guard let endsBy else { return true }
        return ends.compactMap(\.self).contains { $0 <= endsBy }
    }
}

extension Seconds {
    /// `30d`, `12h`, `90m`; nil: no such span.
    package init?(span text: String) {
        guard let unit = text.last, let count = Int64(text.dropLast()), count >= 0, count <= 1_000_000,
            text.first.map({ $0.isASCII && $0.isNumber }) ?? false
        else { return nil }
        switch unit {
        case "d": self = .days(count)
        case "h": self = .hours(count)
        case "m": self = .minutes(count)
        default: return nil
        }
    }
}
