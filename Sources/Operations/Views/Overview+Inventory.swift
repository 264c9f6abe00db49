// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Commits
internal import Declarations
internal import Git
internal import PKI
package import Planning
internal import StatusBranch
package import Vocabulary

/// How the last work order of a connector ended, and who had it done.
package struct Ending: Sendable, Hashable {
    package var workOrder: WorkOrderDigest
    package var request: RequestDigest?
    /// The CamelCase name.
    package var state: String
    package var at: Timestamp
    package var message: String?
    /// Who signed the last level; empty where nobody in the set in force has that key any more.
    package var by: [PersonName]

    package init(
        workOrder: WorkOrderDigest, request: RequestDigest?, state: String, at: Timestamp, message: String?,
        by: [PersonName]
    ) {
        (self.workOrder, self.request, self.state) = (workOrder, request, state)
        (self.at, self.message, self.by) = (at, message, by)
    }
}

extension Overview {
    /// - Parameter only: these certificates' connectors are looked up in the archive; nil: all.
    package func inventory(only names: Set<CertificateName>? = nil) throws(UserError) -> Inventory {
        var memory = ArchiveMemory()
        return try inventory(only: names, &memory)
    }

    func inventory(
        only names: Set<CertificateName>? = nil, _ memory: inout ArchiveMemory
    ) throws(UserError) -> Inventory {
        let archived = try lastCompleted(
            of: report.plan.connectors.filter { view in
                names.map { names in
                    let last = derivation.history.slots[view.slot]?.lastCompleted?.certificate
                    return [view.certificate, last].contains { $0.map(names.contains) ?? false }
                } ?? true
            }, &memory)
        var replaced: [Inventory.Replaced] = []
        for (connector, order) in archived {
            guard let old = order.replaces.leaf, let new = order.installs, old != new, order.state == "Completed" else {
                continue
            }
            replaced.append(
                Inventory.Replaced(
                    connector: connector, leaf: old, supersededBy: new, workOrder: order.digest, at: order.at))
        }
        replaced.sort { $0.connector < $1.connector }
        return Inventory(
            plan: report.plan, desired: derivation.desired.set, chains: derivation.desired.chains,
            certificates: derivation.desired.certificates, history: derivation.history, replaced: replaced,
            old: try formerLeaves(replaced, archived, &memory), now: report.now)
    }

    private func lastCompleted(
        of views: [ConnectorView], _ memory: inout ArchiveMemory
    ) throws(UserError) -> [ConnectorName: ArchiveEntry] {
        var wanted: [(digest: WorkOrderDigest, at: Timestamp)] = []
        for view in views {
            if let last = derivation.history.slots[view.slot]?.lastCompleted { wanted.append((last.digest, last.at)) }
        }
        try recall(wanted, &memory)
        var orders: [ConnectorName: ArchiveEntry] = [:]
        for view in views {
            guard let last = derivation.history.slots[view.slot]?.lastCompleted else { continue }
            orders[view.connector] = memory.orders[last.digest]
        }
        return orders
    }

    /// Reads of the archive what is not in memory yet.
    func recall(
        _ wanted: [(digest: WorkOrderDigest, at: Timestamp)], _ memory: inout ArchiveMemory
    ) throws(UserError) {
        let missing = wanted.filter { memory.orders[$0.digest] == nil }
        guard !missing.isEmpty, let archive = try archive() else { return }
        let found = try archived { () throws(StatusError) in
            try archive.workOrders(missing, withContent: false)
        }
        memory.orders.merge(found) { $1 }
    }

    /// DER of leaves that were replaced, from the chain files as they were before: what a device held is overwritten.
    ///
    /// Looks back along first parents, a few hundred commits in all: dates of old leaves are worth no long walk.
    private func formerLeaves(
        _ replaced: [Inventory.Replaced], _ archived: [ConnectorName: ArchiveEntry], _ memory: inout ArchiveMemory
    ) throws(UserError) -> [Fingerprint: [UInt8]] {
        var found = memory.leaves
        var budget = 1_000
        for one in replaced where found[one.leaf] == nil && derivation.desired.certificates[one.leaf] == nil {
            guard memory.sought.insert(one.leaf).inserted, let order = archived[one.connector],
                let certificate = order.certificate,
                let path = derivation.desired.set.certificates[certificate]?.spec.chain
            else { continue }
            var next = order.tip
            var last: ObjectID?
            while let commit = next, budget > 0, found[one.leaf] == nil {
                budget -= 1
                // Of a shallow or rewritten history there is less to see; that is no reason to show nothing.
                guard let raw = try? site.git.commit(commit) else { break }
                next = raw.parents.first
                guard let entry = try? site.git.entry(path, of: raw.tree), entry.id != last, entry.mode == .file,
                    case .bytes(let pem)? = (try? site.git.blobs([entry.id], limit: 1 << 20))?.first
                else { continue }
                last = entry.id
                for block in PEM.read(pem).blocks where block.label == "CERTIFICATE" {
                    found[Fingerprint(hashing: block.der)] = block.der
                }
            }
        }
        memory.leaves = found
        return found
    }

    /// How the last work order of each of these connectors ended, where none is open.
    package func endings(of connectors: Set<ConnectorName>) throws(UserError) -> [ConnectorName: Ending] {
        var memory = ArchiveMemory()
        return try endings(of: report.plan.connectors.filter { connectors.contains($0.connector) }, &memory)
    }

    func endings(
        of views: [ConnectorView], _ memory: inout ArchiveMemory
    ) throws(UserError) -> [ConnectorName: Ending] {
        var wanted: [(digest: WorkOrderDigest, at: Timestamp)] = []
        for view in views {
            if let last = derivation.history.slots[view.slot]?.lastEnded, last.digest == view.workOrder {
                wanted.append((last.digest, last.at))
            }
        }
        try recall(wanted, &memory)
        let tree = try statusTree()
        var endings: [ConnectorName: Ending] = [:]
        for (view, last) in views.compactMap({ view in view.workOrder.map { (view, $0) } }) {
            guard let order = memory.orders[last], derivation.history.slots[view.slot]?.lastEnded?.digest == last else {
                continue
            }
            endings[view.connector] = Ending(
                workOrder: order.digest, request: order.request, state: order.state, at: order.at,
                message: order.message, by: tree.map { implementers(of: order, $0, &memory) } ?? [])
        }
        return endings
    }

    /// Who signed the last level of what was pushed, by the keys of the set in force.
    private func implementers(
        of order: ArchiveEntry, _ tree: ObjectID, _ memory: inout ArchiveMemory
    ) -> [PersonName] {
        let given = signatures(of: order, tree, &memory)
        return Set(given.filter { $0.level == order.levels.last }.compactMap(\.person)).sorted()
    }

    func archived<Result>(_ body: () throws(StatusError) -> Result) throws(UserError) -> Result {
        do throws(StatusError) { return try body() } catch { throw UserError(error, zone: view.zone) }
    }
}
