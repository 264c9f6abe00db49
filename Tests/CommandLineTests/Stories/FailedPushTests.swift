// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import TestKit
import Testing
import Vocabulary

/// All of these are signed at both levels: what stops them is the device, or the candidate itself.
@Suite("A push that must not stay") struct FailedPushTests {
    @Test("is not begun with a key that does not fit, and goes on with the same signatures once the right one is there")
    func keyMismatch() async throws {
        let arena = try await Arena.made()
        try await arena.reconcile(exits: 0)
        let renewed = try await arena.renew()
        let other = try await arena.authority.issue("other", days: 5)
        try arena.folder.write(other.key, to: "private/\(renewed.spki).key", mode: 0o600)
        let live = try arena.slotFiles()

        // Only the gateway can look at keys: elsewhere the plan says that it did not, and that blocks no signature.
        let digest = try await arena.digest()
        let seen = try #require(try await arena.plan()["workOrders"]?.first(where: "digest", is: digest))
        #expect(seen["state"] == "Blocked")
        #expect(seen["reason"]?["code"] == "KeyMismatch")
        #expect(try await arena.countersign(as: .gateway, "plan", exits: 2).output.contains("KeyMismatch: "))
        try await arena.approve(digest)
        try await arena.implement(digest)

        let pass = try await arena.reconcile(exits: 2)
        #expect(pass["pushes"] == [])
        #expect(try arena.slotFiles() == live)
        #expect(try await arena.served() == arena.old.leaf)

        try arena.keep(keyOf: renewed)
        try await arena.reconcile(exits: 0)
        #expect(try await arena.served() == renewed.leaf)
    }

    @Test("is not begun where the device's own parser refuses the candidate: nothing live is touched")
    func refusedByTheParser() async throws {
        // nginx takes P-256 at this level and refuses RSA-2048 ("ee key too small"), which is good enough for our own checks.
        let arena = try await Arena.made { $0.nginx = ["ssl_ciphers DEFAULT:@SECLEVEL=3;"] }
        try await arena.reconcile(exits: 0)
        let candidate = try await arena.authority.issue("rsa", days: 47, algorithm: "rsa")
        try arena.keep(keyOf: candidate)
        try await arena.declare(candidate, because: "Renew shop with RSA")
        let digest = try await arena.digest()
        try await arena.approve(digest)
        try await arena.implement(digest)
        let live = try arena.slotFiles()

        let pass = try await arena.reconcile(exits: 2)
        #expect(pass["pushes"]?.array?.contains { $0["outcome"] == "Completed" } == false)
        let order = try #require(try await arena.plan()["workOrders"]?.first(where: "digest", is: digest))
        #expect(order["state"] == "Blocked")
        #expect(order["reason"]?["code"] == "CandidateRefused")
        // In the parser's own words, and about the paths that its administrator knows.
        let said = try #require(order["reason"]?["message"]?.string)
        #expect(said.contains("ee key too small"))
        #expect(said.contains(arena.slot.certificate))
        #expect(try arena.slotFiles() == live)
        #expect(try await arena.served() == arena.old.leaf)

        // Remembered: it is not tried again at each pass. With the device's configuration put right it goes on.
        try await arena.reconcile(exits: 2)
        try arena.nginx.edit { $0.replacing("SECLEVEL=3", with: "SECLEVEL=2") }
        try await arena.reconcile(exits: 0)
        #expect(try await arena.served() == candidate.leaf)
    }

    @Test("is not begun where the configuration is broken by hand meanwhile: nothing live is touched")
    func brokenConfiguration() async throws {
        let (arena, renewed, digest) = try await Arena.signed()
        try arena.nginx.edit { $0.replacing("access_log off;", with: "access_log of;;") }
        let live = try arena.slotFiles()
        let pass = try await arena.reconcile(exits: 2)
        #expect(pass["pushes"]?.array?.contains { $0["outcome"] == "Completed" } == false)
        let order = try #require(try await arena.plan()["workOrders"]?.first(where: "digest", is: digest))
        #expect(order["state"] == "Blocked")
        #expect(try arena.slotFiles() == live)
        #expect(try await arena.served() == arena.old.leaf)

        try arena.nginx.edit { $0.replacing("access_log of;;", with: "access_log off;") }
        try await arena.reconcile(exits: 0)
        #expect(try await arena.served() == renewed.leaf)
    }

    @Test(
        "is undone, and the undoing proven by handshake",
        arguments: [
            // A reload that fails, and one that says it did well and changed nothing.
            ["/bin/false"], ["/bin/true"],
        ])
    func rolledBack(reload: [String]) async throws {
        let (arena, renewed, digest) = try await Arena.signed {
            $0.reload = reload
            $0.device = ["timeouts: {settle: 2s}"]
        }
        let live = try arena.slotFiles()
        let pass = try await arena.reconcile(exits: 4)
        let push = try #require(pass["pushes"]?.array?.first)
        #expect(push["digest"]?.string == digest)
        #expect(push["outcome"] == "RolledBack")
        #expect(push["message"]?.string?.contains(reload == ["/bin/false"] ? "/bin/false" : "still serves") == true)
        #expect(try arena.slotFiles().map(\.bytes) == live.map(\.bytes))
        #expect(try arena.slotFiles().map(\.mode) == live.map(\.mode))
        #expect(try await arena.served() == arena.old.leaf)

        let explained = try await arena.countersign(as: .bob, "explain", digest, "--format", "json", exits: 0).json
        #expect(explained["state"] == "RolledBack")
        let connector = try #require(try await arena.status()["connectors"]?.array?.first)
        #expect(connector["colour"] == "gray")
        #expect(connector["sync"] == "OutOfSync")
        // No retry by itself: another work order, which nobody has signed.
        let next = try await arena.reconcile(exits: 2)
        #expect(next["pushes"] == [])
        let again = try await arena.digest()
        #expect(again != digest)
        #expect(try await arena.served() == arena.old.leaf)
        #expect(renewed.leaf != arena.old.leaf)
    }
}
