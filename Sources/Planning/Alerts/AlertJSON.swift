// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
package import Vocabulary

/// One alert in JSON: in what `alerts` prints and in what is sent.
package enum AlertJSON {
    package static func value(_ alert: Alert) -> JSONObject {
        func orNull(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }
        return [
            "policy": .string(alert.id.policy.text), "kind": .string(alert.id.kind.rawValue),
            "subject": .string(alert.id.subject), "severity": .string(alert.severity.rawValue),
            "headline": .string(alert.headline), "since": .string(alert.since.description), "next": orNull(alert.next),
            "certificate": orNull(alert.certificate?.text),
            "connectors": .array(alert.connectors.map { .string($0.text) }),
            "connectorCount": .integer(Int64(alert.connectorCount)), "device": orNull(alert.device?.text),
            "person": orNull(alert.person?.text), "workOrder": orNull(alert.workOrder),
            "request": orNull(alert.request), "level": orNull(alert.level),
            "approvers": .array(alert.approvers.map { .string($0) }),
            "people": .array(alert.people.map { .string($0.text) }),
        ]
    }

    package static func value(_ notice: AlertNotice) -> JSONValue {
        var object = value(notice.alert)
        object["event"] = .string(notice.event.rawValue)
        object["at"] = .string(notice.at.description)
        return .object(object)
    }
}
