// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Operations
internal import Planning
package import Vocabulary

/// `certificates --key SPKI`: where a key lies, where it is served, and where it would go.
package enum KeyWhereaboutsText {
    package static func render(_ report: PlanReport, _ found: KeyWhereabouts, _ style: Style) -> String {
        var page = Page(style)
        page.add(ReportHeader.line(report))
        page.space()
        page.add("key \(found.key.hex, .strong)")
        if found.isCompromised {
            page.add("\("compromised", .bad): listed in compromisedKeys, it is never installed again", indent: 2)
        }
        guard !found.isNowhere else {
            page.add("No slot that was observed holds it, and no Certificate declares it.", indent: 2)
            return page.rendered
        }
        for slot in found.holds {
            let place: Text = slot.connector.map { "\($0)" } ?? "\(slot.slot.path) (no connector declares it)"
            let served: Text = slot.serves.isEmpty ? "" : ", served at \(slot.serves.joined(separator: ", "))"
            page.add("\("holds", .caution)     \(place) on \(slot.slot.device)\(served)", indent: 2)
        }
        for declared in found.installs {
            let places = declared.connectors.map(\.text).joined(separator: ", ")
            page.add(
                "\("installs", .caution)  certificate \(declared.certificate)\(places.isEmpty ? ", bound nowhere" : " to \(places)" as Text)",
                indent: 2)
        }
        for order in found.workOrders {
            page.add(
                "open      \(order.digest?.id ?? "no ID yet") \(order.connector): \(StateWords.words(order, now: report.now))",
                indent: 2)
        }
        return page.rendered
    }
}

package enum KeyWhereaboutsJSON {
    package static func value(_ report: PlanReport, _ found: KeyWhereabouts) -> JSONValue {
        var document = ReportJSON.header(report)
        document["compromised"] = .bool(found.isCompromised)
        document["holds"] = .array(
            found.holds.map { slot in
                [
                    "connector": .orNull(slot.connector.map { .string($0.text) }),
                    "device": .string(slot.slot.device.text), "leaf": .orNull(slot.leaf.map { .string($0.hex) }),
                    "serves": .array(slot.serves.map { .string($0) }), "slot": .string(slot.slot.path),
                ]
            })
        document["installs"] = .array(
            found.installs.map { declared in
                [
                    "certificate": .string(declared.certificate.text),
                    "connectors": .array(declared.connectors.map { .string($0.text) }),
                ]
            })
        document["key"] = .string(found.key.hex)
        document["workOrders"] = .array(found.workOrders.map(WorkOrderJSON.value))
        return .object(document)
    }
}
