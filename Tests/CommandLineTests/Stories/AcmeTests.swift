// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Processes
import TestKit
import Testing
import Vocabulary

@Suite("An ACME client's hook") struct AcmeTests {
    private static let sealed = "certificates/shop.key.p7m"

    @Test(
        "brings what the client was given: asked for, signed by people, served, the key never in the clear",
        arguments: ["lego", "certbot"])
    func hook(client: String) async throws {
        let arena = try await Arena.made { $0.hasRecipient = true }
        try arena.folder.write(arena.old.key, to: "acme/old.key", mode: 0o600)
        try arena.edit("shop.yaml") {
            $0.replacing(#/privateKey: \{file: .*\}/#, with: "privateKey: {encrypted: \(Self.sealed)}")
        }
        try await arena.countersign(
            as: .alice, "encrypt-key", arena.folder.file("acme/old.key"), "--certificate", Arena.certificate, "-o",
            arena.clone(of: .alice) + "/" + Self.sealed, exits: 0)
        try await arena.commit("Keep the shop's key in git, encrypted to the gateway")
        try await arena.reconcile(exits: 0)
        // The client's clone trusts what its own state says, as a host that renews for years does.
        try await arena.countersign(
            ["trust", arena.trusted, "--repo", arena.clone(of: .alice), "--state", arena.state(of: .alice)], as: .alice,
            exits: 0)

        let server = try await AcmeServer(in: arena)
        try await order(from: server, by: client, arena)
        let tip = try #require(try await arena.tip(of: "main"))
        let message =
            try await arena.git(.bob, "fetch", "-q", "origin") + arena.git(.bob, "log", "-1", "--format=%s", tip)
        #expect(message.hasPrefix("Renew shop-example-com: "))
        #expect(try await arena.git(.bob, "show", "\(tip):\(Self.sealed)").hasPrefix("-----BEGIN CMS-----"))

        let digest = try await arena.digest()
        try await arena.approve(digest)
        try await arena.implement(digest)
        try await arena.reconcile(exits: 0)
        let chain = try await arena.git(.bob, "show", "\(tip):certificates/shop.pem")
        let leaf = Hex.encode(FileDigest(hashing: try CertificateAuthority.der(ofPEM: chain)).bytes)
        #expect(try await arena.served() == leaf)
    }

    private func order(from server: AcmeServer, by client: String, _ arena: Arena) async throws {
        let hook = ExampleTests.root.appending(path: "examples/acme/\(client)-hook").path
        var environment = arena.environment(of: .alice)
        let path = URL(fileURLWithPath: arena.binary).deletingLastPathComponent().path
        environment["PATH"] = path + ":" + (ProcessInfo.processInfo.environment["PATH"] ?? "")
        environment["COUNTERSIGN_REPO"] = arena.clone(of: .alice)
        environment["XDG_STATE_HOME"] = arena.folder.file("home/alice/.state")
        // Where the hook's countersign looks without --state.
        try arena.folder.makeFolder("home/alice/.state/countersign")
        try FileManager.default.moveItem(
            atPath: arena.state(of: .alice),
            toPath: arena.folder.file("home/alice/.state/countersign/\(arena.repositoryID)"))
        let place = arena.folder.file("acme/\(client)")
        let port = String(try freePort())
        switch client {
        case "lego":
            environment["LEGO_CA_CERTIFICATES"] = server.root
            try await run(
                [
                    "lego", "--server", server.directory, "--accept-tos", "--email", "ops@example.com", "--path", place,
                    "--http",
                    "--http.port", "127.0.0.1:\(port)", "--domains", Arena.host, "--domains", "www.\(Arena.host)",
                    "run", "--run-hook", hook,
                ], environment: environment, deadline: .seconds(120))
        default:
            environment["REQUESTS_CA_BUNDLE"] = server.root
            try await run(
                [
                    "certbot", "certonly", "--non-interactive", "--standalone", "--http-01-address", "127.0.0.1",
                    "--http-01-port", port,
                    "--server", server.directory, "--agree-tos", "--email", "ops@example.com", "--no-eff-email",
                    "--config-dir",
                    place + "/config", "--work-dir", place + "/work", "--logs-dir", place + "/logs", "-d", Arena.host,
                    "-d",
                    "www.\(Arena.host)", "--deploy-hook", hook,
                ], environment: environment, deadline: .seconds(120))
        }
    }
}
