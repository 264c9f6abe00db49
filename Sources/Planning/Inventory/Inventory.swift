// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Declarations
internal import PKI
package import Vocabulary

/// Certificates as people look after them: what is declared, where each is, and the leaves that newer ones took the place of.
package struct Inventory: Sendable, Hashable {
    /// A leaf that a slot held until a completed work order replaced it.
    package struct Replaced: Sendable, Hashable {
        package var connector: ConnectorName
        package var leaf: Fingerprint
        package var supersededBy: Fingerprint
        package var workOrder: WorkOrderDigest
        package var at: Timestamp
        /// nil: its bytes are nowhere any more, so nobody can say.
        package var notAfter: Timestamp?
        package var colour: StatusColour?
        package var revocation: Revocation?
        /// Of this certificate in this slot.
        package var sync: SyncState

        package init(
            connector: ConnectorName, leaf: Fingerprint, supersededBy: Fingerprint, workOrder: WorkOrderDigest,
            at: Timestamp
        ) {
            (self.connector, self.leaf, self.supersededBy) = (connector, leaf, supersededBy)
            (self.workOrder, self.at) = (workOrder, at)
            sync = .outOfSync(.superseded(by: supersededBy))
        }
    }

    package struct Item: Sendable, Hashable {
        package var name: CertificateName
        /// False: only slots remember it.
        package var isDeclared: Bool
        /// As declared; nil where the chain file cannot be read.
        package var leaf: Fingerprint?
        package var leafDER: [UInt8]?
        package var notAfter: Timestamp?
        /// The worst of its connectors; by its dates where it has none.
        package var colour: StatusColour?
        /// Bound to it, in this zone.
        package var connectors: [ConnectorName]
        /// How many are bound to it in other zones.
        package var elsewhere: Int
        /// No longer bound to anything, and still holding what was installed under this name.
        package var unbound: [ConnectorName]
        package var replaced: [Replaced]
        /// Of the leaf as declared; nil: nobody is asked.
        package var revocation: Revocation?
        /// Of the Certificate.
        package var labels: [String: String] = [:]

        package init(
            name: CertificateName, isDeclared: Bool, leaf: Fingerprint?, leafDER: [UInt8]?, notAfter: Timestamp?,
            colour: StatusColour?, connectors: [ConnectorName], elsewhere: Int, unbound: [ConnectorName],
            replaced: [Replaced]
        ) {
            (self.name, self.isDeclared, self.leaf, self.leafDER) = (name, isDeclared, leaf, leafDER)
            (self.notAfter, self.colour, self.connectors) = (notAfter, colour, connectors)
            (self.elsewhere, self.unbound, self.replaced) = (elsewhere, unbound, replaced)
        }

        /// "Push to Device" is offered only where there is somewhere to push to.
        package var hasConnector: Bool { !connectors.isEmpty || elsewhere > 0 }
        /// Decoded when asked for: a list of ten thousand needs only dates.
        package var facts: CertificateFacts? { leafDER.flatMap(Inventory.facts) }
    }

    static func facts(_ der: [UInt8]) -> CertificateFacts? { try? CertificateFacts(der: der) }

    /// Sorted by name.
    package var items: [Item] = []
    /// What lies on devices and nobody has declared; the earliest end first.
    package var found: [Found] = []

    package init() {}

    package subscript(name: CertificateName) -> Item? { items.first { $0.name == name } }
}

extension Inventory {
    /// - Parameters:
    ///   - plan: of `desired`: its connectors are those of the planned zone.
    ///   - chains: chain files by repository path; `certificates`: DER of what is in them.
    ///   - replaced: of each slot's last completed work order, where that changed the leaf.
    ///   - old: DER of replaced leaves, as far as anybody has them.
    package init(
        plan: Plan, desired: DeclarationSet, chains: [String: SentChain], certificates: [Fingerprint: [UInt8]],
        history: History, replaced: [Replaced], old: [Fingerprint: [UInt8]], now: Timestamp
    ) {
        var shelf = CertificateShelf(sent: certificates.merging(old) { known, _ in known }, slots: history.slots)
        let bound = Dictionary(grouping: plan.connectors.filter { $0.certificate != nil }) { $0.certificate }
        let here = Set(plan.connectors.map(\.connector))
        var elsewhere: [CertificateName: Int] = [:]
        for slot in DesiredSlots(of: desired).slots where !here.contains(slot.connector) {
            elsewhere[slot.certificate, default: 0] += 1
        }
        let declared = Dictionary(
            desired.certificates.values.compactMap { certificate in
                chains[certificate.spec.chain].map { ($0.leaf, certificate.name) }
            }, uniquingKeysWith: { min($0, $1) })
        var unbound: [CertificateName: [ConnectorName]] = [:]
        for view in plan.connectors where view.certificate == nil {
            guard let leaf = view.holding?.leaf else { continue }
            let last = history.slots[view.slot]?.lastCompleted
            guard let name = last?.leaf == leaf ? last?.certificate : declared[leaf] else { continue }
            unbound[name, default: []].append(view.connector)
        }
        var kept: [CertificateName: [Replaced]] = [:]
        let views = Dictionary(plan.connectors.map { ($0.connector, $0) }) { first, _ in first }
        for var one in replaced {
            guard let view = views[one.connector],
                // Put back by hand it is drift, not history.
                view.holding?.leaf != one.leaf
            else { continue }
            one.sync = SyncState(
                former: one.leaf, head: history.slots[view.slot], unreachable: history.unreachable[view.device])
            one.notAfter = shelf.notAfter(one.leaf)
            one.revocation = history.revocation(of: one.leaf, under: [], at: now)
            one.colour = Self.colour(one.notAfter, one.revocation, at: now)
            // A leaf that is still declared is that certificate's; else it was the former one under the same name.
            guard let owner = declared[one.leaf] ?? history.slots[view.slot]?.lastCompleted?.certificate else {
                continue
            }
            kept[owner, default: []].append(one)
        }
        let names = Set(desired.certificates.keys).union(unbound.keys).union(kept.keys)
        items = names.sorted().map { name in
            let chain = desired.certificates[name].flatMap { chains[$0.spec.chain] }
            let views = bound[name] ?? []
            let notAfter = chain.flatMap { shelf.notAfter($0.leaf) }
            let revocation = chain.flatMap { history.revocation(of: $0.leaf, under: $0.chain, at: now) }
            var item = Item(
                name: name, isDeclared: desired.certificates[name] != nil, leaf: chain?.leaf,
                leafDER: chain.flatMap { shelf.der($0.leaf) }, notAfter: notAfter,
                colour: views.map(\.colour).min()
                    ?? Self.colour(notAfter, revocation, at: now),
                connectors: views.map(\.connector).sorted(), elsewhere: elsewhere[name] ?? 0,
                unbound: (unbound[name] ?? []).sorted(),
                replaced: (kept[name] ?? []).sorted { $0.connector < $1.connector }
            )
            item.revocation = revocation
            item.labels = desired.certificates[name]?.labels ?? [:]
            return item
        }
    }

    /// Of what lies nowhere: nil where neither its dates nor anybody's word are known.
    private static func colour(
        _ notAfter: Timestamp?, _ revocation: Revocation?, at now: Timestamp
    ) -> StatusColour? {
        let isRevoked = revocation?.isRevoked ?? false
        guard isRevoked || notAfter != nil else { return nil }
        return StatusColour(StatusColour.Facts(notAfter: notAfter, isRevoked: isRevoked), at: now)
    }
}
