// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Processes
import TestKit
import Testing
import Vocabulary

/// examples/stunnel-driver, as its README says.
@Suite(
    "A device that a plugin knows",
    .enabled(
        if: OwnServer.program("/usr/bin/stunnel4") != nil && geteuid() == 0, "needs stunnel4: scripts/setup installs it"
    ))
struct PluginTests {
    private static let example = ExampleTests.root.appending(path: "examples/stunnel-driver").path

    @Test("is planned, signed for, pushed to and proven as any other")
    func wholeWay() async throws {
        let folder = try TemporaryFolder("stunnel")
        let arena = try await Arena.made { setting in
            setting.isTrusted = false
            setting.repository = ["commands: {stunnel-driver: [python3, \"\(Self.example)/driver.py\"]}"]
        }
        try folder.write(arena.old.chain, to: "tls/shop.crt")
        try folder.write(arena.old.key, to: "tls/shop.key", mode: 0o600)
        let server = try await OwnServer.stunnel(in: folder)
        let port = try #require(server.ports["shop"])
        try arena.write(
            """
            apiVersion: countersign/v1
            kind: Device
            metadata: {name: edge-1}
            spec:
              kind: exec
              zone: default
              transport: {local: {}}
              exec: {command: stunnel-driver, settings: {config: "\(server.configuration)", reload: "\(server.reload[0])"}}
              slotRoots: ["\(folder.file("tls"))"]

            """, to: "devices.yaml")
        try arena.write(
            Arena.shop(
                slot: (folder.file("tls/shop.crt"), folder.file("tls/shop.key")), port: port,
                keys: arena.folder.file("private")), to: "shop.yaml")
        try await arena.trust(try await arena.commit("Let a plugin know the shop's server"))
        try await arena.reconcile(exits: 0)
        let renewed = try await arena.renew()
        let digest = try await arena.digest()
        try await arena.approve(digest)
        try await arena.implement(digest)
        let pass = try await arena.reconcile(exits: 0)
        #expect(pass["pushes"]?.array?.compactMap { $0["outcome"]?.string } == ["Completed"], "\(pass)")
        // What stunnel would pass on to is not there: it resets the connection once it has shown its certificate.
        let answer = try await outcome(
            of: ["openssl", "s_client", "-connect", "127.0.0.1:\(port)", "-servername", Arena.host])
        let leaf = Hex.encode(FileDigest(hashing: try CertificateAuthority.der(ofPEM: answer.outputText)).bytes)
        #expect(leaf == renewed.leaf)
        #expect(try folder.readText("tls/shop.key") == renewed.key)
        #expect(try await arena.reconcile(exits: 0)["pushes"] == [])
    }

    @Test("is tried by driver-check, on the bench that stands beside it")
    func driverCheck() async throws {
        let folder = try TemporaryFolder("check")
        let bench = "\(Self.example)/bench.py"
        try await run("python3", bench, "start", folder.file("bench"))
        do {
            // A few of the scenarios; all of them are tried on it by ConformanceTests.
            var description = try #require(try JSONValue(parsing: try folder.read("bench/bench.json")).object)
            let tried = ["first-install", "make-live-fails", "changed-by-hand", "earlier-lease"]
            let others = [
                "renewal", "several-slots", "candidate-refused", "make-live-lies", "undo", "interruption", "hang",
                "permission-denied", "disk-full",
            ]
            description["reasons"] = .object(others.reduce(into: JSONObject()) { $0[$1] = "tried elsewhere" })
            description["odd"] = nil
            try folder.write(JSONValue.object(description).prettyBytes, to: "bench.json")
            let json = try await outcome(
                of: [
                    BuiltBinary.path, "driver-check", "--format", "json", "--bench", folder.file("bench.json"),
                    "\(Self.example)/driver.py",
                ], deadline: .seconds(900))
            let report = try JSONValue(parsing: json.output)
            let results = (report["scenarios"]?.array ?? []).reduce(into: [String: String]()) {
                $0[$1["scenario"]?.string ?? ""] = $1["result"]?.string
            }
            for name in tried { #expect(results[name] == "passed", "\(report)") }
            #expect(results["odd-names"] == "notTried")
            // One of them was not tried, and nobody says why.
            #expect(json.status == .exited(1) && report["passed"] == false)
        } catch {
            _ = try? await run("python3", bench, "stop", folder.file("bench"))
            throw error
        }
        try await run("python3", bench, "stop", folder.file("bench"))
    }

    @Test("that does not speak the protocol is no driver, and is told so")
    func noDriver() async throws {
        let result = try await outcome(of: [BuiltBinary.path, "driver-check", "true"])
        #expect(result.status == .exited(1))
        #expect(result.outputText.contains("✗ protocol"))
        #expect(result.outputText.contains("docs/plugins.md"))
        let good = try await outcome(of: [BuiltBinary.path, "driver-check", "\(Self.example)/driver.py"])
        #expect(good.status == .exited(1), "nothing was tried")
        #expect(good.outputText.contains("It speaks the protocol"))
        #expect(good.outputText.contains("--bench FILE"))
    }
}
