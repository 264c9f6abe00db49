// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Approvals
import Connectors
import Declarations
import Foundation
import Journal
import Operations
import PKI
import Planning
import TestKit
import Vocabulary

@testable import Reconciler

/// A device whose slots are files of the test's own, a journal, and a lease: what one push needs, without git or nginx's ports.
struct Bench: Sendable {
    static let reloads = "reloads"
    let folder: TemporaryFolder
    let journal: SQLiteJournal
    let lease: Lease
    var device: Device
    let realm: Realm
    let time = HostClock()
    /// Stands between drivers and the device.
    var around = DriverRegistry.Around.nothing

    /// - Parameter server: what runs in `folder`; else an nginx that is configured and does not run.
    init(
        in given: TemporaryFolder? = nil, server: DeviceSpec.Server? = nil,
        settle: DeviceSpec.Settle = .init(handshakes: 1, quiet: .zero)
    ) async throws {
        folder = try given ?? TemporaryFolder("push")
        journal = try SQLiteJournal(path: folder.file("journal"))
        realm = Realm(
            zone: try name("default"), epoch: try required(Epoch(String(repeating: "5b", count: 16))), begunAt: time.now
        )
        try await journal.append(
            [.epochBegun(try required(Epoch(String(repeating: "5b", count: 16))), at: time.now)], under: nil,
            expecting: nil)
        if server == nil { try folder.write("events {}\n", to: "nginx.conf") }
        let reload = try folder.write("#!/bin/sh\necho reload >>\"$1\"\n", to: "count-reload", mode: 0o755)
        device = Device(
            name: try name("edge-1"),
            spec: DeviceSpec(
                server: server
                    ?? .nginx(.init(config: folder.file("nginx.conf"), reload: [reload, folder.file(Self.reloads)])),
                zone: try name("default"), transport: .local, settle: settle),
            raw: [:], position: SourcePosition(file: "devices/edge-1.yaml"))
        lease = try required(
            try await journal.acquire(.device(device.name), for: HolderID("test"), lasting: .seconds(60)))
    }

    /// - Parameter around: stands between the push and its driver.
    func push(
        _ orders: [DevicePush.Order], token: DeviceStateToken? = nil,
        around: @escaping @Sendable (VerbPoint) throws(DeviceError) -> Void = { _ in }
    ) async throws -> [Outcome] {
        let push = DevicePush(
            device: device, driver: InterruptingDriver(wrapping: try driver(), hook: around), journal: journal,
            realm: realm, lease: lease, proof: Proof(), time: time,
            tip: try required(ObjectID(hex: String(repeating: "a", count: 40))),
            token: token, retries: 0)
        let ended = try await push.run(orders)
        return orders.compactMap { order in ended.first { $0.workOrder == order.digest }?.outcome }
    }

    func driver() throws -> any DeviceDriver {
        try DriverRegistry(secret: secret("state"), now: { time.now }, around: around).driver(for: device)
    }

    var reloads: Int { (try? folder.readText(Self.reloads).split(separator: "\n").count) ?? 0 }

    // MARK: slots

    func slot(_ label: String, in place: String = "tls") throws -> Slot {
        try folder.makeFolder(place)
        return Slot(
            files: .pair(
                certificate: folder.file("\(place)/\(label).crt"), privateKey: folder.file("\(place)/\(label).key")))
    }

    func put(_ issued: IssuedCertificate, in slot: Slot) throws {
        try Data(issued.chain.utf8).write(to: URL(fileURLWithPath: slot.path))
        try Data(issued.key.utf8).write(to: URL(fileURLWithPath: slot.keyPath))
    }

    /// The names of files that hold a private key below our own folder beside a slot.
    func ownKeys(in place: String = "tls") throws -> [String] {
        let own = folder.file("\(place)/\(OwnFolder.name)")
        let files = FileManager.default.enumerator(atPath: own)?.compactMap { $0 as? String } ?? []
        return files.filter { name in
            guard let bytes = FileManager.default.contents(atPath: own + "/" + name) else { return false }
            return String(decoding: bytes, as: UTF8.self).contains("PRIVATE KEY")
        }.sorted()
    }

    /// - Parameter installs: nil: what lies in the slot is removed.
    func order(
        _ label: String, _ slot: Slot, installs: IssuedCertificate?, replaces: IssuedCertificate? = nil,
        closes: Timestamp? = nil, endpoints: [Endpoint] = []
    ) throws -> DevicePush.Order {
        let digest = WorkOrderDigest(hashing: Array(label.utf8))
        let connector: ConnectorName = try name(label)
        let leaf = try installs.map { try required(Fingerprint(hex: $0.leaf)) }
        let holding =
            try replaces.map { Holding.certificate(leaf: try required(Fingerprint(hex: $0.leaf))) } ?? .nothing
        let key = SlotKey(device: device.name, path: slot.path)
        let window = Window(start: time.now + .minutes(-1), end: closes ?? time.now + .minutes(5))
        let intent = Intent(
            workOrder: digest, connector: connector, slot: key, content: Array("{}".utf8), installs: leaf,
            replaces: holding, records: [], tip: try required(ObjectID(hex: String(repeating: "a", count: 40))))
        let order = WorkOrder(
            digest: digest, content: nil, request: nil, connector: connector, slot: key, device: device.name,
            deviceKind: device.spec.server.kind, zone: device.spec.zone, binding: nil, certificate: nil,
            action: installs == nil ? .remove : .install, change: installs == nil ? .remove : .install,
            replaces: holding, installs: nil, installsFacts: nil, replacesFacts: nil, policy: nil,
            requesters: Requesters(), judgement: Judgement(levels: []), state: .readyToImplement(window), blocks: [],
            history: WorkOrderFacts(), notes: [], comment: nil, keyCheck: .matches)
        return DevicePush.Order(
            workOrder: order, digest: digest,
            // Without an endpoint nothing can be proven of what is installed; that something is gone can.
            connector: AppConnector(
                name: connector, spec: AppConnectorSpec(device: device.name, slot: slot, endpoints: endpoints),
                raw: [:],
                position: SourcePosition(file: "connectors/\(label).yaml")),
            candidate: Candidate(
                workOrder: digest, connector: connector, slot: slot,
                certificate: installs.map { Array($0.chain.utf8) }, leaf: leaf,
                privateKey: installs.map { secret($0.key) }, expects: holding),
            window: window, intent: intent)
    }
}

func secret(_ text: String) -> SecretBytes {
    var bytes = Array(text.utf8)
    return SecretBytes(taking: &bytes)
}

func name<Kind>(_ text: String) throws -> Name<Kind> { try required(Name<Kind>(text)) }

func required<Value>(_ value: Value?) throws -> Value {
    guard let value else { throw FixtureError("a fixture's value is none") }
    return value
}
