// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Processes
import TestKit
import Testing
import Vocabulary

/// Whatever the person's git signs with.
@Suite("A signing key") struct KeyTests {
    @Test("may be gpg's, or an SSH key that only an agent holds; who audits needs neither")
    func openPGPAndAgent() async throws {
        let arena = try await Arena.made { $0.openpgp = [.alice, .bob] }
        try await arena.reconcile(exits: 0)
        let renewed = try await arena.renew()
        let digest = try await arena.digest()
        let subkey = try #require(try await arena.gpg[.bob]?.fingerprints().last)

        // Bob's git says gpg, and names no subkey: gpg chooses it.
        let shown = try await arena.countersign(as: .bob, "approve", digest, exits: 1).errors
        #expect(shown.contains("You are bob (openpgp:\(subkey), in netops, pki)"), "\(shown)")
        try await arena.approve(digest)

        // Dave's private key is nowhere but in his agent.
        let agent = try await SSHAgent(in: arena.folder)
        let key = try #require(arena.keys[.dave])
        try await agent.add(key)
        try FileManager.default.removeItem(atPath: key.path)
        let configuration = try arena.folder.readText("home/dave/.gitconfig")
        func implement(_ signingKey: String, exits code: Int32) async throws -> Answer {
            try arena.folder.write(
                configuration.replacing("\(key.path).pub", with: signingKey), to: "home/dave/.gitconfig")
            return try await arena.countersign(
                arena.globals(of: .dave) + ["implement", digest, "--yes", "--no-push"], as: .dave,
                environment: ["SSH_AUTH_SOCK": agent.socket], exits: code)
        }
        _ = try await implement("\(key.path).pub", exits: 0)
        _ = try await implement("key::\(key.publicLine)", exits: 0)
        // Where git names none, it asks for one.
        try arena.folder.write(
            configuration.replacing("\tsigningKey = \(key.path).pub\n", with: "")
                + "[gpg \"ssh\"]\n\tdefaultKeyCommand = ssh-add -L\n",
            to: "home/dave/.gitconfig")
        try await arena.countersign(
            arena.globals(of: .dave) + ["implement", digest, "--yes"], as: .dave,
            environment: ["SSH_AUTH_SOCK": agent.socket], exits: 0)

        let pass = try await arena.reconcile(exits: 0)
        #expect(pass["pushes"]?.array?.count == 1, "\(pass)")
        #expect(try await arena.served() == renewed.leaf)
        let explained = try await arena.countersign(as: .mallory, "explain", digest, exits: 0).output
        #expect(explained.contains("bob, openpgp:\(subkey)"), "\(explained)")

        // Whoever audits has git and the key files in it: no gpg, no agent.
        let path = try arena.folder.makeFolder("bin")
        for tool in ["git", "sh"] {
            let place = try await run("sh", "-c", "command -v \(tool)").outputText.filter { $0 != "\n" }
            try FileManager.default.createSymbolicLink(atPath: "\(path)/\(tool)", withDestinationPath: place)
        }
        try await arena.git(.mallory, "fetch", "-q", "origin")
        let audit = try await arena.countersign(
            arena.globals(of: .mallory) + ["audit", "--format", "json"], as: .mallory, environment: ["PATH": path],
            exits: 0)
        #expect(audit.output.contains("proven") && !audit.output.contains("Invalid"), "\(audit)")
        // A state store that is opened again reads what it kept, without the signatures.
        try await arena.reconcile(exits: 0)
        #expect(try await arena.status(as: .mallory)["connectors"]?.array?.first?["sync"] == "InSync")
    }

    @Test("that cannot count is refused before anything is signed, with the reason")
    func refused() async throws {
        let folder = try TemporaryFolder("keys")
        let names = ["expired", "revoked", "early", "unknown"]
        var keys: [String: SSHKey] = [:]
        for name in names { keys[name] = try await SSHKey(name, in: folder) }
        func line(_ name: String, _ validity: String) -> String { "}, {ssh: \"\(keys[name]?.key ?? "")\", \(validity)" }
        let arena = try await Arena.made {
            $0.validity[.bob] =
                line("expired", "notAfter: 2026-01-01T00:00:00Z") + line("revoked", "revokedFrom: 2026-01-01T00:00:00Z")
                + line("early", "notBefore: 2099-01-01T00:00:00Z")
            $0.openpgp = [.dave]
        }
        try await arena.reconcile(exits: 0)
        try await arena.renew()
        let digest = try await arena.digest()
        let configuration = try arena.folder.readText("home/bob/.gitconfig")
        let usual = try #require(arena.keys[.bob])
        let expected = [
            ("expired", "KeyNotValidAtFirstSeen", "was valid until 2026-01-01T00:00:00Z"),
            ("revoked", "KeyRevoked", "is revoked from 2026-01-01T00:00:00Z"),
            ("early", "KeyNotValidAtFirstSeen", "is valid from 2099-01-01T00:00:00Z"),
            ("unknown", "UnknownSigner", "belongs to nobody in the trust set in force"),
        ]
        for (name, code, words) in expected {
            try arena.folder.write(
                configuration.replacing("\(usual.path).pub", with: "\(keys[name]?.path ?? "").pub"),
                to: "home/bob/.gitconfig")
            let refused = try await arena.refusal(as: .bob, "approve", digest, "--yes")
            #expect(refused.code == code && refused.said.contains(words), "\(refused)")
        }
        try arena.folder.write(configuration, to: "home/bob/.gitconfig")
        try await arena.approve(digest)

        // Dave makes a new subkey, which gpg prefers and nobody has declared; then one that has expired; then none is left.
        let dave = try #require(arena.gpg[.dave])
        let declared = try #require(try await dave.fingerprints().last)
        let subkey = try await dave.addSubkey(clock: "20991231T000000")
        let newest = try await arena.refusal(as: .dave, "implement", digest, "--yes")
        #expect(newest.code == "UnknownSigner" && newest.said.contains(subkey), "\(newest)")
        let gitconfig = try arena.folder.readText("home/dave/.gitconfig")
        try arena.folder.write(gitconfig.replacing(dave.fingerprint, with: declared + "!"), to: "home/dave/.gitconfig")
        // A signature that any program could misread never leaves the house.
        try arena.folder.write("comment hello\n", to: "home/dave/.gnupg/gpg.conf")
        let commented = try await arena.refusal(as: .dave, "implement", digest, "--yes")
        #expect(commented.code == "Malformed" && commented.said.contains("gpg.conf"), "\(commented)")
        try arena.folder.write("digest-algo SHA1\nallow-weak-digest-algos\n", to: "home/dave/.gnupg/gpg.conf")
        #expect(try await arena.refusal(as: .dave, "implement", digest, "--yes").code == "WeakKey")
        try arena.folder.write("", to: "home/dave/.gnupg/gpg.conf")
        try await dave.revoke(reason: 1)
        let revoked = try await arena.refusal(as: .dave, "implement", digest, "--yes")
        #expect(revoked.code == "NoSigningKey" && revoked.said.contains("is revoked"), "\(revoked)")
        #expect(try await arena.git(.bob, "ls-remote", "origin", "refs/heads/approvals/*/dave-*").isEmpty)
    }

