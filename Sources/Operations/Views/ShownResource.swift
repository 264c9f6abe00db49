// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Commits
internal import Approvals
package import Declarations
internal import Planning
package import Vocabulary

/// One declared resource, what it names and what names it.
package struct ShownResource: Sendable {
    package struct Reference: Hashable, Comparable, Sendable {
        package var key: ResourceKey
        /// In what way: `approves at level implement`, `by labels`; empty where the kind says it.
        package var how: String

        package init(_ key: ResourceKey, _ how: String = "") { (self.key, self.how) = (key, how) }
        package static func < (left: Self, right: Self) -> Bool { (left.key, left.how) < (right.key, right.how) }
    }
    package var key: ResourceKey
    package var position: SourcePosition
    package var labels: [String: String]
    package var annotations: [String: String]
    package var spec: JSONValue
    package var refersTo: [Reference]
    package var referredBy: [Reference]
    /// Of the trust set: the same as in force. nil for what is not of it.
    package var isInForce: Bool?

    package init(
        key: ResourceKey, position: SourcePosition, labels: [String: String], annotations: [String: String],
        spec: JSONValue, refersTo: [Reference], referredBy: [Reference], isInForce: Bool?
    ) {
        (self.key, self.position, self.labels, self.annotations) = (key, position, labels, annotations)
        (self.spec, self.refersTo, self.referredBy, self.isInForce) = (spec, refersTo, referredBy, isInForce)
    }
}

extension Overview {
    /// The resources of this name, of any kind, or of the one that stands before a slash (`Device/edge-1`, in any letter case).
    ///
    /// - Throws: `UnknownName`, with what may have been meant.
    package func resources(named text: String) throws(UserError) -> [ShownResource] {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let (kind, name) = parts.count == 2 ? (parts[0].lowercased(), parts[1]) : (nil, text)
        let all = Facts.all(of: derivation.desired.set)
        let graph = ReferenceGraph(derivation.desired.set)
        let found = all.filter { $0.key.name == name && (kind == nil || $0.key.kind.rawValue.lowercased() == kind) }
        guard !found.isEmpty else { throw unknown(text, kind, name, all.map(\.key)) }
        let inForce = TrustSet.documents(of: DeclarationSet(view.trust.set))
        let declared = TrustSet.documents(of: derivation.desired.set)
        return found.map { facts in
            ShownResource(
                key: facts.key, position: facts.position, labels: facts.labels, annotations: facts.annotations,
                spec: facts.spec, refersTo: graph.out[facts.key, default: []].sorted(),
                referredBy: graph.into[facts.key, default: []].sorted(),
                isInForce: facts.key.kind.isTrust ? inForce[facts.key] == declared[facts.key] : nil)
        }
    }

    private func unknown(_ text: String, _ kind: String?, _ name: String, _ keys: [ResourceKey]) -> UserError {
        if let kind, !ResourceKind.allCases.contains(where: { $0.rawValue.lowercased() == kind }) {
            let kinds = ResourceKind.allCases.map(\.rawValue)
            let meant = nearest(to: kind, among: kinds.map { $0.lowercased() })
            return UserError(
                "UnknownName", "there is no kind \"\(Shown.text(kind))\"",
                hint: meant.map { "did you mean \($0)?" } ?? "kinds: \(kinds.joined(separator: ", "))")
        }
        if ["WO-", "REQ-", "POL-"].contains(where: { text.uppercased().hasPrefix($0) }) {
            return UserError(
                "UnknownName", "\"\(Shown.text(text))\" is no resource", hint: "countersign explain \(Shown.text(text))"
            )
        }
        let meant = nearest(to: name, among: Set(keys.map(\.name)))
        return UserError(
            "UnknownName", "nothing is declared under the name \"\(Shown.text(text))\"",
            hint: meant.map { "did you mean \($0)?" }
                ?? "countersign status lists connectors, countersign certificates certificates")
    }
}

extension DeclarationSet {
    /// The resources of a trust set.
    fileprivate init(_ trust: TrustSet) {
        self.init()
        (repository, zones, devices, people) = (trust.repository, trust.zones, trust.devices, trust.people)
        (groups, policies, standingApprovals) = (trust.groups, trust.policies, trust.standingApprovals)
        alertPolicies = trust.alertPolicies
    }
}

/// What is shown of a resource of any kind.
private struct Facts {
    var key: ResourceKey
    var position: SourcePosition
    var labels: [String: String]
    var annotations: [String: String]
    var spec: JSONValue

    init<Spec: ResourceSpec>(_ it: Declared<Spec>) {
        (key, position, labels, annotations, spec) = (it.key, it.position, it.labels, it.annotations, it.raw)
    }

    /// Sorted by kind, then name.
    static func all(of set: DeclarationSet) -> [Facts] {
        var all: [Facts] = []
        func add<Spec: ResourceSpec>(_ resources: some Sequence<Declared<Spec>>) { all += resources.map { Facts($0) } }
        add([set.repository].compactMap(\.self))
        add(set.zones.values)
        add(set.devices.values)
        add(set.people.values)
        add(set.groups.values)
        add(set.policies.values)
        add(set.standingApprovals.values)
        add(set.alertPolicies.values)
        add(set.certificates.values)
        add(set.connectors.values)
        add(set.bindings.values)
        return all.sorted { $0.key < $1.key }
    }
}
