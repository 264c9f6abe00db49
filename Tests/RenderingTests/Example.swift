// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Approvals
import Declarations
import Operations
import Planning
import Testing
import Vocabulary

/// Small reports made by hand, at one instant.
enum Example {
    static let now = time("2026-11-24T09:00:00Z")

    static func time(_ text: String) -> Timestamp { Timestamp(rfc3339: text) ?? Timestamp(secondsSince1970: 0) }
    static func digest<Subject>(_ seed: String) -> Digest<Subject> { Digest(hashing: Array(seed.utf8)) }
    static func commit(_ seed: String) -> ObjectID {
        guard let id = ObjectID(bytes: (digest(seed) as FileDigest).bytes.prefix(20)) else {
            preconditionFailure("20 bytes are an object id")
        }
        return id
    }
    static func name<Kind>(_ text: String) -> Name<Kind> {
        guard let name = Name<Kind>(text) else { preconditionFailure("\(text) is no name") }
        return name
    }

    static func facts(
        _ leaf: Fingerprint, notAfter: String = "2027-01-09T09:00:00Z", names: [String] = ["shop.example.com"]
    )
        -> CertificateFacts
    {
        CertificateFacts(
            fingerprint: leaf, spki: digest("spki"), subject: "CN=shop.example.com", issuer: "CN=Example CA 2",
            issuerSPKI: nil, serial: "01", notBefore: time("2026-11-01T00:00:00Z"), notAfter: time(notAfter),
            dnsNames: names, ipAddresses: [], keyType: .p256, signature: .sound("ecdsa-with-SHA256"), isCA: false,
            isSelfSigned: false, extendedKeyUsage: .withServerAuth)
    }

    static func given(_ person: String, seen: String? = "2026-11-24T08:58:00Z", comment: String = "") -> Judgement.Given
    {
        Judgement.Given(
            person: name(person), key: "ssh SHA256:\(person)", commit: commit(person), record: digest(person),
            firstSeen: seen.map(time), comment: comment, implementation: .manual, acknowledgements: [], emergency: false
        )
    }

    static func levels(_ approve: [Judgement.Given] = [], _ implement: [Judgement.Given] = []) -> [Judgement
        .LevelStanding]
    {
        [
            .init(
                name: "approve", needed: 1, approvers: [.group(name("pki"))], given: approve,
                candidates: approve.isEmpty ? [name("bob"), name("dave")] : []),
            .init(
                name: "implement", needed: 1, approvers: [.group(name("netops"))], given: implement,
                candidates: [name("dave"), name("erin")]),
        ]
    }

    static let requesters = Requesters(people: [
        name("alice"): .init(commit: commit("ask"), what: "certificates/shop.pem")
    ])
    static let request: RequestDigest = digest("request")
    static let old: Fingerprint = digest("old leaf")
    static let new: Fingerprint = digest("new leaf")

    static func order(
        _ connector: String, device: String = "edge-1", state: WorkOrderState = .requested, action: Action = .replace,
        levels: [Judgement.LevelStanding] = levels(), blocks: [Block] = [], replaces: Holding = .certificate(leaf: old),
        isObserved: Bool = true
    ) -> WorkOrder {
        WorkOrder(
            digest: isObserved ? digest("order \(connector)") : nil, content: content(connector),
            request: isObserved ? request : nil, connector: name(connector),
            slot: SlotKey(device: name(device), path: "/etc/nginx/tls/shop.crt"), device: name(device),
            deviceKind: "nginx",
            zone: name("dmz"), binding: name("shop-edge"), certificate: name("shop-example-com"), action: action,
            change: action == .adopt ? .adopt : .renewal, replaces: replaces,
            installs: Installs(leaf: new, spki: digest("spki"), chain: [digest("issuer")]), installsFacts: facts(new),
            replacesFacts: facts(old, notAfter: "2026-12-04T09:00:00Z"),
            policy: .init(name: name("default"), version: 3, reason: "only match"), requesters: requesters,
            judgement: Judgement(levels: levels), state: state, blocks: blocks, history: WorkOrderFacts(), notes: [],
            comment: "Renew shop before the sale\n\nDetails.", keyCheck: .notChecked)
    }

