// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
package import Operations
package import Planning
package import Vocabulary

/// `certificates[]` of status, certificates and topology.
enum CertificateJSON {
    static func values(_ inventory: Inventory, _ report: PlanReport, only name: CertificateName? = nil) -> [JSONValue] {
        let views = Dictionary(report.plan.connectors.map { ($0.connector, $0) }) { first, _ in first }
        return inventory.items.filter { name == nil || $0.name == name }.map { .object(value($0, views)) }
    }

    static func value(_ item: Inventory.Item, _ views: [ConnectorName: ConnectorView]) -> JSONObject {
        let installed = (item.connectors + item.unbound).compactMap { views[$0] }.map(installation)
        let facts = item.facts
        return [
            "colour": .orNull(item.colour.map { .string($0.rawValue) }),
            "connectorsElsewhere": .number(item.elsewhere),
            "declared": .bool(item.isDeclared),
            "hint": .orNull(item.hasConnector || !item.isDeclared ? nil : .string(NoConnector.hint(item.name))),
            "installations": .array(installed + item.replaced.map(installation)),
            "issuer": .orNull(facts.map { .string($0.issuer) }),
            "key": .orNull(facts.map { .string(CertificateWords.keyType($0.keyType)) }),
            "labels": .object(item.labels.reduce(into: JSONObject()) { $0[$1.key] = .string($1.value) }),
            "leaf": .orNull(item.leaf.map { .string($0.hex) }),
            "name": .string(item.name.text),
            "names": .array((facts?.dnsNames ?? []).map { .string($0) }),
            "notAfter": .orNull(item.notAfter.map { .text($0) }),
            "notBefore": .orNull(facts.map { .text($0.notBefore) }),
            "revocation": RevocationJSON.value(item.revocation), "serial": .orNull(facts.map { .string($0.serial) }),
            "spki": .orNull(facts.map { .string($0.spki.hex) }),
            "state": .orNull(item.hasConnector ? nil : "NoConnector"),
            "subject": .orNull(facts.map { .string($0.subject) }),
        ]
    }

    private static func installation(_ view: ConnectorView) -> JSONValue {
        [
            "colour": .string(view.colour.rawValue), "connector": .string(view.connector.text),
            "leaf": .orNull(view.holding.map(HoldingJSON.leaf)),
            "notAfter": .orNull(view.notAfter.map { .text($0) }),
            "revocation": RevocationJSON.value(view.revocation), "sync": .string(SyncWords.name(view.sync)),
            "syncReason": .orNull(SyncWords.reason(view.sync).map { .string($0) }),
        ]
    }

    /// A leaf that a newer one took the place of: its slot is not in sync with it any more.
    private static func installation(_ old: Inventory.Replaced) -> JSONValue {
        [
            "colour": .orNull(old.colour.map { .string($0.rawValue) }), "connector": .string(old.connector.text),
            "leaf": .string(old.leaf.hex), "notAfter": .orNull(old.notAfter.map { .text($0) }),
            "revocation": RevocationJSON.value(old.revocation),
            "sync": .string(SyncWords.name(old.sync)),
            "syncReason": .orNull(SyncWords.reason(old.sync).map { .string($0) }), "supersededAt": .text(old.at),
            "supersededBy": .string(old.supersededBy.hex),
            "workOrder": .string(old.workOrder.id),
        ]
    }
}

/// `certificates --format json`.
package enum CertificatesJSON {
    package static func value(_ report: PlanReport, _ inventory: Inventory) -> JSONValue {
        var document = ReportJSON.header(report)
        document["certificates"] = .array(CertificateJSON.values(inventory, report))
        document["found"] = .array(inventory.found.map(found))
        return .object(document)
    }

    private static func found(_ found: Inventory.Found) -> JSONValue {
        let facts = found.facts
        return [
            "colour": .orNull(found.colour.map { .string($0.rawValue) }),
            "issuer": .orNull(facts.map { .string($0.issuer) }),
            "key": .orNull(facts.map { .string(CertificateWords.keyType($0.keyType)) }),
            "leaf": .string(found.leaf.hex), "names": .array((facts?.dnsNames ?? []).map { .string($0) }),
            "notAfter": .orNull(found.notAfter.map { .text($0) }),
            "places": .array(
                found.places.map { place in
                    [
                        "connector": .orNull(place.connector.map { .string($0.text) }),
                        "device": .string(place.device.text),
                        "managedBy": .orNull(place.managedBy.map { .string($0) }), "path": .string(place.path),
                    ]
                }),
        ]
    }
}

/// `topology --format json`: the certificates, each with its connectors as `status` has them.
package enum TopologyJSON {
    package static func value(_ subject: TopologyText.Subject, only name: CertificateName? = nil) -> JSONValue {
        let report = subject.report
        var document = ReportJSON.header(report)
        let chosen = subject.inventory.items.filter { name == nil || $0.name == name }
        let views = Dictionary(report.plan.connectors.map { ($0.connector, $0) }) { first, _ in first }
        let connectors = StatusJSON.connectors(report)
        var shown: Set<ConnectorName> = []
        document["certificates"] = .array(
            chosen.map { item in
                shown.formUnion(item.connectors + item.unbound)
                var certificate = CertificateJSON.value(item, views)
                certificate["connectors"] = .array(
                    (item.connectors + item.unbound).compactMap { name in
                        connectors[name].map { ended($0, subject.endings[name]) }
                    })
                return .object(certificate)
            })
        if name == nil {
            let rest = report.plan.connectors.map(\.connector).filter { !shown.contains($0) }
            document["unbound"] = .array(rest.compactMap { connectors[$0] })
        }
        return .object(document)
    }

    private static func ended(_ connector: JSONValue, _ ending: Ending?) -> JSONValue {
        guard var object = connector.object, let ending else { return connector }
        object["request"] = .orNull(ending.request.map { .string($0.id) })
        object["endedAt"] = .text(ending.at)
        object["endedBy"] = .array(ending.by.map { .string($0.text) })
        object["message"] = .orNull(ending.message.map { .string($0) })
        return .object(object)
    }
}