    @Test(
        "is followed by another that overlaps it; taken away by one commit, it takes back what is open and nothing that is done"
    )
    func rotation() async throws {
        let folder = try TemporaryFolder("keys")
        let next = try await SSHKey("next", in: folder)
        let arena = try await Arena.made { $0.validity[.bob] = "}, {ssh: \"\(next.key)\"" }
        try await arena.reconcile(exits: 0)
        let first = try await arena.renew()
        let done = try await arena.digest()
        try await arena.approve(done)
        try await arena.implement(done)
        try await arena.reconcile(exits: 0)
        #expect(try await arena.served() == first.leaf)

        let second = try await arena.renew(days: 60)
        let digest = try await arena.digest()
        let shown = try await arena.countersign(as: .bob, "approve", digest, "--diff", exits: 1).errors
        #expect(shown.contains("differs from \(HandmadeRecord.id(of: done)), completed "), "\(shown)")
        #expect(
            shown.contains("valid to: ") && shown.contains("another private key") && !shown.contains("connector.spec"),
            "\(shown)")
        try await arena.approve(digest)
        // Both keys are bob's, and bob is one.
        let old = try #require(arena.keys[.bob])
        let configuration = try arena.folder.readText("home/bob/.gitconfig")
        try arena.folder.write(configuration.replacing(old.path, with: next.path), to: "home/bob/.gitconfig")
        #expect(
            try await arena.refusal(as: .bob, "approve", digest, "--level", "approve", "--yes").code
                == "SamePersonTwice")
        // Dave signs for the day after tomorrow.
        let start = Timestamp(secondsSince1970: Int64(Date().timeIntervalSince1970) + 172_800)
        try await arena.countersign(as: .dave, "implement", digest, "--at", start.description, "--yes", exits: 0)
        try await arena.reconcile(exits: 2)
        func state() async throws -> String? {
            try await arena.status()["workOrders"]?.first(where: "digest", is: digest)?["state"]?.string
        }
        #expect(try await state() == "Scheduled")

        // The laptop is lost: one commit takes the key away, before anybody has signed for that.
        try arena.edit("people.yaml") {
            $0.replacing("{ssh: \"\(old.key)\"}, {ssh: \"\(next.key)\"}", with: "{ssh: \"\(next.key)\"}")
        }
        try await arena.commit("Take bob's lost key away")
        try await arena.reconcile(exits: 2)
        #expect(try await state() == "Requested")
        let explained = try await arena.countersign(as: .dave, "explain", digest, exits: 0).output
        #expect(explained.contains("UnknownKey") && explained.contains("no longer in the branch's tip"), "\(explained)")

        // With the key that overlapped bob goes on. What dave signed leant on a signature that is none: he signs again.
        try await arena.approve(digest)
        try await arena.reconcile(exits: 2)
        #expect(try await state() == "PushReviewInProgress")
        try await arena.countersign(as: .dave, "implement", digest, "--at", start.description, "--yes", exits: 0)
        try await arena.reconcile(exits: 2)
        #expect(try await state() == "Scheduled")
        #expect(try await arena.served() == first.leaf && first.leaf != second.leaf)

        // What was done stays proven: the set in force then had the key. Also where the tip says that it was stolen long before.
        func audit() async throws -> String {
            try await arena.git(.mallory, "fetch", "-q", "origin")
            return try await arena.countersign(as: .mallory, "audit", "--format", "json").output
        }
        let before = try await audit()
        #expect(before.contains("proven") && !before.contains("KeyRevoked"), "\(before)")
        try arena.edit("people.yaml") {
            $0.replacing(
                "{ssh: \"\(next.key)\"}",
                with: "{ssh: \"\(next.key)\"}, {ssh: \"\(old.key)\", revokedFrom: 2026-01-01T00:00:00Z}")
        }
        try await arena.commit("Say since when the key was not bob's any more")
        try await arena.reconcile(exits: 2)
        let after = try await audit()
        #expect(after.contains("proven") && !after.contains("KeyRevoked"), "\(after)")
        #expect(try await state() == "Scheduled")
    }
}
