// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Processes
import TestKit
import Testing
import Vocabulary

/// What a deploy hook does: lego and certbot hand over a chain and a key, everything else is countersign's.
@Suite("A renewal without hands") struct RenewTests {
    private static let sealed = "certificates/shop.key.p7m"

    /// The shop's key lies in git, encrypted to the gateway, and both people have signed what is in force.
    private func encrypted() async throws -> Arena {
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
        return arena
    }

    private func hook(_ arena: Arena, _ issued: IssuedCertificate, _ more: [String] = [], exits code: Int32?)
        async throws -> Answer
    {
        try arena.folder.write(issued.chain, to: "acme/shop.crt")
        try arena.folder.write(issued.key, to: "acme/shop.key", mode: 0o600)
        return try await arena.countersign(
            arena.globals(of: .alice) + [
                "renew", Arena.certificate, "--chain", arena.folder.file("acme/shop.crt"), "--key",
                arena.folder.file("acme/shop.key"),
            ] + more, as: .alice, exits: code)
    }

    private func issue(_ arena: Arena, _ label: String, names: [String]? = nil) async throws -> IssuedCertificate {
        try await eventually("the next second") { Int64(time(nil)) > arena.old.issued }
        guard let names else { return try await arena.authority.issue(label, days: 47) }
        return try await arena.authority.issue(label, days: 47, names: names)
    }

    @Test("brings certificate and encrypted key by one signed commit, and the gateway alone can open it")
    func encryptedKey() async throws {
        let arena = try await encrypted()
        let renewed = try await issue(arena, "renewed")
        let answer = try await hook(arena, renewed, ["--format", "json"], exits: 0).json
        let commit = try #require(answer["commit"]?.string)
        #expect(answer["leaf"]?.string == renewed.leaf)
        #expect(answer["key"]?.string == Self.sealed)
        #expect(try await arena.tip(of: "main") == commit)
        let changed = try await arena.git(.alice, "diff", "--name-only", "\(commit)~1", commit)
        #expect(changed.split(separator: "\n").sorted() == ["certificates/shop.key.p7m", "certificates/shop.pem"])
        let stored = try await arena.git(.alice, "show", "\(commit):\(Self.sealed)")
        #expect(stored.hasPrefix("-----BEGIN CMS-----"))

        // Run again, as ACME clients do, it asks for nothing.
        #expect(try await hook(arena, renewed, exits: 0).output.contains("nothing to ask for"))
        #expect(try await arena.tip(of: "main") == commit)

        let order = try #require(try await arena.plan(as: .bob)["workOrders"]?.array?.first)
        #expect(order["reason"] == .null)
        let digest = try #require(order["digest"]?.string)
        try await arena.approve(digest)
        try await arena.implement(digest)
        try await arena.reconcile(exits: 0)
        #expect(try await arena.served() == renewed.leaf)
        let key = try arena.folder.readText("slot/shop.key")
        #expect(key == renewed.key)
    }

    @Test(
        "is refused before anything is written: a key that does not fit, a lost name, a stranger's key, one that has leaked",
        arguments: ["key", "name", "stranger", "leaked"])
    func refused(what: String) async throws {
        let arena = try await Arena.made()
        var renewed = try await issue(arena, "renewed", names: what == "name" ? [Arena.host] : nil)
        if what == "key" { renewed.key = arena.old.key }
        if what == "stranger" {
            try await arena.git(.alice, "config", "user.signingKey", "\(try #require(arena.keys[.mallory]).path).pub")
        }
        if what == "leaked" {
            renewed = try await arena.authority.issue("again", days: 47, withKeyOf: arena.old)
            try arena.edit("countersign.yaml") {
                $0.replacing("  branch: main\n", with: "  branch: main\n  compromisedKeys: [\"\(arena.old.spki)\"]\n")
            }
            try await arena.commit("The shop's key has leaked")
        }
        let before = try await arena.tip(of: "main")
        let answer = try await hook(arena, renewed, ["--format", "json"], exits: 1).json
        let code = [
            "key": "KeyMismatch", "name": "CoverageLoss", "stranger": "UnknownSigner", "leaked": "KeyCompromised",
        ][what]
        #expect(answer["error"]?["code"]?.string == code)
        #expect(try await arena.tip(of: "main") == before)
    }