    static func content(_ connector: String) -> [UInt8] {
        let document: JSONValue = [
            "connector": [
                "name": .string(connector),
                "spec": [
                    "slot": [
                        "certificate": "/etc/nginx/tls/shop.crt", "privateKey": "/etc/nginx/tls/shop.key",
                        "owner": "root",
                        "mode": "0640",
                    ],
                    "endpoints": [
                        ["address": "10.0.0.5", "port": 443, "serverName": "shop.example.com"],
                        ["address": "fd00::5", "port": 443],
                    ],
                ],
            ]
        ]
        return document.canonicalBytes
    }

    static func view(
        _ connector: String, sync: SyncState = .inSync, colour: StatusColour = .green,
        holding: Holding = .certificate(leaf: new),
        workOrder: WorkOrderDigest? = nil, served: [EndpointObservation] = [], state: String? = nil
    ) -> ConnectorView {
        ConnectorView(
            connector: name(connector), device: name("edge-1"),
            slot: SlotKey(device: name("edge-1"), path: "/etc/nginx/tls/\(connector).crt"),
            certificate: name("shop-example-com"), sync: sync, colour: colour, notAfter: time("2027-01-09T09:00:00Z"),
            observedAt: time("2026-11-24T08:59:48Z"), holding: holding, served: served, workOrder: workOrder,
            request: workOrder.map { _ in request }, state: state)
    }

    static func plan(
        _ orders: [WorkOrder] = [], drift: [Drift] = [], connectors: [ConnectorView] = [], unchanged: Int = 296,
        exceeded: Bool = false, refused: [Judgement.RefusedRecord] = []
    ) -> Plan {
        let digests = orders.filter { $0.request == request }.compactMap(\.digest)
        return Plan(
            workOrders: orders,
            requests: digests.isEmpty
                ? []
                : [
                    Request(
                        digest: request, certificate: name("shop-example-com"), leaf: new, requesters: requesters,
                        workOrders: digests)
                ],
            drift: drift, connectors: connectors,
            limits: LimitStanding(changed: orders.count, total: 300, limits: .standard, exceeded: exceeded),
            refused: refused,
            unchanged: unchanged)
    }

    static func report(
        _ plan: Plan, observation: PlanReport.ObservationSource = .discovered(at: time("2026-11-24T08:59:48Z")),
        policyChange: PendingPolicyChange? = nil, isTrial: Bool = false, notices: [String] = [],
        invalidTip: PlanReport.InvalidTip? = nil
    ) -> PlanReport {
        PlanReport(
            repositoryName: "edge-certs", repositoryID: "6f1c2a0e-0000-4000-8000-000000000001", zone: name("dmz"),
            refName: "main at \(commit("tip").short)", change: commit("tip"), base: nil,
            trust: .init(
                digest: digest("trust"), commit: commit("trusted"), acceptedAt: time("2026-11-02T00:00:00Z"),
                isTrial: isTrial),
            observation: observation, plan: plan, policyChange: policyChange, invalidTip: invalidTip, notices: notices,
            now: now)
    }

    static let twoToPush = plan([
        order("edge-1-shop"),
        order("edge-2-shop", device: "edge-2", state: .pushReviewInProgress, levels: levels([given("bob")])),
    ])

    static let blocked = plan([
        order(
            "lb-shop", device: "lb-1",
            state: .blocked(Block(.keyMismatch, "the private key declared for it belongs to another certificate")),
            blocks: [Block(.keyMismatch, "the private key declared for it belongs to another certificate")],
            replaces: .nothing)
    ])

    static let policyChange = PendingPolicyChange(
        digest: digest("policy change"), from: digest("trust"), to: digest("other trust"),
        changes: ["Group pki: mallory joins", "Device edge-1: reload runs \"sh -c x\""],
        judgement: Judgement(levels: [
            .init(
                name: "policyChange", needed: 2, approvers: [.group(name("pki"))], given: [], candidates: [name("bob")])
        ]))
}
