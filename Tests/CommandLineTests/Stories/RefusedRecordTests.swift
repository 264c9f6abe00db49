// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import TestKit
import Testing
import Vocabulary

extension Arena {
    /// Commit → code, of everything in the plan that was refused.
    fileprivate func refused(in document: JSONValue) -> [String: String] {
        let lists = [document["refused"]] + (document["workOrders"]?.array ?? []).map { $0["refused"] }
        return lists.flatMap { $0?.array ?? [] }.reduce(into: [:]) {
            $0[$1["commit"]?.string ?? ""] = $1["code"]?.string
        }
    }
}

@Suite("A record that must not count") struct RefusedRecordTests {
    @Test("shuts nothing out, however odd: what git itself refuses to check in is refused by name like all others")
    func oddObject() async throws {
        let (arena, _, digest) = try await Arena.asked()
        let good = try await arena.sign(arena.record("approve", digest).message, as: .bob)
        let text = String(decoding: try await arena.raw(good, as: .bob), as: UTF8.self)
        let odd = try await arena.store(Array(text.replacing("author bob <", with: "author bob<").utf8), as: .bob)
        try await arena.publish(odd, as: .bob, named: "odd", for: digest)
        try await arena.approve(digest)
        try await arena.implement(digest)
        let pass = try await arena.reconcile(exits: 0)
        #expect(pass["pushes"]?.array?.first?["outcome"] == "Completed")
    }

    @Test("is not even made by countersign: the requester, a stranger, and who is not of the level are told why")
    func refusedBeforeSigning() async throws {
        let (arena, _, digest) = try await Arena.asked()
        #expect(try await arena.refusal(as: .alice, "approve", digest, "--yes").code == "SelfApproval")
        #expect(try await arena.refusal(as: .dave, "approve", digest, "--yes").code == "NotInGroup")
        #expect(try await arena.refusal(as: .dave, "implement", digest, "--yes").code == "TooEarly")
        let stranger = try await arena.refusal(as: .mallory, "approve", digest, "--yes")
        #expect(stranger.code == "UnknownSigner")
        #expect(stranger.said.contains("belongs to nobody"))
        let refs = try await arena.git(.bob, "ls-remote", "origin", "refs/heads/approvals/WO-*")
        #expect(refs.isEmpty)
    }

    @Test("is the second one of the same person, at the other level too")
    func samePersonTwice() async throws {
        let (arena, _, digest) = try await Arena.asked()
        try await arena.approve(digest, as: .bob)
        #expect(try await arena.refusal(as: .bob, "implement", digest, "--yes").code == "SamePersonTwice")
        let commit = try await arena.sign(arena.record("implement", digest).message, as: .bob)
        try await arena.publish(commit, as: .bob, named: "bob-2", for: digest)
        let pass = try await arena.reconcile(exits: 2)
        #expect(pass["pushes"] == [])
        #expect(arena.refused(in: try #require(pass["plan"])) == [commit: "SamePersonTwice"])
        let explained = try await arena.countersign(as: .dave, "explain", digest, "--format", "json", exits: 0).json
        #expect(arena.refused(in: explained) == [commit: "SamePersonTwice"])
        #expect(explained["state"] == "PushReviewInProgress")
        #expect(try await arena.served() == arena.old.leaf)
    }

    @Test("is one that was signed for what has since changed")
    func staleDigest() async throws {
        let (arena, _, digest) = try await Arena.signed()
        // After both signed and before the gateway looked, alice puts another certificate in its place.
        let other = try await arena.renew(days: 60)
        let pass = try await arena.reconcile(exits: 2)
        #expect(pass["pushes"] == [])
        let refused = arena.refused(in: try #require(pass["plan"]))
        #expect(refused.count == 2 && Set(refused.values) == ["StaleDigest"])
        #expect(try await arena.served() == arena.old.leaf)
        #expect(try await arena.digest() != digest)
        #expect(other.leaf != arena.old.leaf)
    }

    @Test("is one that its signer took back before the push")
    func revoked() async throws {
        let (arena, _, digest) = try await Arena.asked()
        try await arena.approve(digest)
        try await arena.countersign(as: .bob, "revoke", digest, "--yes", exits: 0)
        #expect(try await arena.refusal(as: .dave, "implement", digest, "--yes").code == "TooEarly")
        try await arena.reconcile(exits: 2)
        let order = try #require(try await arena.plan()["workOrders"]?.first(where: "digest", is: digest))
        #expect(order["state"] == "Requested")
        #expect(arena.refused(in: order).values.contains("Revoked"))
    }

    @Test("is any that comes after a rejection")
    func rejected() async throws {
        let (arena, _, digest) = try await Arena.asked()
        try await arena.countersign(as: .dave, "reject", digest, "--yes", "-m", "Not on a Friday.", exits: 0)
        // Decided is decided: nobody is waited for.
        let pass = try await arena.reconcile(exits: 0)
        #expect(pass["pushes"] == [])
        #expect(try await arena.refusal(as: .bob, "approve", digest, "--yes").code == "AlreadyUsed")
        let plan = try await arena.plan(exits: 0)
        let order = try #require(plan["workOrders"]?.first(where: "digest", is: digest))
        #expect(order["state"] == "Rejected")
    }
}
