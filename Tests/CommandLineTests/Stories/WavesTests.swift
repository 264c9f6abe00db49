// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Processes
import TestKit
import Testing
import Vocabulary

/// The shop's certificate on edge-1 and on three more servers, each a real nginx of its own; a reload of edge-1 does nothing while the
/// file `broken` is there.
private struct Fleet {
    static let others = ["edge-2", "edge-3", "edge-4"]
    let arena: Arena
    let servers: [NginxServer]
    let folders: [TemporaryFolder]
    let toggle: TemporaryFolder

    static func made(policy: [String]) async throws -> Fleet {
        let toggle = try TemporaryFolder("toggle")
        try toggle.write(
            """
            #!/bin/sh
            test -e '\(toggle.file("broken"))' && exit 0
            exec "$@"

            """, to: "reload", mode: 0o755)
        let arena = try await Arena.made { setting in
            setting.reloadThrough = [toggle.file("reload")]
            setting.device = ["timeouts: {settle: 2s}"]
            setting.policy = policy
            setting.isTrusted = false
        }
        var (servers, folders): ([NginxServer], [TemporaryFolder]) = ([], [])
        var (devices, connectors): ([String], [String]) = ([], [])
        for name in others {
            let folder = try TemporaryFolder(name)
            try folder.write(arena.old.chain, to: "slot/shop.crt")
            try folder.write(arena.old.key, to: "slot/shop.key", mode: 0o600)
            let nginx = try await NginxServer.start(
                in: folder, host: Arena.host, certificate: folder.file("slot/shop.crt"), key: folder.file("slot/shop.key"))
            let reload = nginx.reload.map { "\"\($0)\"" }.joined(separator: ", ")
            devices.append(
                """
                apiVersion: countersign/v1
                kind: Device
                metadata: {name: \(name)}
                spec:
                  kind: nginx
                  zone: default
                  transport: {local: {}}
                  nginx: {config: "\(nginx.configuration)", reload: [\(reload)], binary: "\(nginx.binary)"}
                  slotRoots: ["\(folder.file("slot"))"]

                """)
            connectors.append(
                """
                apiVersion: countersign/v1
                kind: AppConnector
                metadata: {name: \(name)-shop}
                spec:
                  device: \(name)
                  slot: {certificate: "\(folder.file("slot/shop.crt"))", privateKey: "\(folder.file("slot/shop.key"))", mode: "0600"}
                  endpoints: [{address: 127.0.0.1, port: \(nginx.port), serverName: \(Arena.host)}]

                """)
            servers.append(nginx)
            folders.append(folder)
        }
        try arena.write(devices.joined(separator: "---\n"), to: "more-devices.yaml")
        try arena.write(connectors.joined(separator: "---\n"), to: "more-connectors.yaml")
        let all = [Arena.connector] + others.map { "\($0)-shop" }
        try arena.edit("shop.yaml") {
            $0.replacing("connectors: [\(Arena.connector)]", with: "connectors: [\(all.joined(separator: ", "))]")
        }
        try await arena.trust(try await arena.commit("Serve the shop on four servers"))
        try await arena.reconcile(exits: 0)
        return Fleet(arena: arena, servers: servers, folders: folders, toggle: toggle)
    }

    /// The open work orders of this state, as the gateway sees them, by connector.
    func orders() async throws -> [String: JSONValue] {
        let orders = try await arena.plan(exits: nil)["workOrders"]?.array ?? []
        return Dictionary(
            orders.compactMap { order in order["connector"]?.string.map { ($0, order) } }, uniquingKeysWith: { first, _ in first })
    }

    func sign(_ verb: String, as actor: Arena.Actor, _ digests: [String], _ more: String...) async throws {
        try await arena.countersign(
            arena.globals(of: actor) + [verb] + digests + ["--yes"] + more, as: actor, exits: 0)
    }

    /// Both levels of all that waits for people.
    func signAll() async throws -> [String] {
        let digests = try await orders().values.filter { $0["state"] == "Requested" }.compactMap { $0["digest"]?.string }.sorted()
        try await sign("approve", as: .bob, digests)
        try await sign("implement", as: .dave, digests)
        return digests
    }

    /// Which connectors the pass pushed, with how.
    func pass(exits code: Int32?) async throws -> [String: String] {
        let pushes = try await arena.reconcile(exits: code)["pushes"]?.array ?? []
        return pushes.reduce(into: [:]) { $0[$1["connector"]?.string ?? ""] = $1["outcome"]?.string ?? "" }
    }

    func holds(_ orders: [String: JSONValue]) -> [String: String] {
        orders.compactMapValues { $0["wave"]?["hold"]?["code"]?.string }
    }
}

