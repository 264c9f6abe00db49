// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
package import Operations
internal import Planning
package import Vocabulary

/// Finds what a person names in a report: an ID or a unique beginning of one, a digest, a connector or a certificate.
package struct Lookup: Sendable {
    private let report: PlanReport
    /// What the archive has under the ID that is looked for; newest first.
    private let archived: [RememberedWorkOrder]

    package init(_ report: PlanReport, archived: [RememberedWorkOrder] = []) {
        (self.report, self.archived) = (report, archived)
    }

    /// - Throws: `UnknownID`, `AmbiguousID`.
    package func explained(_ id: String) throws(UserError) -> Explained {
        let prefix = id.uppercased()
        if let change = report.policyChange,
            prefix.hasPrefix("POL-") && change.digest.id.hasPrefix(prefix) || change.digest.description == id
        {
            return .policyChange(change)
        }
        if prefix.hasPrefix("REQ-") {
            let found = report.plan.requests.filter { $0.digest.id.hasPrefix(prefix) }
            guard found.count <= 1 else { throw ambiguous(id, found.map(\.digest.id)) }
            guard let request = found.first else { return try finishedRequest(id, prefix) }
            return .request(request, report.plan.workOrders.filter { $0.request == request.digest })
        }
        let orders = report.plan.workOrders.filter { order in
            guard let digest = order.digest else { return false }
            return digest.description == id || prefix.count > 3 && digest.id.hasPrefix(prefix)
        }
        guard orders.count <= 1 else { throw ambiguous(id, orders.compactMap { $0.digest?.id }) }
        if let order = orders.first { return .workOrder(order) }
        let old = archived.filter { $0.digest.description == id || $0.digest.id.hasPrefix(prefix) && prefix.count > 3 }
        guard Set(old.map(\.digest)).count <= 1 else { throw ambiguous(id, Set(old.map(\.digest.id)).sorted()) }
        if let finished = old.first(where: { $0.state != "Superseded" }) { return .finished(finished) }
        if let finished = report.finished.first(where: {
            $0.digest.description == id || $0.digest.id.hasPrefix(prefix) && prefix.count > 3
        }) {
            return .finished(finished)
        }
        // A slot that was never observed has no ID yet: it is named by its connector.
        if let order = report.plan.workOrders.first(where: { $0.connector.text == id }) { return .workOrder(order) }
        let whole = WorkOrderDigest(text: id)?.id ?? prefix
        let claiming = report.plan.refused.filter { $0.claims.contains(whole) }
        if !claiming.isEmpty { return .unmatched(id: whole, claiming) }
        if let superseded = old.first { return .finished(superseded) }
        throw unknown(id)
    }

    /// The connectors that an ID, a certificate or a connector stands for.
    package func connectors(_ id: String) throws(UserError) -> Set<ConnectorName> {
        let views = report.plan.connectors
        let named = views.filter { $0.connector.text == id || $0.certificate?.text == id }.map(\.connector)
        if !named.isEmpty { return Set(named) }
        switch try explained(id) {
        case .workOrder(let order): return [order.connector]
        case .request(_, let orders): return Set(orders.map(\.connector))
        case .finished(let finished): return [finished.connector]
        case .finishedRequest(_, let orders): return Set(orders.map(\.connector))
        case .unmatched: throw unknown(id)
        case .policyChange:
            throw UserError("UnknownID", "a policy change has no connectors", hint: "countersign explain \(id)")
        }
    }

    private func finishedRequest(_ id: String, _ prefix: String) throws(UserError) -> Explained {
        let orders = archived.filter { $0.request?.id.hasPrefix(prefix) ?? false }
        let requests = Set(orders.compactMap(\.request))
        guard requests.count <= 1 else { throw ambiguous(id, requests.map(\.id)) }
        guard let request = requests.first else { throw unknown(id) }
        return .finishedRequest(request, orders)
    }

    private func ambiguous(_ id: String, _ found: [String]) -> UserError {
        UserError("AmbiguousID", "\"\(Shown.text(id))\" could be \(found.sorted().prefix(5).joined(separator: ", "))")
    }

    private func unknown(_ id: String) -> UserError {
        let known =
            report.plan.workOrders.compactMap { $0.digest?.id } + report.plan.requests.map(\.digest.id)
            + report.plan.connectors.map(\.connector.text) + report.plan.connectors.compactMap { $0.certificate?.text }
        let meant = nearest(to: id, among: known) ?? nearest(to: id.uppercased(), among: known)
        return UserError(
            "UnknownID", "nothing here is named \"\(Shown.text(id))\"",
            hint: meant.map { "did you mean \($0)?" } ?? "countersign status lists what there is")
    }
}
