// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Declarations
package import Planning
package import Vocabulary

/// Whether another policy in force should have decided on a work order: one of weaker rules that is in force for other slots
/// must not be signed under.
///
/// Told from what the work order itself shows: its device, its class of change and the names that it installs. What other slots
/// held the same key then, and whose names were served, no line tells; those who signed saw it in their plan.
package enum Outranking {
    /// - Parameters:
    ///   - name: of the policy that was signed under.
    ///   - names: DNS names of the leaf that is installed.
    /// - Returns: a policy of higher priority that matches whatever else is true; nil where there is none.
    package static func policy(
        above name: PolicyName, in set: TrustSet, at connector: ConnectorName, on device: Device, action: Action,
        names: [String]
    ) -> PolicyName? {
        var table = PolicyTable(set.policies.values)
        guard let own = table.ordered.firstIndex(where: { $0.name == name }) else { return nil }
        let candidates = table.candidates(for: device)
        let found = classes(of: action).map { change in
            table.highest(
                at: .connector(connector), on: device.name, among: candidates, change: change, above: own
            ) { names }
        }
        // It must outrank whichever class the change was of.
        guard let lowest = found.map({ $0?.index ?? .max }).max(), lowest < own else { return nil }
        return table.ordered[lowest].name
    }

    /// Whether a replacement was a renewal depends on the certificate before it.
    private static func classes(of action: Action) -> [ChangeClass] {
        switch action {
        case .install: [.install]
        case .replace: [.replace, .renewal]
        case .remove: [.remove]
        case .adopt: [.adopt]
        case .restore: [.restore]
        }
    }
}
