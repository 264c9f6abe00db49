// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Approvals
import Connectors
import Declarations
import Journal
import Operations
import Planning
import Synchronization
import TestKit
import Testing
import Vocabulary

@testable import Reconciler

/// The devices that were derived anew, in the order in which they were.
private final class Asked: Sendable {
    let devices = Mutex<[String]>([])
}

@Suite("What is due") struct ExecutionTests {
    private static let now = Timestamp(secondsSince1970: 1_800_000_000)
    private static let ready = WorkOrderState.readyToImplement(Window(start: now, end: now + .hours(4)))

    private static func facts(endsIn days: Int64) -> CertificateFacts {
        CertificateFacts(
            fingerprint: Digest(hashing: [1]), spki: Digest(hashing: [2]), subject: "CN=shop", issuer: "CN=CA", issuerSPKI: nil,
            serial: "01", notBefore: now - .days(1), notAfter: now + .days(days), dnsNames: [], ipAddresses: [], keyType: .p256,
            signature: .sound("ecdsa-with-SHA256"), isCA: false, isSelfSigned: false, extendedKeyUsage: .withServerAuth)
    }

    /// - Parameters:
    ///   - holds: days that are left to what the slot holds; nil: it holds nothing.
    ///   - gets: days that are left to what it gets; nil: it is emptied.
    private static func order(
        _ device: String, _ slot: String = "shop", holds: Int64?, gets: Int64? = 90, _ state: WorkOrderState = ready,
        action: Action = .replace, hold: WaveHold? = nil
    ) throws -> WorkOrder {
        let connector = "\(device)-\(slot)"
        var order = WorkOrder(
            digest: WorkOrderDigest(hashing: Array(connector.utf8)), content: nil, request: nil, connector: try name(connector),
            slot: SlotKey(device: try name(device), path: "/etc/tls/\(slot).crt"), device: try name(device), deviceKind: "files",
            zone: try name("default"), binding: nil, certificate: nil, action: action, change: .renewal, replaces: .nothing,
            installs: nil, installsFacts: gets.map(facts), replacesFacts: holds.map(facts), policy: nil, requesters: Requesters(),
            judgement: Judgement(levels: []), state: state, blocks: [], history: WorkOrderFacts(), notes: [], comment: nil,
            keyCheck: .matches)
        if let hold { order.wave = Wave(number: 2, of: 2, hold: hold) }
        return order
    }

    /// Devices whose names say in which order they are to come, and one by the name `never` and so on, of which nothing is due.
    private static func plan() throws -> Plan {
        let orders = [
            // Later than all that has an end: what is taken away from a slot that is not understood.
            try order("e-last", holds: nil, gets: nil, action: .remove),
            // What it holds counts, and not what it gets; what is not due there does not count.
            try order("d-fourth", holds: 60, gets: 1), try order("d-fourth", "soon", holds: 0, .requested),
            // An empty slot has no end of its own.
            try order("c-third", holds: nil, gets: 47, action: .install),
            // Of two, the one that ends first says when the device comes; both are pushed in its batch.
            try order("z-first", "late", holds: 80), try order("z-first", "soon", holds: 2),
            // The same end: by name.
            try order("b-second-too", holds: 5), try order("b-second", holds: 5),
            try order("never-signed", holds: 1, .pushReviewInProgress), try order("never-pushed", holds: 1, action: .adopt),
            try order("never-yet", holds: 1, hold: WaveHold(.waveBefore, "not its turn")),
        ]
        return Plan(
            workOrders: orders, requests: [], drift: [], connectors: [],
            limits: LimitStanding(changed: 0, total: 0, limits: .standard, exceeded: false), refused: [], unchanged: 0)
    }

    private static let order = ["z-first", "b-second", "b-second-too", "c-third", "d-fourth", "e-last"]

    @Test("comes in the order in which it ends") func ordered() throws {
        let due = Execution.inOrder(try Self.plan())
        #expect(due.map(\.key.text) == Self.order)
        let digests = due.map { $0.value.count }
        #expect(digests == [2, 1, 1, 1, 1, 1])
    }

    @Test("is begun in that order, and one device's failure keeps none of the others back") func begun() async throws {
        let bench = try await Bench()
        let asked = Asked()
        var execution = Execution(
            journal: bench.journal, registry: DriverRegistry(secret: secret("state"), now: { bench.time.now }),
            keys: GatewayKeys(files: PrivateKeyLoader(keyRoots: []), recipient: nil), proof: Proof(), time: bench.time,
            holder: HolderID("test"), realms: Realms(bench.realm)
        ) { (device) throws(UserError) in
            asked.devices.withLock { $0.append(device.text) }
            throw UserError("Away", "\(device) is away")
        }
        // One after the other, so that the order can be seen.
        execution.width = 1
        let plan = try Self.plan()
        var devices: [DeviceName: Device] = [:]
        for order in plan.workOrders {
            devices[order.device] = Device(
                name: order.device, spec: bench.device.spec, raw: [:], position: SourcePosition(file: "devices.yaml"))
        }
        let result = await execution.run(plan, devices: devices)
        #expect(asked.devices.withLock { $0 } == Self.order)
        #expect(result.pushes.isEmpty && result.problems.map(\.code) == Self.order.map { _ in "Away" })
    }
}
