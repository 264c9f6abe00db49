// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestKit
import Testing
import Vocabulary

/// The shop's certificate on edge-1 and on many more devices, each with a slot and a port of its own.
private struct ManyDevices {
    let arena: Arena
    let ports: [UInt16]

    /// - Parameter reload: argv of the device of this number, as words of YAML; FOLDER stands for the world's folder.
    static func make(_ count: Int, reload: (Int) -> String) async throws -> ManyDevices {
        let arena = try await Arena.made { setting in
            setting.documents = (0..<count).map { number in
                """
                kind: Device
                metadata: {name: many-\(number)}
                spec:
                  kind: files
                  zone: default
                  transport: {local: {}}
                  files: {reload: [\(reload(number))]}
                  timeouts: {reload: 4s, settle: 3s}
                  settle: {handshakes: 2, quiet: 50ms}
                  slotRoots: ["FOLDER/many/\(number)"]

                """
            }
        }
        let found = try freePorts(for: Array(0..<count))
        let ports = (0..<count).compactMap { found[$0] }
        for number in 0..<count {
            try arena.folder.write(arena.old.chain, to: "many/\(number)/shop.crt")
            try arena.folder.write(arena.old.key, to: "many/\(number)/shop.key", mode: 0o600)
        }
        try arena.folder.write(
            """
            #!/bin/sh
            # What reloads a device takes a while, and says when it begins and ends.
            echo begin >>'\(arena.folder.file("reloads"))'
            sleep 1
            \(arena.nginx.reload.joined(separator: " "))
            echo end >>'\(arena.folder.file("reloads"))'

            """, to: "reload", mode: 0o755)
        let many = ManyDevices(arena: arena, ports: ports)
        try await many.serve()
        try await arena.reconcile(exits: 0)
        return many
    }

    private func serve() async throws {
        let servers = ports.enumerated().map { number, port in
            """
                server {
                    listen 127.0.0.1:\(port) ssl;
                    ssl_certificate \(arena.folder.file("many/\(number)/shop.crt"));
                    ssl_certificate_key \(arena.folder.file("many/\(number)/shop.key"));
                }

            """
        }
        try arena.nginx.edit {
            $0.replacing(
                "    server {\n        listen 127.0.0.1:\(arena.nginx.port)",
                with: servers.joined() + "    server {\n        listen 127.0.0.1:\(arena.nginx.port)")
        }
        try await arena.nginx.halt()
        try await arena.nginx.restart()
        let connectors = ports.enumerated().map { number, port in
            """
            apiVersion: countersign/v1
            kind: AppConnector
            metadata: {name: many-\(number)-shop}
            spec:
              device: many-\(number)
              slot: {certificate: "\(arena.folder.file("many/\(number)/shop.crt"))", privateKey: "\(arena.folder.file("many/\(number)/shop.key"))", mode: "0600"}
              endpoints: [{address: 127.0.0.1, port: \(port), serverName: \(Arena.host)}]

            """
        }
        let names = ports.indices.map { "many-\($0)-shop" }.joined(separator: ", ")
        let binding = """
            apiVersion: countersign/v1
            kind: Binding
            metadata: {name: many}
            spec: {certificate: \(Arena.certificate), connectors: [\(names)]}

            """
        try arena.write((connectors + [binding]).joined(separator: "---\n"), to: "many.yaml")
        try await arena.commit("Serve the shop on many devices")
    }

    /// Renewed everywhere, signed by both, pushed by one pass: how it ended on each device.
    func push(exits code: Int32) async throws -> (outcomes: [String: String], new: IssuedCertificate) {
        let new = try await arena.renew()
        for (actor, verb) in [(Arena.Actor.bob, "approve"), (.dave, "implement")] {
            let orders = try await arena.plan(as: actor, exits: nil)["workOrders"]?.array ?? []
            let digests = orders.filter { $0["installs"]?["leaf"]?.string == new.leaf }.compactMap {
                $0["digest"]?.string
            }
            #expect(digests.count == ports.count + 1)
            // Above the limit, the last level says that it has seen how many there are.
            let seen = verb == "implement" && digests.count > 10 ? ["--acknowledge", "changes \(digests.count)"] : []
            try await arena.countersign(
                arena.globals(of: actor) + [verb] + digests + ["--yes"] + seen, as: actor, exits: 0)
        }
        let pushes = try await arena.reconcile(exits: code)["pushes"]?.array ?? []
        let outcomes = pushes.compactMap { push in
            push["device"]?.string.flatMap { device in push["outcome"]?.string.map { (device, $0) } }
        }
        return (Dictionary(outcomes) { $1 }, new)
    }

    func leaf(on number: Int) async throws -> String {
        let chain = try arena.folder.readText("many/\(number)/shop.crt")
        return Hex.encode(FileDigest(hashing: try CertificateAuthority.der(ofPEM: chain)).bytes)
    }
}

