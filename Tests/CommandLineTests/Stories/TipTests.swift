// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import TestKit
import Testing
import Vocabulary

@Suite("A tip of the branch") struct TipTests {
    @Test("that is not valid is reported with exit 1; what was signed goes on, and nothing new comes from it")
    func invalid() async throws {
        let (arena, renewed, digest) = try await Arena.asked()
        try await arena.approve(digest)
        try await arena.reconcile(exits: 2)  // accepts the tip that asks for the renewal
        // The broken tip asks for yet another certificate.
        let other = try await arena.authority.issue("other", days: 60)
        try arena.keep(keyOf: other)
        try arena.edit("shop.yaml") { $0.replacing("connectors: [edge-1-shop]", with: "connectors: [edge-1-shpo]") }
        try await arena.declare(other, because: "Oops")

        let plan = try await arena.plan(as: .bob, exits: nil)
        #expect(plan["invalidTip"]?["diagnostics"]?.array?.first?["file"] == "shop.yaml")
        let orders = plan["workOrders"]?.array?.filter { $0["action"] == "replace" } ?? []
        #expect(orders.compactMap { $0["digest"]?.string } == [digest])

        try await arena.implement(digest)
        let text = try await arena.countersign(as: .gateway, "reconcile", exits: 1)
        #expect((text.output + text.errors).contains("shop.yaml:"), "\(text)")
        #expect(try await arena.served() == renewed.leaf)
        // At rest, but still not well.
        let again = try await arena.reconcile(exits: 1)
        #expect(again["pushes"] == [])
        #expect(try await arena.served() == renewed.leaf)
    }

    @Test("that takes a person away takes their signatures away at once, though the old trust set stays in force")
    func takesAway() async throws {
        let (arena, _, digest) = try await Arena.asked { $0.pki = [.alice, .bob, .mallory] }
        try await arena.approve(digest, as: .bob)
        try await arena.reconcile(exits: 2)
        try await arena.removeBob()

        let plan = try await arena.plan(as: .dave)
        let change = try #require(plan["policyChanges"]?.array?.first)
        #expect(change["id"]?.string?.hasPrefix("POL-") == true)
        #expect(change["changes"]?.array?.contains { $0.string?.contains("bob") == true } == true)
        let text = try await arena.countersign(as: .dave, "plan", exits: 2).output
        #expect(text.contains("POL-") && text.contains("bob"))
        // The set in force is the one of the trusted commit.
        #expect(plan["trust"]?["commit"]?.string == arena.trusted)

        let order = try #require(plan["workOrders"]?.first(where: "digest", is: digest))
        #expect(order["state"] == "Requested")
        #expect(order["refused"]?.array?.first?["code"] == "UnknownKey")
        #expect(try await arena.refusal(as: .dave, "implement", digest, "--yes").code == "TooEarly")
        #expect(try await arena.refusal(as: .bob, "approve", digest, "--yes").code == "UnknownKey")
        let pass = try await arena.reconcile(exits: 2)
        #expect(pass["pushes"] == [])
    }

    @Test("that gives somebody rights gives nothing until that is approved")
    func givesNothing() async throws {
        let (arena, _, digest) = try await Arena.asked()
        try arena.edit("people.yaml") {
            $0 + """
                ---
                apiVersion: countersign/v1
                kind: Person
                metadata: {name: mallory}
                spec:
                  emails: [mallory@example.com]
                  keys: [{ssh: "\(arena.keys[.mallory]?.key ?? "")"}]

                """
        }
        try arena.edit("policy.yaml") { $0.replacing("members: [alice, bob]", with: "members: [alice, bob, mallory]") }
        try await arena.commit("Welcome mallory")
        let commit = try await arena.sign(arena.record("approve", digest).message, as: .mallory)
        try await arena.publish(commit, as: .mallory, named: "mallory-1", for: digest)
        let pass = try await arena.reconcile(exits: 2)
        #expect(pass["pushes"] == [])
        let plan = try await arena.plan(as: .bob)
        #expect(plan["policyChanges"]?.array?.count == 1)
        let order = try #require(plan["workOrders"]?.first(where: "digest", is: digest))
        #expect(order["state"] == "Requested")
        #expect(order["refused"]?.array?.map { $0["code"] } == ["UnknownKey"])
        #expect(try await arena.refusal(as: .mallory, "approve", digest, "--yes").code == "UnknownSigner")
        // Those who may, still may.
        try await arena.approve(digest, as: .bob)
    }

    @Test("that changes how a device is reached stops what touches it, and nothing of it is run")
    func device() async throws {
        let (arena, _, digest) = try await Arena.signed()
        // Whoever can commit would have a command of theirs run by the gateway.
        try arena.edit("devices.yaml") {
            $0.replacing(/reload: \[[^\]]*\]/, with: "reload: [/usr/bin/touch, \"\(arena.folder.file("owned"))\"]")
        }
        try await arena.commit("Reload faster")
        let pass = try await arena.reconcile(exits: 2)
        #expect(pass["pushes"] == [])
        #expect(!arena.folder.exists("owned"))
        let plan = try await arena.plan()
        let order = try #require(plan["workOrders"]?.first(where: "digest", is: digest))
        #expect(order["reason"]?["code"] == "AwaitsPolicyChange")
        let changes = plan["policyChanges"]?.array?.first?["changes"]?.array?.compactMap(\.string) ?? []
        #expect(changes.contains { $0.contains("/usr/bin/touch") }, "\(changes)")

        // Taken back, what was signed goes on.
        try await arena.git(.alice, "revert", "--no-edit", "HEAD")
        try await arena.git(.alice, "push", "-q", "origin", "HEAD:main")
        try await arena.reconcile(exits: 0)
        #expect(try await arena.served() != arena.old.leaf)
    }

    @Test("that does not descend from the accepted one stops everything")
    func rewritten() async throws {
        let (arena, _, _) = try await Arena.signed()
        try await arena.countersign(as: .gateway, "plan", exits: 2)
        let before = try await arena.statusTip()
        try await arena.git(.alice, "commit", "-q", "--amend", "-m", "Another story")
        try await arena.git(.alice, "push", "-q", "-f", "origin", "HEAD:main")
        // Only what the gateway has accepted must stay: this tip was never seen by a pass.
        try await arena.reconcile(exits: 0)
        #expect(try await arena.statusTip() != before)

        try await arena.git(.alice, "reset", "-q", "--hard", arena.trusted)
        try await arena.git(.alice, "push", "-q", "-f", "origin", "HEAD:main")
        let tip = try await arena.statusTip()
        let refused = try await arena.refusal(as: .gateway, "reconcile")
        #expect(refused.code == "HistoryRewritten")
        #expect(try await arena.statusTip() == tip)
    }
}

extension Arena {
    /// Takes him, and his memberships, out of the branch.
    fileprivate func removeBob() async throws {
        try edit("people.yaml") { text in
            text.split(separator: "---\n").filter { !$0.contains("{name: bob}") }.joined(separator: "---\n")
        }
        try edit("policy.yaml") { $0.replacing("alice, bob", with: "alice").replacing("bob, dave", with: "dave") }
        try await commit("Bob has left")
    }
}
