// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Declarations
internal import Vocabulary

/// Which policy decides on a change, and why, in words.
///
/// It is matched over the slot itself and over every slot that holds or is bound to the same key, whether a connector still
/// declares it or not; the highest priority of all decides: a key cannot slip to where it is guarded less.
package struct PolicyDecision: Hashable, Sendable {
    package var policy: ApprovalPolicy
    package var reason: String

    package init(policy: ApprovalPolicy, reason: String) { (self.policy, self.reason) = (policy, reason) }

    init(_ found: PolicyTable.Found, in table: PolicyTable, for connector: ConnectorName, change: ChangeClass) {
        policy = table.ordered[found.index]
        let match = policy.spec.match
        var facts: [String] = []
        if !match.deviceKinds.isEmpty { facts.append("kind \(match.deviceKinds.joined(separator: ", "))") }
        if !match.zones.isEmpty { facts.append("zone \(match.zones.map(\.text).joined(separator: ", "))") }
        facts += match.deviceLabels.sorted { $0.key < $1.key }.map { "label \($0.key)=\($0.value)" }
        if let name = found.name { facts.append("name \(Shown.text(name))") }
        if !match.changes.isEmpty { facts.append("a change of class \(change.rawValue)") }
        let what = facts.isEmpty ? "it matches everything" : "it matches \(facts.joined(separator: ", "))"
        let place =
            switch found.place {
            case .connector(connector): ""
            case .connector(let other): " at connector \(other) on \(found.device), where the same key is"
            case .undeclared(let path): " at \(Shown.text(path)) on \(found.device), where the same key is"
            }
        reason = "highest priority that matches (\(policy.spec.priority)): \(what)\(place)"
    }
}
