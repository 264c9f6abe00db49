// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Processes
import TestKit
import Testing
import Vocabulary

/// Certificates of a real ACME server on a real nginx and a real haproxy, half of them each; all of them are due in one night.
private struct Night {
    struct Due {
        var name: String
        /// Of what lies there when the night begins: all end on days of their own.
        var days: Int
        var port: UInt16
        var host: String { "\(name).example.com" }
        var certificate: String { host.replacing(".", with: "-") }
        var connector: String { "\(name)-edge" }
    }
    let arena: Arena
    let acme: AcmeServer
    let due: [Due]
    /// Keep the servers.
    private let servers: [OwnServer]

    static func make(_ count: Int, perHour: Int) async throws -> Night {
        let arena = try await Arena.made {
            $0.hasRecipient = true
            $0.isTrusted = false
        }
        let acme = try await AcmeServer(in: arena)
        let authority = try await acme.authority(in: arena.folder)
        let names = (0..<count).map { $0 % 2 == 0 ? "nginx-\($0)" : "haproxy-\($0)" }
        let folders = [try TemporaryFolder("night-nginx"), try TemporaryFolder("night-haproxy")]
        // Not in the order of their names.
        let days = names.indices.map { 3 + ($0 * 7 + 5) % count }
        for (index, name) in names.enumerated() {
            let issued = try await authority.issue(name, days: days[index], names: ["\(name).example.com"])
            let folder = folders[index % 2]
            if index % 2 == 0 {
                try folder.write(issued.chain, to: "tls/\(name).crt")
                try folder.write(issued.key, to: "tls/\(name).key", mode: 0o600)
            } else {
                try folder.write(issued.chain + issued.key, to: "tls/\(name).pem", mode: 0o600)
            }
            let certificate = "\(name)-example-com"
            try arena.write(issued.chain, to: "certificates/\(certificate).pem")
            let sealed = try await run(
                [
                    "openssl", "cms", "-encrypt", "-binary", "-aes-256-gcm", "-outform", "PEM",
                    arena.clone(of: .alice) + "/zones/default.pem",
                ], input: Array(issued.key.utf8))
            try arena.write(sealed.outputText, to: "certificates/\(certificate).p7m")
        }
        let nginx = try await OwnServer.nginx(
            in: folders[0], serving: names.enumerated().filter { $0.offset % 2 == 0 }.map(\.element))
        let haproxy = try await OwnServer.haproxy(
            in: folders[1], serving: names.enumerated().filter { $0.offset % 2 == 1 }.map(\.element))
        let ports = nginx.ports.merging(haproxy.ports) { $1 }
        let due = zip(names, days).map { Due(name: $0, days: $1, port: ports[$0] ?? 0) }
        let night = Night(arena: arena, acme: acme, due: due, servers: [nginx, haproxy])
        try night.declare(nginx, haproxy, issuer: authority.spki, perHour: perHour)
        try await arena.trust(try await arena.commit("Declare the night's certificates"))
        return night
    }

    private func declare(_ nginx: OwnServer, _ haproxy: OwnServer, issuer: String, perHour: Int) throws {
        func device(_ name: String, _ server: OwnServer) -> String {
            """
            apiVersion: countersign/v1
            kind: Device
            metadata: {name: \(name)}
            spec:
              kind: \(name)
              zone: default
              transport: {local: {}}
              \(name): {config: "\(server.configuration)", reload: [\(server.reload.joined(separator: ", "))]}
              slotRoots: ["\(server.folder.file("tls"))"]

            """
        }
        let trust = arena.renewalsByRobot(issuer: issuer, perHour: perHour, perDay: 1000)
        let documents = due.enumerated().map { index, one in
            let tls = (index % 2 == 0 ? nginx : haproxy).folder.file("tls/\(one.name)")
            let slot =
                index % 2 == 0 ? "certificate: \"\(tls).crt\", privateKey: \"\(tls).key\"" : "bundle: \"\(tls).pem\""
            return """
                apiVersion: countersign/v1
                kind: Certificate
                metadata: {name: \(one.certificate)}
                spec:
                  chain: certificates/\(one.certificate).pem
                  privateKey: {encrypted: certificates/\(one.certificate).p7m}
                ---
                apiVersion: countersign/v1
                kind: AppConnector
                metadata: {name: \(one.connector)}
                spec:
                  device: \(index % 2 == 0 ? "nginx" : "haproxy")
                  slot: {\(slot), mode: "0600"}
                  endpoints: [{address: 127.0.0.1, port: \(one.port), serverName: \(one.host)}]
                ---
                apiVersion: countersign/v1
                kind: Binding
                metadata: {name: \(one.connector)}
                spec: {certificate: \(one.certificate), connectors: [\(one.connector)]}

                """
        }
        try arena.write(
            ([trust, device("nginx", nginx), device("haproxy", haproxy)] + documents).joined(separator: "---\n"),
            to: "night.yaml")
    }

