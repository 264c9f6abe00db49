// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
internal import Planning
internal import Vocabulary

extension Alert: Packed {
    func pack(into packer: inout Packer) {
        packer.add(id.policy)
        packer.add(id.kind.rawValue)
        packer.add(id.subject)
        packer.add(severity.rawValue)
        packer.add(state)
        packer.add(since)
        packer.add(headline)
        packer.add(next)
        packer.add(certificate)
        packer.add(connectors)
        packer.add(connectorCount)
        packer.add(device)
        packer.add(person)
        packer.add(workOrder)
        packer.add(request)
        packer.add(level)
        packer.add(UInt64(approvers.count))
        for approver in approvers { packer.add(approver) }
        packer.add(people)
    }

    init(from unpacker: inout Unpacker) throws(UnpackError) {
        let policy = try unpacker.value(AlertPolicyName.self)
        let (kindName, subject, severityName) = (try unpacker.text(), try unpacker.text(), try unpacker.text())
        guard let kind = AlertKind(rawValue: kindName), let severity = AlertPolicySpec.Severity(rawValue: severityName)
        else { throw UnpackError(detail: "not an alert") }
        let (state, since) = (try unpacker.text(), try unpacker.value(Timestamp.self))
        let (headline, next) = (try unpacker.text(), try unpacker.textIfAny())
        let certificate = try unpacker.optional(CertificateName.self)
        let (connectors, connectorCount) = (try unpacker.list(ConnectorName.self), try unpacker.int())
        let (device, person) = (try unpacker.optional(DeviceName.self), try unpacker.optional(PersonName.self))
        let (workOrder, request) = (try unpacker.textIfAny(), try unpacker.textIfAny())
        let level = try unpacker.textIfAny()
        var approvers: [String] = []
        for _ in 0..<(try unpacker.count()) { approvers.append(try unpacker.text()) }
        self.init(
            id: ID(policy: policy, kind: kind, subject: subject), severity: severity, state: state, since: since,
            headline: headline, next: next, certificate: certificate, connectors: connectors,
            connectorCount: connectorCount, device: device, person: person, workOrder: workOrder, request: request,
            level: level, approvers: approvers, people: try unpacker.list())
    }
}

extension AlertMemory.Told: Packed {
    func pack(into packer: inout Packer) {
        packer.add(alert)
        packer.add(at)
        packer.add(isOver)
    }
    init(from unpacker: inout Unpacker) throws(UnpackError) {
        self.init(alert: try unpacker.value(), at: try unpacker.value(), isOver: try unpacker.bool())
    }
}

extension AlertNotice: Packed {
    func pack(into packer: inout Packer) {
        packer.add(event.rawValue)
        packer.add(alert)
        packer.add(channel)
        packer.add(recipient)
        packer.add(at)
    }
    init(from unpacker: inout Unpacker) throws(UnpackError) {
        guard let event = Event(rawValue: try unpacker.text()) else { throw UnpackError(detail: "not an event") }
        self.init(
            event: event, alert: try unpacker.value(), channel: try unpacker.value(),
            recipient: try unpacker.optional(), at: try unpacker.value())
    }
}

extension Unpacker {
    fileprivate mutating func textIfAny() throws(UnpackError) -> String? { try bool() ? try text() : nil }
}
