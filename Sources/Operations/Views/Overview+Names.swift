// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Commits
internal import Approvals
internal import Declarations
internal import Git
package import Planning
internal import StatusBranch
package import Vocabulary

extension Overview {
    /// A declared certificate, or one that some slot remembers.
    ///
    /// - Throws: `UnknownName`, with what may have been meant.
    package func certificate(_ text: String) throws(UserError) -> CertificateName {
        let remembered = derivation.history.slots.values.compactMap { $0.lastCompleted?.certificate }
        let known = Set(derivation.desired.set.certificates.keys).union(remembered)
        if let name = CertificateName(text), known.contains(name) { return name }
        let meant = nearest(to: text, among: known.map(\.text))
        throw UserError(
            "UnknownName", "no certificate is named \"\(Shown.text(text))\"",
            hint: meant.map { "did you mean \($0)?" } ?? "countersign certificates lists them")
    }

    /// Whatever is bound to these connectors, or was last pushed to them.
    package func certificates(of connectors: Set<ConnectorName>) -> Set<CertificateName> {
        var names: Set<CertificateName> = []
        for view in report.plan.connectors where connectors.contains(view.connector) {
            if let bound = view.certificate { names.insert(bound) }
            if let last = derivation.history.slots[view.slot]?.lastCompleted?.certificate { names.insert(last) }
        }
        return names
    }

    /// How the last work orders of this certificate's connectors ended (nil: of all connectors).
    package func endings(
        under name: CertificateName?, _ inventory: Inventory
    ) throws(UserError) -> [ConnectorName: Ending] {
        guard let name else { return try endings(of: Set(report.plan.connectors.map(\.connector))) }
        let item = inventory[name]
        return try endings(of: Set((item?.connectors ?? []) + (item?.unbound ?? [])))
    }

    /// Work orders that are over, by the beginning of their ID or their request's, or by digest; newest first. Nothing for an
    /// ID that is open: the archive is only asked for what is not.
    package func finished(named id: String) throws(UserError) -> [RememberedWorkOrder] {
        let prefix = id.uppercased()
        let isDigest = WorkOrderDigest(text: id) != nil
        guard isDigest || prefix.count > 3 && (prefix.hasPrefix("WO-") || prefix.hasPrefix("REQ-")) else { return [] }
        let isOpen = report.plan.workOrders.contains { order in
            order.digest?.description == id || order.digest?.id.hasPrefix(prefix) ?? false
                || order.request?.id.hasPrefix(prefix) ?? false
        }
        guard !isOpen, let archive = try archive() else { return [] }
        let found = try archived { () throws(StatusError) in
            prefix.hasPrefix("REQ-")
                ? try archive.workOrders(endedAfter: nil).filter { $0.request?.id.hasPrefix(prefix) ?? false }
                    .reversed()
                : try archive.workOrders(named: id)
        }
        let tree = try statusTree()
        var memory = ArchiveMemory()
        return found.map { remembered($0, tree, &memory) }
    }

    func remembered(_ order: ArchiveEntry, _ tree: ObjectID?, _ memory: inout ArchiveMemory) -> RememberedWorkOrder {
        var remembered = RememberedWorkOrder(
            digest: order.digest, connector: order.connector, device: order.slot.device, leaf: order.installs,
            state: order.state, message: order.message, at: order.at)
        (remembered.certificate, remembered.request) = (order.certificate, order.request)
        remembered.replaces = order.replaces
        remembered.signatures = tree.map { signatures(of: order, $0, &memory) } ?? []
        return remembered
    }

    /// The approvals that a work order was pushed on, from their evidence, in the order of levels.
    func signatures(
        of order: ArchiveEntry, _ tree: ObjectID, _ memory: inout ArchiveMemory
    ) -> [RememberedWorkOrder.Signature] {
        var found: [RememberedWorkOrder.Signature] = []
        for key in order.records {
            if memory.signatures[key] == nil { memory.signatures[key] = signature(key, tree) }
            if let signature = memory.signatures[key] { found.append(signature) }
        }
        func rank(_ signature: RememberedWorkOrder.Signature) -> Int {
            order.levels.firstIndex(of: signature.level) ?? order.levels.count
        }
        return found.sorted { (rank($0), $0.firstSeen, $0.commit) < (rank($1), $1.firstSeen, $1.commit) }
    }

    private func signature(_ key: RecordKey, _ tree: ObjectID) -> RememberedWorkOrder.Signature? {
        let ring = KeyRing(of: view.trust.set)
        guard let evidence = try? StatusReader(site.git).evidence(of: key, tree: tree),
            case .success(let signed) = RecordReader.read(
                commit: evidence.commit.id, raw: evidence.commit.raw, openpgp: ring.openpgp),
            signed.record.decision == .approve
        else { return nil }
        var person: PersonName?
        if case .person(let name)? = ring[signed.signingKey]?.holder { person = name }
        return RememberedWorkOrder.Signature(
            level: signed.record.level, person: person, key: SigningKey.shown(signed.signingKey),
            commit: signed.commit, firstSeen: evidence.firstSeen, comment: signed.record.comment)
    }
}
