// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import TestKit
import Testing
import Vocabulary

/// One name on four addresses: three are the device's own nginx, the fourth another one with files of its own.
@Suite("A name on four addresses of which one serves the old certificate") struct ServedOnSomeTests {
    private static let own = ["127.0.0.1", "127.0.0.2", "127.0.0.3"]
    private static let other = "127.0.0.4"

    @Test("is not Completed, is ServedOnSome 3/4 with the address named, and Completed once it is put right")
    func fourth() async throws {
        let arena = try await Arena.made { $0.device = ["timeouts: {settle: 15s}"] }
        let port = arena.nginx.port
        try await arena.nginx.halt()
        try arena.nginx.edit { text in
            text.replacing(
                "listen 127.0.0.1:\(port) ssl;",
                with: Self.own.map { "listen \($0):\(port) ssl;" }.joined(separator: " "))
        }
        try await arena.nginx.restart()
        let fourth = try await Self.fourth(arena, port)
        try arena.edit("shop.yaml") { text in
            text.replacing(
                "endpoints: [{address: 127.0.0.1, port: \(port), serverName: \(Arena.host)}]",
                with: "endpoints: ["
                    + (Self.own + [Self.other]).map { "{address: \($0), port: \(port), serverName: \(Arena.host)}" }
                    .joined(separator: ", ") + "]")
        }
        try await arena.commit("Serve the shop on four addresses")
        try await arena.reconcile(exits: 0)
        let renewed = try await arena.renew()
        let first = try await arena.digest()
        try await arena.approve(first)
        try await arena.implement(first)

        // The fourth goes on with the old one: what was put on the device is taken back.
        let failed = try await arena.reconcile(exits: 4)
        let push = try #require(failed["pushes"]?.array?.first)
        #expect(push["outcome"] == "RolledBack")
        #expect(push["message"]?.string?.contains("\(Self.other):\(port) still serves") == true, "\(push)")
        #expect(try await arena.served() == arena.old.leaf)

        // Somebody installs it by hand on the first three all the same.
        try arena.folder.write(renewed.chain, to: "slot/shop.crt")
        try arena.folder.write(renewed.key, to: "slot/shop.key", mode: 0o600)
        try await run(arena.nginx.reload)
        try await eventually(within: .seconds(60), "nginx serves it") { try await arena.served() == renewed.leaf }
        try await eventually(within: .seconds(60), "no old worker is left") {
            try await arena.reconcile(exits: nil)
            return try await Self.connector(arena)?["syncReason"]?.string == "ServedOnSome 3/4"
        }
        let seen = try #require(try await Self.connector(arena))
        #expect(seen["sync"] == "OutOfSync" && seen["certPlusSync"] == "OutOfSync" && seen["state"] != "Completed")
        let topology = try await arena.countersign(as: .dave, "topology", Arena.certificate, exits: 0).output
        #expect(topology.contains("ServedOnSome 3/4"))
        let lines = topology.split(separator: "\n").map(String.init)
        let named = lines.first { $0.contains("\(Self.other):\(port)") }
        #expect(named?.contains("\(arena.old.leaf.prefix(8)) served") == true, "\(topology)")
        let verdicts = try await arena.countersign(as: .gateway, "verify", "--format", "json", exits: 2).json
        let others = (verdicts["endpoints"]?.array ?? []).filter { $0["served"]?.string == arena.old.leaf }
        #expect(others.map { $0["address"] } == [.string(Self.other)])

        // Put right there, and signed: only now is it done.
        try fourth.folder.write(renewed.chain, to: "tls/shop.crt")
        try fourth.folder.write(renewed.key, to: "tls/shop.key", mode: 0o600)
        try await run(fourth.reload)
        try await eventually(within: .seconds(60), "it is in sync") {
            try await arena.reconcile(exits: nil)
            return try await Self.connector(arena)?["sync"] == "InSync"
        }
        #expect(try await Self.connector(arena)?["syncReason"] == "Unapproved")
        let adoption = try await arena.digest(of: "adopt")
        try await arena.approve(adoption)
        try await arena.implement(adoption)
        try await arena.reconcile(exits: 0)
        let done = try #require(try await Self.connector(arena))
        #expect(done["sync"] == "InSync" && done["syncReason"] == .null && done["state"] == "Completed")
    }

    private static func connector(_ arena: Arena) async throws -> JSONValue? {
        try await arena.status()["connectors"]?.array?.first
    }

    /// On the same port of an address of its own.
    private static func fourth(_ arena: Arena, _ port: UInt16) async throws -> OwnServer {
        let folder = try TemporaryFolder("fourth")
        try folder.write(arena.old.chain, to: "tls/shop.crt")
        try folder.write(arena.old.key, to: "tls/shop.key", mode: 0o600)
        return try await OwnServer.nginx(in: folder, serving: ["shop"], at: [other], port: port)
    }
}
