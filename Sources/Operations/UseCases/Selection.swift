// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Planning
internal import Vocabulary

/// Finds what people name: `WO-…`, `REQ-…` (a unique prefix is enough) or `sha256:` and 64 digits.
package struct Selection: Sendable {
    package var plan: Plan
    package var history: History
    /// With `--yes` nobody looks at what an ID leads to: only full digests are taken.
    package var unattended: Bool

    package init(plan: Plan, history: History, unattended: Bool = false) {
        (self.plan, self.history, self.unattended) = (plan, history, unattended)
    }

    /// The open work orders that `ids` name, each once, in the plan's order.
    ///
    /// - Throws: `UnknownID`, `AmbiguousID`, `FullDigestNeeded`, `TooMany` above 1,000.
    package func orders(_ ids: [String]) throws(UserError) -> [WorkOrder] {
        var wanted: Set<WorkOrderDigest> = []
        for id in ids {
            if unattended, !id.hasPrefix("sha256:") {
                throw UserError(
                    "FullDigestNeeded", "with --yes only full digests are signed, not \"\(Shown.text(id))\"",
                    hint: "countersign plan --verbose shows them")
            }
            wanted.formUnion(try find(id))
        }
        guard wanted.count <= 1000 else {
            throw UserError("TooMany", "one record holds 1,000 work orders at most, these are \(wanted.count)")
        }
        return plan.workOrders.filter { $0.digest.map(wanted.contains) ?? false }
    }

    private func find(_ id: String) throws(UserError) -> [WorkOrderDigest] {
        let open = plan.workOrders.compactMap(\.digest)
        if id.hasPrefix("sha256:") {
            guard let digest = WorkOrderDigest(text: id), open.contains(digest) else { throw unknown(id) }
            return [digest]
        }
        let prefix = id.uppercased()
        if prefix.hasPrefix("REQ-") {
            let found = plan.requests.filter { $0.digest.id.hasPrefix(prefix) }
            guard found.count <= 1 else { throw ambiguous(id, found.map(\.digest.id)) }
            guard let request = found.first else { throw unknown(id) }
            return request.workOrders
        }
        let found = open.filter { $0.id.hasPrefix(prefix) }
        guard prefix.hasPrefix("WO-"), prefix.count > 3, let digest = found.first else { throw unknown(id) }
        guard found.count == 1 else { throw ambiguous(id, found.map(\.id)) }
        return [digest]
    }

    private func ambiguous(_ id: String, _ found: [String]) -> UserError {
        UserError("AmbiguousID", "\"\(Shown.text(id))\" could be \(found.sorted().prefix(5).joined(separator: ", "))")
    }

    private func unknown(_ id: String) -> UserError {
        if let ended = history.workOrders.first(where: { $0.key.id == id.uppercased() || $0.key.description == id }) {
            return UserError(
                "UnknownID", "\(ended.key.id) is not open any more", hint: "countersign explain \(ended.key.id)")
        }
        let known = plan.workOrders.compactMap { $0.digest?.id } + plan.requests.map(\.digest.id)
        let meant = nearest(to: id.uppercased(), among: known)
        return UserError(
            "UnknownID", "no open work order or request is \"\(Shown.text(id))\"",
            hint: meant.map { "did you mean \($0)?" } ?? "countersign plan shows what is open")
    }
}