@Suite("Many devices") struct ManyDevicesTests {
    @Test("are pushed to eight at a time") func limit() async throws {
        let many = try await ManyDevices.make(20) { _ in "FOLDER/reload" }
        let (outcomes, new) = try await many.push(exits: 0)
        #expect(outcomes.count == 21 && Set(outcomes.values) == ["Completed"])
        for number in many.ports.indices { #expect(try await many.leaf(on: number) == new.leaf) }
        var (running, most) = (0, 0)
        for line in try many.arena.folder.readText("reloads").split(separator: "\n") {
            running += line == "begin" ? 1 : -1
            most = max(most, running)
        }
        #expect(running == 0)
        #expect(most > 2 && most <= 8, "\(most) at once")
    }

    @Test("of which some hang or fail keep none of the others back, and cost no more than their own time limits")
    func failures() async throws {
        // The first hangs in its reload, the second has none that works, the third's is fine.
        let reloads = ["sleep, \"600\"", "\"false\"", "FOLDER/reload"]
        let many = try await ManyDevices.make(3) { reloads[$0] }
        let start = ContinuousClock.now
        let (outcomes, new) = try await many.push(exits: 4)
        #expect(ContinuousClock.now - start < .seconds(200))
        #expect(outcomes["edge-1"] == "Completed" && outcomes["many-2"] == "Completed" && outcomes.count == 4)
        // All are one nginx: a neighbour's reload may have made live what is then put back, and only another one would prove it.
        for device in ["many-0", "many-1"] {
            #expect(["RolledBack", "RollbackFailed"].contains(outcomes[device]), "\(outcomes)")
        }
        #expect(try await many.arena.served() == new.leaf)
        for (number, leaf) in [many.arena.old.leaf, many.arena.old.leaf, new.leaf].enumerated() {
            #expect(try await many.leaf(on: number) == leaf)
        }
    }

    @Test("of which one answers nothing at all over ssh cost it alone", .enabled(if: geteuid() == 0, "needs root"))
    func silent() async throws {
        // It takes connections and never says a word.
        let silence = try Silence()
        let arena = try await Arena.made { setting in
            setting.isTrusted = false
            setting.documents = [
                """
                kind: Device
                metadata: {name: silent}
                spec:
                  kind: files
                  zone: default
                  transport: {ssh: {host: 127.0.0.1, port: \(silence.port), user: root, knownHosts: devices/silent}}
                  files: {reload: ["true"]}
                  timeouts: {connect: 1s, check: 1s}
                  slotRoots: [/srv/silent]

                """
            ]
        }
        let key = try #require(arena.keys[.alice]?.key)
        try arena.write("[127.0.0.1]:\(silence.port) \(key)\n", to: "devices/silent")
        try arena.edit("shop.yaml") { shop in
            shop.replacing("connectors: [\(Arena.connector)]", with: "connectors: [\(Arena.connector), silent-shop]")
                + """
                ---
                apiVersion: countersign/v1
                kind: AppConnector
                metadata: {name: silent-shop}
                spec:
                  device: silent
                  slot: {certificate: /srv/silent/shop.crt, privateKey: /srv/silent/shop.key}
                  endpoints: [{address: 127.0.0.1, port: \(silence.port), serverName: \(Arena.host)}]

                """
        }
        try await arena.trust(try await arena.commit("Add the silent one"))
        try await arena.reconcile(exits: 2)
        let renewed = try await arena.renew()
        let order = try #require(
            try await arena.plan(as: .bob)["workOrders"]?.array?.first {
                $0["device"] == "edge-1" && $0["action"] == "replace"
            })
        let digest = try #require(order["digest"]?.string)
        try await arena.approve(digest)
        try await arena.implement(digest)
        let start = ContinuousClock.now
        let pass = try await arena.reconcile(exits: 2)
        // Its own limits, some passes of observation: far from what the push of the other one waits for.
        #expect(ContinuousClock.now - start < .seconds(60))
        #expect(pass["pushes"]?.array?.compactMap { $0["outcome"]?.string } == ["Completed"])
        #expect(try await arena.served() == renewed.leaf)
        let silent = try await arena.plan()["workOrders"]?.first(where: "device", is: "silent")
        #expect(silent?["blocks"]?.array?.contains { $0["code"] == "GatewayUnhealthy" } == true)
    }
}

/// A port of the loopback where connections are taken by the kernel and nobody reads.
private final class Silence: Sendable {
    let port: UInt16
    private let socket: Int32

    init() throws {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = socket
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && listen(descriptor, 64) == 0
                    ? getsockname(descriptor, $0, &length) : -1
            }
        }
        guard result == 0 else { throw FixtureError("no silent port") }
        port = UInt16(bigEndian: address.sin_port)
    }

    deinit { close(socket) }
}
