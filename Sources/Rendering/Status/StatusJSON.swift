// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
package import Operations
internal import Planning
package import Vocabulary

/// `status --format json`. Names and shapes are a contract.
package enum StatusJSON {
    /// - Parameter connectors: only these, their certificates and work orders; nil: all.
    package static func value(_ report: PlanReport, only connectors: Set<ConnectorName>? = nil) -> JSONValue {
        var document = ReportJSON.header(report)
        let isChosen: (ConnectorName) -> Bool = { connectors?.contains($0) ?? true }
        let views = report.plan.connectors.filter { isChosen($0.connector) }
        let orders = OrderIndex(report.plan)
        let drift = Dictionary(report.plan.drift.map { ($0.connector, $0.since) }) { first, _ in first }
        // When the status was written says nothing about when a slot was looked at.
        let isFromStatus = if case .statusBranch = report.observation { true } else { false }
        document["connectors"] = .array(
            views.map {
                connector($0, orders[$0], driftedSince: drift[$0.connector] ?? nil, isFromStatus: isFromStatus)
            })
        document["certificates"] = .array(
            CertificateGroup.groups(views).compactMap { name, views in name.map { certificate($0, views) } })
        document["workOrders"] = .array(
            report.plan.workOrders.filter { isChosen($0.connector) }.map(WorkOrderJSON.value))
        document["policyChanges"] = .array(report.policyChange.map { [PolicyChangeJSON.value($0)] } ?? [])
        return .object(document)
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

    /// With the colour of its worst installation.
    private static func certificate(_ name: CertificateName, _ views: [ConnectorView]) -> JSONValue {
        let worst = views.min { $0.colour < $1.colour }
        return [
            "colour": .orNull((worst?.colour.rawValue).map { .string($0) }),
            "installations": .array(
                views.map { view in
                    [
                        "connector": .string(view.connector.text), "leaf": .orNull(view.holding.map(HoldingJSON.leaf)),
                        "sync": .string(SyncWords.name(view.sync)),
                        "syncReason": .orNull(SyncWords.reason(view.sync).map { .string($0) }),
                    ]
                }),
            "name": .string(name.text),
            "notAfter": .orNull(views.compactMap(\.notAfter).min().map { .text($0) }),
        ]
    }
}
