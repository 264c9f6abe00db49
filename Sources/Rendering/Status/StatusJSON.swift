// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
package import Operations
package import Planning
package import Vocabulary

/// `status --format json`. Names and shapes are a contract.
package enum StatusJSON {
    /// - Parameter connectors: only these, their certificates and work orders; nil: all.
    package static func value(
        _ report: PlanReport, _ inventory: Inventory, only connectors: Set<ConnectorName>? = nil
    ) -> JSONValue {
        var document = ReportJSON.header(report)
        let isChosen: (ConnectorName) -> Bool = { connectors?.contains($0) ?? true }
        let all = Self.connectors(report)
        let views = Dictionary(report.plan.connectors.map { ($0.connector, $0) }) { first, _ in first }
        document["connectors"] = .array(
            report.plan.connectors.filter { isChosen($0.connector) }.compactMap { all[$0.connector] })
        document["certificates"] = .array(
            inventory.items.filter { item in
                connectors.map { !$0.isDisjoint(with: item.connectors + item.unbound) } ?? true
            }.map { .object(CertificateJSON.value($0, views)) })
        document["workOrders"] = .array(
            report.plan.workOrders.filter { isChosen($0.connector) }.map(WorkOrderJSON.value))
        document["policyChanges"] = .array(report.policyChange.map { [PolicyChangeJSON.value($0)] } ?? [])
        return .object(document)
    }

    /// Each connector's object, by name.
    static func connectors(_ report: PlanReport) -> [ConnectorName: JSONValue] {
        let orders = OrderIndex(report.plan)
        let drift = Dictionary(report.plan.drift.map { ($0.connector, $0.since) }) { first, _ in first }
        // When the status was written says nothing about when a slot was looked at.
        let isFromStatus = if case .statusBranch = report.observation { true } else { false }
        let pairs = report.plan.connectors.map { view in
            (
                view.connector,
                connector(
                    view, orders[view], driftedSince: drift[view.connector] ?? nil, isFromStatus: isFromStatus)
            )
        }
        return Dictionary(pairs) { first, _ in first }
    }

    private static func connector(
        _ view: ConnectorView, _ order: WorkOrder?, driftedSince: Timestamp?, isFromStatus: Bool
    ) -> JSONValue {
        var since = driftedSince
        if case .unknown(let unobserved) = view.sync { since = unobserved }
        return [
            "certPlusSync": .string(SyncWords.certPlus(view.sync)),
            "certificate": .orNull(view.certificate.map { .string($0.text) }),
            "colour": .string(view.colour.rawValue),
            "comment": .orNull(order?.comment.map { .string($0) }),
            "device": .string(view.device.text),
            "leaf": .orNull(view.holding.map(HoldingJSON.leaf)),
            "name": .string(view.connector.text),
            "notAfter": .orNull(view.notAfter.map { .text($0) }),
            "observedAt": isFromStatus ? .null : .orNull(view.observedAt.map { .text($0) }),
            "revocation": RevocationJSON.value(view.revocation),
            "request": .orNull(view.request.map { .string($0.id) }),
            "served": .array(view.served.map(served)),
            "since": .orNull(since.map { .text($0) }),
            "state": .orNull((order?.state.name ?? view.state).map { .string($0) }),
            "sync": .string(SyncWords.name(view.sync)),
            "syncReason": .orNull(SyncWords.reason(view.sync).map { .string($0) }),
            "workOrder": .orNull(view.workOrder.map { .string($0.id) }),
        ]
    }

    private static func served(_ answer: EndpointObservation) -> JSONValue {
        var failure: JSONValue = .null
        if case .failed(let code, let detail) = answer.answer {
            failure = ["code": .string(code), "message": .string(detail)]
        }
        return [
            "address": .string(answer.address), "leaf": .orNull(answer.leaf.map { .string($0.hex) }),
            "port": .number(answer.endpoint.port), "reason": failure,
            "serverName": .orNull(answer.endpoint.serverName.map { .string($0) }),
        ]
    }
}
