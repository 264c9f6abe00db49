// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Approvals
import Declarations
import Foundation
import Planning
import TestKit
import Vocabulary

/// A small repository in values: device edge-1 in zone default, and whatever a test adds. Everything is in force.
///
/// alice asks; bob and dave (`pki`) approve; carol and erin (`netops`) implement.
struct World {
    static let repository = "6f1c2a0e-5b7d-4c1a-9e2f-3a4b5c6d7e8f"
    static let start = time("2026-03-15T12:00:00Z")

    let mill: Mill
    var now = Self.start
    var desired = DeclarationSet()
    /// nil: the same as `desired`.
    var inForce: DeclarationSet?
    var history = History()
    var notReleased: [DeviceName: String] = [:]
    var chains: [String: SentChain] = [:]
    var keyChecks: [CertificateName: KeyCheck] = [:]
    var requesters = RequesterTable()
    var records: [SeenRecord] = []
    var refusedCommits: [Judgement.RefusedRecord] = []

    init() async throws {
        mill = try await Mill.made.value
        history.epoch = Epoch("0123456789abcdef0123456789abcdef")
        desired.repository = declared("edge-certs", RepositorySpec(id: Self.repository, branch: "main"))
        desired.zones[try name("default")] = declared("default", ZoneSpec(recorders: []))
        for person in ["alice", "bob", "carol", "dave", "erin"] {
            desired.people[try name(person)] = declared(
                person, PersonSpec(keys: [DeclaredKey(material: .ssh(Self.keyLine(person)))]))
        }
        desired.groups[try name("pki")] = declared("pki", GroupSpec(members: [try name("bob"), try name("dave")]))
        desired.groups[try name("netops")] = declared(
            "netops", GroupSpec(members: [try name("carol"), try name("erin")]))
        try policy("default")
        try device("edge-1")
    }

    // MARK: what is declared

    mutating func policy(_ text: String, _ change: (inout ApprovalPolicySpec) throws -> Void = { _ in }) throws {
        var spec = ApprovalPolicySpec(levels: [
            .init(name: "approve", approvers: [.group(try name("pki"))]),
            .init(name: "implement", approvers: [.group(try name("netops"))]),
        ])
        try change(&spec)
        desired.policies[try name(text)] = declared(text, spec, raw: ["priority": .number(spec.priority)])
    }

    mutating func device(_ text: String, zone: String = "default", _ change: (inout DeviceSpec) -> Void = { _ in })
        throws
    {
        var spec = DeviceSpec(
            server: .nginx(.init(config: "/etc/nginx/nginx.conf", reload: ["nginx", "-s", "reload"])),
            zone: try name(zone), transport: .local)
        change(&spec)
        desired.devices[try name(text)] = declared(
            text, spec, raw: ["kind": "nginx", "sync": .string(spec.sync.rawValue), "zone": .string(zone)])
    }

    mutating func certificate(
        _ text: String, leaf: String, chain: [String] = ["issuer"],
        key: CertificateSpec.PrivateKeySource = .file("/etc/countersign/keys/{spki}.key"), drops: [String] = []
    ) throws {
        let path = "certificates/\(text).pem"
        desired.certificates[try name(text)] = declared(
            text, CertificateSpec(chain: path, privateKey: key, dropsNames: drops),
            raw: [
                "chain": .string(path), "privateKey": ["file": "key"], "dropsNames": .array(drops.map { .string($0) }),
            ])
        chains[path] = SentChain(leaf: try mill.leaf(leaf), chain: try chain.map { try mill.leaf($0) })
    }

    mutating func connector(
        _ text: String, on device: String = "edge-1", serverNames: [String?] = ["shop.example.com"], push: Int? = nil,
        _ change: (inout AppConnectorSpec) -> Void = { _ in }
    ) throws {
        var spec = AppConnectorSpec(
            device: try name(device),
            slot: Slot(files: .pair(certificate: "/etc/ssl/\(text).crt", privateKey: "/etc/ssl/\(text).key")),
            endpoints: serverNames.map { Endpoint(address: "127.0.0.1", port: 443, serverName: $0) })
        change(&spec)
        desired.connectors[try name(text)] = declared(
            text, spec, raw: ["device": .string(device), "slot": ["certificate": .string(spec.slot.path)]], push: push)
    }

    mutating func binding(_ text: String, _ certificate: String, to connectors: [String], push: Int? = nil) throws {
        desired.bindings[try name(text)] = declared(
            text,
            BindingSpec(certificate: try name(certificate), target: .connectors(try connectors.map { try name($0) })),
            push: push)
    }

