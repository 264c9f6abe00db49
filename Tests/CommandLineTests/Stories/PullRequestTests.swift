// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestKit
import Testing
import Vocabulary

@Suite("An approval made on a pull request") struct PullRequestTests {
    enum Way: String, CaseIterable { case merge, squash, rebase }

    /// Alice's renewal on a branch of two commits, approved there by bob; main has gone on meanwhile.
    private func approvedBranch() async throws -> (arena: Arena, renewed: IssuedCertificate, digest: String) {
        let arena = try await Arena.made { $0.pki = [.alice, .bob, .mallory] }
        try await arena.reconcile(exits: 0)
        try await eventually("the next second") { Int64(Date().timeIntervalSince1970) > arena.old.issued }
        let renewed = try await arena.authority.issue("renewed", days: 47)
        try arena.keep(keyOf: renewed)
        try await arena.git(.alice, "switch", "-q", "-c", "renew-shop")
        try arena.write("Why the shop is renewed.\n", to: "notes.txt")
        try await push("Say why", in: arena)
        try arena.write(renewed.chain, to: "certificates/shop.pem")
        try await push("Renew shop before the sale", in: arena)
        try await arena.git(.bob, "fetch", "-q", "origin")
        let plan = try await arena.countersign(
            as: .bob, "plan", "--no-discover", "--ref", "origin/renew-shop", "--format", "json", exits: 2
        ).json
        let digest = try #require(plan["workOrders"]?.first(where: "action", is: "replace")?["digest"]?.string)
        try await arena.countersign(as: .bob, "approve", digest, "--yes", "--ref", "origin/renew-shop", exits: 0)
        // Seen before the merge, though the branch is not in force.
        try await arena.reconcile(exits: 0)

        try await arena.git(.alice, "switch", "-q", "main")
        try arena.write("Something else.\n", to: "other.txt")
        try await push("Go on meanwhile", in: arena)
        return (arena, renewed, digest)
    }

    private func push(_ message: String, in arena: Arena) async throws {
        try await arena.git(.alice, "add", "-A")
        try await arena.git(.alice, "commit", "-q", "-m", message)
        try await arena.git(.alice, "push", "-q", "origin", "HEAD")
    }

    private func land(_ way: Way, in arena: Arena) async throws {
        switch way {
        case .merge: try await arena.git(.alice, "merge", "-q", "--no-ff", "-m", "Merge the renewal", "renew-shop")
        case .squash:
            try await arena.git(.alice, "merge", "-q", "--squash", "renew-shop")
            try await arena.git(.alice, "commit", "-q", "-m", "Renew shop, in one")
        case .rebase:
            try await arena.git(.alice, "rebase", "-q", "main", "renew-shop")
            try await arena.git(.alice, "switch", "-q", "main")
            try await arena.git(.alice, "merge", "-q", "--ff-only", "renew-shop")
        }
        try await arena.git(.alice, "push", "-q", "origin", "main")
    }

    @Test("counts after the merge, the squash and the rebase, under the same digest", arguments: Way.allCases)
    func counts(way: Way) async throws {
        let (arena, renewed, digest) = try await approvedBranch()
        try await land(way, in: arena)
        let order = try #require(try await arena.plan(as: .dave)["workOrders"]?.first(where: "action", is: "replace"))
        #expect(order["digest"]?.string == digest)
        #expect(order["state"] == "PushReviewInProgress")
        #expect(order["requesters"] == ["alice"])
        try await arena.implement(digest)
        try await arena.reconcile(exits: 0)
        #expect(try await arena.served() == renewed.leaf)
    }

    @Test("is stale after a change of substance; who made it on the branch cannot approve the squashed commit")
    func changed() async throws {
        let (arena, _, digest) = try await approvedBranch()
        try await arena.git(.alice, "switch", "-q", "renew-shop")
        let another = try await arena.authority.issue("another", days: 60)
        try arena.keep(keyOf: another)
        try arena.write(another.chain, to: "certificates/shop.pem")
        try await push("Take the longer one", in: arena)
        try await arena.git(.alice, "switch", "-q", "main")
        // Bob presses the button: his signature, alice's authorship in a trailer.
        try await arena.git(.bob, "fetch", "-q", "origin")
        try await arena.git(.bob, "switch", "-q", "-C", "landing", "origin/main")
        try await arena.git(.bob, "merge", "-q", "--squash", "origin/renew-shop")
        try await arena.git(.bob, "commit", "-q", "-m", "Renew shop\n\nCo-authored-by: alice <alice@example.com>")
        try await arena.git(.bob, "push", "-q", "origin", "HEAD:main")

        let plan = try await arena.plan(as: .dave)
        let order = try #require(plan["workOrders"]?.first(where: "action", is: "replace"))
        let newDigest = try #require(order["digest"]?.string)
        #expect(newDigest != digest)
        #expect(order["levels"]?.array?.first?["given"] == [])
        #expect(order["requesters"] == ["alice", "bob"])
        let old = try await arena.countersign(as: .dave, "explain", digest, "--format", "json").output
        #expect(old.contains("StaleDigest") || old.contains("Superseded"), "\(old)")
        for author in [Arena.Actor.alice, .bob] {
            let refused = try await arena.refusal(as: author, "approve", newDigest, "--yes")
            #expect(refused.said.contains(author.rawValue), "\(refused)")
        }
        // Another person of the level can.
        try await arena.approve(newDigest, as: .mallory)
    }
}