    @Test("asks on a branch of its own where a pull request is wanted; the branch in force stays")
    func pullRequest() async throws {
        let arena = try await Arena.made()
        try await arena.reconcile(exits: 0)
        let renewed = try await issue(arena, "renewed")
        let before = try await arena.tip(of: "main")
        let answer = try await hook(arena, renewed, ["--branch", "renew/shop", "--format", "json"], exits: 0).json
        #expect(try await arena.tip(of: "renew/shop") == answer["commit"]?.string)
        #expect(try await arena.tip(of: "main") == before)
        // The key of a `{spki}` file lies where the gateway looks for it, readable by nobody else.
        let plan = try await arena.countersign(as: .bob, "plan", "--ref", "renew/shop", "--format", "json", exits: 2)
            .json
        #expect(plan["workOrders"]?.array?.first?["installs"]?["leaf"]?.string == renewed.leaf)
        let place = arena.folder.file("private/\(renewed.spki).key")
        #expect(answer["key"]?.string == place)
        let mode = try await run("stat", "-c", "%a", place).outputText
        #expect(mode == "600\n")
    }

    @Test("of eight certificates at once, by eight hooks: each ends in a commit of its own, none is lost")
    func race() async throws {
        let arena = try await Arena.made()
        let names = (1...8).map { "site-\($0)" }
        var yaml = ""
        for name in names {
            let first = try await arena.authority.issue(name, days: 20, names: ["\(name).example.com"])
            try arena.write(first.chain, to: "certificates/\(name).pem")
            yaml += """
                apiVersion: countersign/v1
                kind: Certificate
                metadata: {name: \(name)}
                spec: {chain: certificates/\(name).pem, privateKey: {file: "\(arena.folder.file("private"))/{spki}.key"}}
                ---

                """
        }
        try arena.write(yaml, to: "sites.yaml")
        try await arena.commit("Declare eight sites")
        let before = try #require(try await arena.tip(of: "main"))
        try await withThrowingTaskGroup { group in
            for name in names {
                group.addTask {
                    let renewed = try await arena.authority.issue(
                        "\(name)-new", days: 47, names: ["\(name).example.com"])
                    try arena.folder.write(renewed.chain, to: "acme/\(name).crt")
                    try arena.folder.write(renewed.key, to: "acme/\(name).key", mode: 0o600)
                    let clone = arena.folder.file("clones/\(name)")
                    try await run(
                        ["git", "clone", "-q", "file://\(arena.origin)", clone],
                        environment: arena.environment(of: .alice))
                    try await arena.countersign(
                        [
                            "renew", name, "--chain", arena.folder.file("acme/\(name).crt"), "--key",
                            arena.folder.file("acme/\(name).key"), "--repo", clone, "--state",
                            arena.folder.file("state/\(name)"),
                            "--trust", arena.trusted,
                        ], as: .alice, exits: 0)
                }
            }
            try await group.waitForAll()
        }
        let log =
            try await arena.git(.bob, "fetch", "-q", "origin")
            + arena.git(.bob, "log", "--format=%s", "\(before)..origin/main")
        let subjects = log.split(separator: "\n").map { $0.prefix { $0 != ":" } }.sorted()
        #expect(subjects == names.map { "Renew \($0)" }.sorted().map { $0[...] })
    }

    @Test("of a key that is not encrypted to the zone is blocked, as everybody can see")
    func otherZone() async throws {
        let arena = try await encrypted()
        let other = arena.folder.file("state/other")
        let recipient = try await arena.countersign(["recipient", "--state", other], as: .gateway, exits: 0).output
        let renewed = try await issue(arena, "renewed")
        try arena.folder.write(renewed.key, to: "acme/new.key", mode: 0o600)
        try arena.folder.write(recipient, to: "acme/other.pem")
        try await run(
            "openssl", "cms", "-encrypt", "-binary", "-aes-256-gcm", "-in", arena.folder.file("acme/new.key"),
            "-outform", "PEM",
            "-out", arena.clone(of: .alice) + "/" + Self.sealed, arena.folder.file("acme/other.pem"))
        try await arena.declare(renewed, because: "Renew, with a key for somebody else")
        let order = try #require(try await arena.plan(as: .bob)["workOrders"]?.array?.first)
        #expect(order["reason"]?["code"] == "KeyNotForZone")
    }
}