    /// Certificate, connector and binding of one name.
    mutating func site(
        _ text: String, leaf: String, on device: String = "edge-1", serverNames: [String?] = ["shop.example.com"]
    ) throws {
        try certificate(text, leaf: leaf)
        try connector(text, on: device, serverNames: serverNames)
        try binding(text, text, to: [text])
    }

    // MARK: what was seen and done

    func slot(_ connector: String) throws -> SlotKey {
        guard let found = desired.connectors[try name(connector)] else {
            throw FixtureError("no connector \(connector)")
        }
        return SlotKey(found)
    }

    mutating func head(_ connector: String, _ change: (inout SlotHead) throws -> Void) throws {
        try change(&history.slots[try slot(connector), default: SlotHead()])
    }

    /// The slot was observed; every declared endpoint serves what it holds.
    mutating func observe(
        _ connector: String, holds leaf: String? = nil, chain: [String] = ["issuer"], key: String? = nil
    ) throws {
        let slot = try slot(connector)
        var observation = SlotObservation(slot: slot, holding: .nothing)
        if let leaf {
            observation = SlotObservation(
                slot: slot, holding: .certificate(leaf: try mill.leaf(leaf)),
                chain: try chain.map { try mill.leaf($0) },
                key: try mill.key(key ?? leaf), leafDER: try mill.der(leaf))
        }
        let at = now
        try head(connector) { head in
            (head.observed, head.observedAt) = (observation, at)
        }
        if let leaf { try serve(connector, leaf) }
    }

    mutating func serve(_ connector: String, _ leaf: String, at places: [Int]? = nil) throws {
        let endpoints = desired.connectors[try name(connector)]?.spec.endpoints ?? []
        let leaf = try mill.leaf(leaf)
        // As it lies there; of another certificate, what all of ours are sent with.
        let chain = try head(connector, leaf) ?? [try mill.leaf("issuer")]
        try head(connector) { head in
            head.served = endpoints.enumerated().filter { places?.contains($0.offset) ?? true }.map {
                EndpointObservation(endpoint: $1, address: $1.address, answer: .served(leaf: leaf, chain: chain))
            }
        }
    }

    private func head(_ connector: String, _ leaf: Fingerprint) throws -> [Fingerprint]? {
        guard let observed = history.slots[try slot(connector)]?.observed, observed.holding.leaf == leaf else {
            return nil
        }
        return observed.chain
    }

    mutating func goDown(_ connector: String, code: String = "refused") throws {
        let endpoints = desired.connectors[try name(connector)]?.spec.endpoints ?? []
        try head(connector) { head in
            head.served = endpoints.map {
                EndpointObservation(
                    endpoint: $0, address: $0.address, answer: .failed(code: code, detail: "connection refused"))
            }
        }
    }

    /// As if its work order had been completed with what the slot holds now.
    mutating func complete(_ connector: String, adopted: Bool = false, tip: ObjectID = id("tip")) throws {
        guard let workOrder = plan.workOrders.first(where: { $0.connector.text == connector }),
            let content = workOrder.content,
            let digest = workOrder.digest
        else { throw FixtureError("no work order of \(connector)") }
        let intent = Intent(
            workOrder: digest, connector: workOrder.connector, slot: workOrder.slot, content: content,
            installs: workOrder.installs?.leaf, replaces: workOrder.replaces, records: [], tip: tip)
        let (at, outcome) = (now, adopted ? Outcome.adopted : .completed)
        let certificate = try workOrder.installs.map { installs in
            guard let name = mill.ders.first(where: { Fingerprint(hashing: $0.value) == installs.leaf })?.key else {
                throw FixtureError("no such leaf")
            }
            return name
        }
        try observe(connector, holds: certificate)
        try head(connector) { head in
            head.lastCompleted = SlotHead.CompletedWorkOrder(of: intent, at: at, adopted: adopted)
            head.lastEnded = .init(digest: digest, leaf: intent.installs, outcome: outcome, at: at)
            head.lastVerified = intent.installs
            if outcome.endsSequence { head.sequence += 1 }
        }
        var facts = WorkOrderFacts()
        (facts.outcome, facts.endedAt) = (outcome, at)
        history.workOrders[digest] = facts
    }