    /// What lies there is adopted by people; the ACME client's host has a clone, and trusts what was trusted first.
    func begin() async throws {
        try await arena.reconcile(exits: 0)
        let orders = try await arena.plan(as: .bob, exits: nil)["workOrders"]?.array ?? []
        let digests = orders.compactMap { $0["digest"]?.string }
        #expect(digests.count == due.count + 1)
        for (actor, verb) in [(Arena.Actor.bob, "approve"), (.dave, "implement")] {
            try await arena.countersign(arena.globals(of: actor) + [verb] + digests + ["--yes"], as: actor, exits: 0)
        }
        try await arena.reconcile(exits: 0)
        try await arena.git(.mallory, "pull", "-q", "origin", "main")
        // Where the hook's countersign looks without --state.
        try arena.folder.makeFolder("home/mallory/.state/countersign")
        try await arena.countersign(
            ["trust", arena.trusted, "--repo", arena.clone(of: .mallory)], as: .mallory, exits: 0)
        // A renewal begins later than what it renews, and certificates count in whole seconds.
        let now = Int64(time(nil))
        try await eventually("the next second") { Int64(time(nil)) > now }
    }

    /// lego orders each, four at a time, and hands them to its hook: the robot's commits race for the branch.
    func renew() async throws {
        let hook = ExampleTests.root.appending(path: "examples/acme/lego-hook").path
        var environment = arena.environment(of: .mallory)
        let path = URL(fileURLWithPath: arena.binary).deletingLastPathComponent().path
        environment["PATH"] = path + ":" + (ProcessInfo.processInfo.environment["PATH"] ?? "")
        environment["COUNTERSIGN_REPO"] = arena.clone(of: .mallory)
        environment["LEGO_CA_CERTIFICATES"] = acme.root
        let (arena, acme, given) = (arena, acme, environment)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, one) in due.enumerated() {
                if index >= 4 { try await group.next() }
                let port = try freePort()
                group.addTask {
                    try await run(
                        [
                            "lego", "--server", acme.directory, "--accept-tos", "--email", "ops@example.com", "--path",
                            arena.folder.file("acme/\(one.name)"), "--http", "--http.port", "127.0.0.1:\(port)",
                            "--domains", one.host, "run", "--run-hook", hook,
                        ], environment: given, deadline: .seconds(300))
                }
            }
            try await group.waitForAll()
        }
    }

    /// A pass so many hours later.
    func pass(after hours: Int) async throws -> JSONValue {
        try await arena.countersign(
            at: "+\(hours * 61)m", as: .gateway, "reconcile", "--format", "json", within: .seconds(1800)
        ).json
    }

    func served(_ one: Due) async throws -> String {
        let answer = try await run(
            "openssl", "s_client", "-connect", "127.0.0.1:\(one.port)", "-servername", one.host)
        return Hex.encode(FileDigest(hashing: try CertificateAuthority.der(ofPEM: answer.outputText)).bytes)
    }

    func declared(_ one: Due) async throws -> String {
        let chain = try await arena.git(.bob, "show", "origin/main:certificates/\(one.certificate).pem")
        return Hex.encode(FileDigest(hashing: try CertificateAuthority.der(ofPEM: chain)).bytes)
    }
}

/// A hundred takes minutes: `scripts/night --certificates 100`.
@Suite("A night in which all certificates are due") struct NightTests {
    private static let count = ProcessInfo.processInfo.environment["COUNTERSIGN_NIGHT"].flatMap { Int($0) } ?? 6

    @Test("needs nobody: ordered, brought, let through within the budget, earliest end first, served, and each proven")
    func night() async throws {
        let perHour = (Self.count + 2) / 3
        let night = try await Night.make(Self.count, perHour: perHour)
        let arena = night.arena
        try await night.begin()
        try await night.renew()

        var waiting = night.due.sorted { $0.days < $1.days }[...]
        var hours = 0
        while !waiting.isEmpty {
            let next = waiting.prefix(perHour)
            waiting = waiting.dropFirst(perHour)
            let report = try await night.pass(after: hours)
            let pushes = report["pushes"]?.array ?? []
            #expect(Set(pushes.compactMap { $0["connector"]?.string }) == Set(next.map(\.connector)), "\(report)")
            #expect(pushes.allSatisfy { $0["outcome"] == "Completed" }, "\(pushes)")
            let left = report["plan"]?["workOrders"]?.array ?? []
            #expect(left.count == waiting.count)
            #expect(left.allSatisfy { $0["reason"]?["code"] == "BudgetSpent" })
            hours += 1
        }
        #expect(hours == 3)
        try await arena.git(.bob, "fetch", "-q", "origin")
        for one in night.due { #expect(try await night.served(one) == (try await night.declared(one)), "\(one.name)") }
        #expect(try await arena.git(.bob, "rev-list", "--count", "\(arena.trusted)..origin/main") == "\(Self.count)")

        let audit = try await arena.audited(exits: 0)
        let pushes = (audit["workOrders"]?.array ?? []).filter { $0["action"] != "adopt" }
        #expect(pushes.count == Self.count && pushes.allSatisfy { $0["proven"] == true }, "\(audit)")
        #expect(
            pushes.allSatisfy { $0["levels"]?.array?.allSatisfy { $0["standing"] == "renewals" } ?? false }, "\(audit)")
    }
}
