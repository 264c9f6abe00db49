// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Planning
internal import Vocabulary

extension SyncState {
    var name: String {
        switch self {
        case .inSync, .inSyncUnapproved: "InSync"
        case .outOfSync: "OutOfSync"
        case .unknown: "Unknown"
        case .unbound: "Unbound"
        }
    }

    var reason: String? {
        switch self {
        case .inSync, .unbound: nil
        case .inSyncUnapproved: "Unapproved"
        case .outOfSync(let reason): reason.description
        case .unknown(let since): since.map { "unobserved since \($0)" } ?? "never observed"
        }
    }

    /// Kubernetes' three: True, False, Unknown.
    fileprivate var condition: String {
        switch self {
        case .inSync, .inSyncUnapproved: "True"
        case .outOfSync, .unbound: "False"
        case .unknown: "Unknown"
        }
    }
}

/// `connectors/<2>/<sha256(name)>.json`: what is shown of a connector, and what a derivation needs of its slot.
enum ConnectorForm {
    static let format = "countersign.connector"

    static func document(_ view: ConnectorView, _ head: SlotHead, epoch: Epoch?) -> JSONValue {
        var object = head.members(of: view.slot)
        object["certificate"] = view.certificate.map { .string($0.text) }
        object["colour"] = .string(view.colour.rawValue)
        object["conditions"] = [condition("InSync", view.sync.condition, view.sync.reason ?? view.sync.name)]
        object["connector"] = .string(view.connector.text)
        object["epoch"] = epoch.map { .string($0.text) }
        object["format"] = "countersign.connector/v1"
        object["notAfter"] = view.notAfter.map { .text($0) }
        object["request"] = view.request.map(JSONValue.hex)
        object["state"] = view.state.map(JSONValue.string)
        object["sync"] = .string(view.sync.name)
        object["syncReason"] = view.sync.reason.map(JSONValue.string)
        object["workOrder"] = view.workOrder.map(JSONValue.hex)
        return .object(object)
    }

    /// A slot that no declared connector names any more, but that was pushed to: its sequence goes on if it comes back.
    static func document(_ slot: SlotKey, _ head: SlotHead, epoch: Epoch?) -> JSONValue {
        var object = head.members(of: slot)
        object["epoch"] = epoch.map { .string($0.text) }
        object["format"] = "countersign.connector/v1"
        return .object(object)
    }

    static func head(_ document: Document) throws(StatusError) -> (SlotKey, SlotHead, epoch: String?) {
        try document.requireFormat(format)
        let slot = SlotKey(device: try document.name("device"), path: try document.text("slot"))
        return (slot, try SlotHead(document, slot: slot), document.value["epoch"]?.string)
    }

    fileprivate static func condition(_ type: JSONValue, _ status: String, _ reason: String) -> JSONValue {
        ["reason": .string(reason), "status": .string(status), "type": type]
    }
}

/// `certificates/<2>/<sha256(name)>.json`
enum CertificateForm {
    static func document(_ name: CertificateName, _ installations: [ConnectorView]) -> JSONValue {
        let inSync = installations.count { ["InSync"].contains($0.sync.name) }
        let unknown = installations.contains { $0.sync.name == "Unknown" }
        let status = inSync == installations.count ? "True" : unknown ? "Unknown" : "False"
        return [
            "certificate": .string(name.text),
            "colour": (installations.map(\.colour).min()).map { .string($0.rawValue) },
            "conditions": [ConnectorForm.condition("InSync", status, "\(inSync) of \(installations.count) connectors")],
            "format": "countersign.certificate/v1",
            "installations": .array(
                installations.sorted { $0.connector < $1.connector }.map { view in
                    [
                        "colour": .string(view.colour.rawValue), "connector": .string(view.connector.text),
                        "leaf": view.holding?.leaf.map(JSONValue.hex), "notAfter": view.notAfter.map { .text($0) },
                        "sync": .string(view.sync.name), "syncReason": view.sync.reason.map(JSONValue.string),
                    ]
                }),
        ]
    }
}

/// `devices/<2>/<sha256(name)>.json`: only of devices that cannot be reached, or whose state decides about a refused candidate.
enum DeviceForm {
    static let format = "countersign.device"

    static func document(
        _ name: DeviceName, token: DeviceStateToken?, unreachable: History.Unreachable?
    ) -> JSONValue {
        [
            "device": .string(name.text), "format": "countersign.device/v1", "token": token.map { .string($0.text) },
            "unreachable": unreachable.map { ["message": .string($0.message), "since": .text($0.since)] },
        ]
    }

    static func put(_ document: Document, into history: inout History) throws(StatusError) {
        try document.requireFormat(format)
        let name: DeviceName = try document.name("device")
        history.tokens[name] = try document.optional("token") { (key) throws(StatusError) in
            DeviceStateToken(try document.text(key))
        }
        history.unreachable[name] = try document.optional("unreachable") { (key) throws(StatusError) in
            let inner: Document = try document.object(key)
            return History.Unreachable(since: try inner.time("since"), message: try inner.text("message"))
        }
    }
}