    /// As if its work order had been begun.
    func fly(_ connector: String) throws -> WorkOrder {
        let workOrder = try workOrder(connector)
        guard let digest = workOrder.digest, let content = workOrder.content else {
            throw FixtureError("\(connector) has no digest")
        }
        var begun = self
        let batch = OpenBatch(
            id: BatchID("0123456789abcdef"), device: workOrder.device,
            intents: [
                Intent(
                    workOrder: digest, connector: workOrder.connector, slot: workOrder.slot, content: content,
                    installs: workOrder.installs?.leaf, replaces: workOrder.replaces, records: [], tip: id("tip"))
            ], intendedAt: now)
        begun.history.openBatches[batch.id] = batch
        try begun.head(connector) { $0.openBatch = batch.id }
        return try begun.workOrder(connector)
    }

    // MARK: who signed

    mutating func sign(
        _ person: String, _ level: String, _ digests: [WorkOrderDigest], decision: ApprovalRecord.Decision = .approve,
        implementation: ApprovalRecord.Implementation = .manual,
        acknowledging acknowledgements: [ApprovalRecord.Acknowledgement] = [], at time: Timestamp? = nil
    ) {
        let record = ApprovalRecord(
            repository: Self.repository, level: level, decision: decision, subject: .workOrders(digests),
            implementation: implementation, acknowledgements: acknowledgements, comment: "", tree: id("tree"),
            parent: id("status"), committed: time ?? now)
        let commit = id("\(person) \(level) \(decision) \(records.count)")
        records.append(
            SeenRecord(
                signed: SignedRecord(
                    key: RecordKey(hashing: commit.bytes), commit: commit, record: record,
                    signingKey: Self.keyLine(person)),
                firstSeen: time ?? now))
    }

    /// A well-formed ed25519 key that nobody has the private part of.
    static func keyLine(_ owner: String) -> String {
        let point = FileDigest(hashing: Array(owner.utf8)).bytes
        let blob = [0, 0, 0, 11] + Array("ssh-ed25519".utf8) + [0, 0, 0, 32] + point
        return "ssh-ed25519 " + Data(blob).base64EncodedString()
    }

    // MARK: what comes of it

    var input: PlanningInput {
        var certificates: [Fingerprint: [UInt8]] = [:]
        let sent = Set(chains.values.flatMap { [$0.leaf] + $0.chain })
        for der in mill.ders.values where sent.contains(Fingerprint(hashing: der)) {
            certificates[Fingerprint(hashing: der)] = der
        }
        let force = TrustSet(of: inForce ?? desired)
        var input = PlanningInput(
            desired: desired, inForce: force, tip: TrustSet(of: desired), history: history, chains: chains,
            certificates: certificates, keyChecks: keyChecks, requesters: requesters, records: records,
            refusedCommits: refusedCommits, zone: ZoneName("default") ?? force.zones.keys.sorted()[0], now: now)
        input.notReleased = notReleased
        return input
    }
    var plan: Plan { Planner.plan(input) }

    func workOrder(_ connector: String) throws -> WorkOrder {
        guard let found = plan.workOrders.first(where: { $0.connector.text == connector }) else {
            throw FixtureError("no work order of \(connector)")
        }
        return found
    }
    func view(_ connector: String) throws -> ConnectorView {
        guard let found = plan.connectors.first(where: { $0.connector.text == connector }) else {
            throw FixtureError("no view of \(connector)")
        }
        return found
    }
    func blocks(_ connector: String) throws -> [Block.Code] { try workOrder(connector).blocks.map(\.code) }
    func digest(_ connector: String) throws -> WorkOrderDigest {
        guard let digest = try workOrder(connector).digest else { throw FixtureError("\(connector) has no digest") }
        return digest
    }
}

func name<Kind>(_ text: String) throws -> Name<Kind> {
    guard let name = Name<Kind>(text) else { throw FixtureError("\(text) is no name") }
    return name
}

func time(_ text: String) -> Timestamp {
    guard let time = Timestamp(rfc3339: text) else { preconditionFailure("\(text) is no time") }
    return time
}

func id(_ text: String) -> ObjectID {
    guard let id = ObjectID(bytes: FileDigest(hashing: Array(text.utf8)).bytes.prefix(20)) else {
        preconditionFailure("no id")
    }
    return id
}

func declared<Spec: ResourceSpec>(_ text: String, _ spec: Spec, raw: JSONValue = [:], push: Int? = nil) -> Declared<
    Spec
> {
    guard let name = Name<Spec.NamedKind>(text) else { preconditionFailure("\(text) is no name") }
    return Declared(
        name: name, annotations: push.map { ["countersign/push": String($0)] } ?? [:], spec: spec, raw: raw,
        position: SourcePosition(file: "test.yaml"))
}
