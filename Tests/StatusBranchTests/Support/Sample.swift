// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Approvals
import Declarations
import Planning
import StatusBranch
import Vocabulary

enum Sample {
    static func time(_ minute: Int64) -> Timestamp { Gateway.start + .minutes(minute) }
    static func digest<Subject>(_ text: String) -> Digest<Subject> { Digest(hashing: Array(text.utf8)) }
    static func name<Kind>(_ text: String) throws -> Name<Kind> { try required(Name<Kind>(text)) }
    static func commit(_ text: String) throws -> ObjectID {
        try required(ObjectID(bytes: Digest<FileContent>(hashing: Array(text.utf8)).bytes.prefix(20)))
    }
    static func slot(_ number: Int) throws -> SlotKey {
        SlotKey(device: try name("edge-\(number / 10)"), path: "/etc/tls/shop-\(number).crt")
    }

    /// A slot in sync that was adopted: all its members set.
    static func head(_ number: Int) throws -> SlotHead {
        let leaf: Fingerprint = digest("leaf \(number)")
        var head = SlotHead()
        head.sequence = Int64(number)
        head.observed = SlotObservation(
            slot: try slot(number), holding: .certificate(leaf: leaf), chain: [digest("issuer")],
            key: digest("key \(number)"), leafDER: (0..<1200).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ number) })
        head.observedAt = time(0)
        head.served = [
            EndpointObservation(
                endpoint: Endpoint(
                    address: "10.0.0.5", port: 443, serverName: "shop-\(number).example.com", keyType: .ecdsa),
                address: "10.0.0.5", answer: .served(leaf: leaf, chain: [digest("issuer")])),
            EndpointObservation(
                endpoint: Endpoint(address: "mail.example.com", port: 25, servedProtocol: .smtp, role: .watch),
                address: "fd00::5", answer: .failed(code: "timedOut", detail: "no answer")),
        ]
        var completed = SlotHead.CompletedWorkOrder(
            digest: digest("order \(number)"), leaf: leaf, at: time(1), adopted: true, tip: try commit("tip"))
        (completed.chain, completed.spki) = ([digest("issuer")], digest("key \(number)"))
        (completed.certificate, completed.binding) = (try name("shop"), try name("shop-edge"))
        (completed.connector, completed.bindingPush, completed.connectorPush) = (try name("connector-\(number)"), 2, 3)
        head.lastCompleted = completed
        head.lastVerified = leaf
        head.lastEnded = SlotHead.EndedWorkOrder(
            digest: digest("order \(number)"), leaf: leaf, outcome: .adopted, at: time(1))
        return head
    }

    static func view(
        _ number: Int, connector: String? = nil, sync: SyncState = .inSync, colour: StatusColour = .green,
        certificate: String = "shop"
    ) throws -> ConnectorView {
        ConnectorView(
            connector: try name(connector ?? "connector-\(number)"), device: try slot(number).device,
            slot: try slot(number), certificate: try name(certificate), sync: sync, colour: colour, notAfter: time(90),
            observedAt: time(0), holding: .certificate(leaf: digest("leaf \(number)")), served: [], workOrder: nil,
            request: nil, state: nil)
    }

    static func history(slots: Range<Int>) throws -> History {
        var history = History()
        history.epoch = Epoch(String(repeating: "a", count: 32))
        history.acceptedTip = try commit("tip")
        history.trustSet = History.AcceptedTrustSet(
            digest: digest("set"), commit: try commit("trusted"), by: digest("change"), number: 3, at: time(0))
        for number in slots { history.slots[try slot(number)] = try head(number) }
        return history
    }

    static func intent(_ number: Int, _ workOrder: String) throws -> Intent {
        Intent(
            workOrder: digest(workOrder), connector: try name("connector-\(number)"), slot: try slot(number),
            content: Array(#"{"format":"countersign.work-order/v1","sequence":\#(number)}"#.utf8),
            installs: digest("new leaf"), replaces: .other(digest("other")), records: [digest("record")],
            tip: try commit("tip"))
    }

    static func order(_ number: Int, _ workOrder: String, comment: String? = nil, notes: [String] = []) throws
        -> WorkOrder
    {
        WorkOrder(
            digest: digest(workOrder), content: try intent(number, workOrder).content, request: digest("request"),
            connector: try name("connector-\(number)"), slot: try slot(number), device: try slot(number).device,
            deviceKind: "nginx", zone: try name("default"), binding: try name("shop-edge"),
            certificate: try name("shop"), action: .replace, change: .renewal,
            replaces: .certificate(leaf: digest("leaf \(number)")), installs: nil, installsFacts: nil,
            replacesFacts: nil, policy: WorkOrder.PolicyReference(name: try name("default"), version: 1, reason: ""),
            requesters: Requesters(), judgement: Judgement(levels: []), state: .requested, blocks: [],
            history: WorkOrderFacts(), notes: notes, comment: comment, keyCheck: .matches)
    }

    static func plan(_ views: [ConnectorView], orders: [WorkOrder] = []) -> Plan {
        Plan(
            workOrders: orders, requests: [], drift: [], connectors: views,
            limits: LimitStanding(changed: 0, total: views.count, limits: .standard, exceeded: false), refused: [],
            unchanged: 0)
    }
}

extension Plan {
    static var nothing: Plan { Sample.plan([]) }
}