@Suite("Waves") struct WavesTests {
    @Test("stop where the canary's check fails, say so everywhere, and go on once it is mended")
    func canary() async throws {
        let fleet = try await Fleet.made(policy: ["rollout: {canary: 1, percentages: [50], pause: 1s}"])
        let arena = fleet.arena
        let renewed = try await arena.renew()
        try await arena.reconcile(exits: 2)
        let digests = try await fleet.signAll()
        #expect(digests.count == 4)
        var orders = try await fleet.orders()
        #expect(orders["edge-1-shop"]?["wave"]?["number"] == 1 && orders["edge-4-shop"]?["wave"]?["of"] == 3)
        let before = ["edge-2-shop": "WaveBefore", "edge-3-shop": "WaveBefore", "edge-4-shop": "WaveBefore"]
        #expect(fleet.holds(orders) == before)

        try fleet.toggle.write("", to: "broken")
        #expect(try await fleet.pass(exits: 4) == ["edge-1-shop": "RolledBack"])
        orders = try await fleet.orders()
        #expect(fleet.holds(orders) == before.mapValues { _ in "WaveFailed" })
        #expect(orders["edge-2-shop"]?["state"] == "ReadyToImplement")
        let plan = try await arena.countersign(as: .gateway, "plan", exits: 2).output
        #expect(plan.contains("3 halted") && plan.contains("WaveFailed: edge-1-shop: its push ended as RolledBack"))
        let status = try await arena.countersign(as: .dave, "status", exits: 0).output
        #expect(status.contains("WaveFailed"))
        // The next passes push nothing, and say that something waits.
        #expect(try await fleet.pass(exits: 2).isEmpty)

        let served = try await Served(arena)
        #expect(try await served.get("/").body.contains("3 signed pushes are halted"))
        let id = try #require(orders["edge-2-shop"]?["id"]?.string)
        #expect(try await served.get("/work-orders/\(id)").body.contains("WaveFailed"))
        #expect(try await served.get("/metrics").body.contains("countersign_work_orders_held{why=\"WaveFailed\"} 3.0"))

        // Mended, and signed anew: the service goes on by itself, wave after wave.
        try FileManager.default.removeItem(atPath: fleet.toggle.file("broken"))
        #expect(try await fleet.signAll().count == 1)
        try await served.running.wake()
        try await eventually(within: .seconds(120), "that all have it") {
            try await arena.status()["connectors"]?.array?.allSatisfy { $0["sync"] == "InSync" } ?? false
        }
        let waves = try await served.running.stop().events.compactMap { event -> Set<String>? in
            let pushed = (event["pushes"]?.array ?? []).compactMap { $0["connector"]?.string }
            return pushed.isEmpty ? nil : Set(pushed)
        }
        #expect(waves == [["edge-1-shop"], ["edge-2-shop"], ["edge-3-shop", "edge-4-shop"]])
        #expect(try await arena.served() == renewed.leaf)
        try await arena.audited(exits: 0)
        withExtendedLifetime(fleet) {}
    }

    @Test("are halted by a signed word, and go on by another, whatever failed")
    func words() async throws {
        let fleet = try await Fleet.made(
            policy: [
                "rollout: {canary: 1, pause: 1s}",
                "emergency: {approvers: [group:netops], count: 1, ignores: [waves]}",
            ])
        let arena = fleet.arena
        _ = try await arena.renew()
        try await arena.reconcile(exits: 2)
        var orders = try await fleet.orders()
        func digest(_ connector: String) throws -> String { try #require(orders[connector]?["digest"]?.string) }
        let (second, third, fourth) = (try digest("edge-2-shop"), try digest("edge-3-shop"), try digest("edge-4-shop"))
        let signed = [try digest("edge-1-shop"), second, third]
        try await fleet.sign("approve", as: .bob, signed)
        try await fleet.sign("implement", as: .dave, signed)
        try fleet.toggle.write("", to: "broken")
        #expect(try await fleet.pass(exits: 4) == ["edge-1-shop": "RolledBack"])

        // Whoever asked may stop it, and not let it go on; nor may somebody who does not sign the last level.
        #expect(try await arena.refusal(as: .alice, "resume", second, "--yes").code == "NotInGroup")
        try await fleet.sign("halt", as: .alice, [third], "-m", "the sale is on")
        try await fleet.sign("resume", as: .dave, [second])
        #expect(try await fleet.pass(exits: 2) == ["edge-2-shop": "Completed"])
        orders = try await fleet.orders()
        #expect(fleet.holds(orders) == ["edge-3-shop": "Halted"])
        #expect(
            try await arena.countersign(as: .bob, "explain", third, exits: 0).output.contains("alice halted it"))

        // What failed is let pass, what was halted goes on; an emergency waits for nobody.
        try await arena.countersign(
            as: .dave, "approve", fourth, "--emergency", "-m", "it ends today", "--yes", exits: 0)
        #expect(try await fleet.pass(exits: 2) == ["edge-4-shop": "Completed"])
        try await fleet.sign("resume", as: .dave, [third])
        #expect(try await fleet.pass(exits: 2) == ["edge-3-shop": "Completed"])
        let audit = try await arena.audited(exits: 2)
        #expect(audit["slots"]?.array?.filter { $0["verdict"] == "proven" }.count == 3)
        withExtendedLifetime(fleet) {}
    }
}
