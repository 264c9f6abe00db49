// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Processes
import TestKit
import Testing
import Vocabulary

extension Arena {
    /// Alice proposes mallory as one more who implements.
    func proposeMallory(_ message: String = "Let mallory implement") async throws {
        try edit("people.yaml") { people in
            """
            \(people)---
            apiVersion: countersign/v1
            kind: Person
            metadata: {name: mallory}
            spec: {keys: [{ssh: "\(keys[.mallory]?.key ?? "")"}]}

            """
        }
        try edit("policy.yaml") { $0.replacing("members: [bob, dave]", with: "members: [bob, dave, mallory]") }
        try await git(.alice, "add", "-A")
        try await git(.alice, ["commit", "-q", "-m", message])
        try await git(.alice, "push", "-q", "origin", "HEAD:main")
    }

    /// The open policy change as bob sees it.
    func change(as actor: Actor = .bob) async throws -> JSONValue? {
        try await plan(as: actor, exits: nil)["policyChanges"]?.array?.first
    }

    func changeDigest() async throws -> String {
        guard let digest = try await change()?["digest"]?.string else { throw FixtureError("no policy change is open") }
        return digest
    }

    /// Nothing is open, the change is in force.
    func acceptMallory() async throws {
        try await proposeMallory()
        try await reconcile(exits: 2)
        let digest = try await changeDigest()
        for actor in [Actor.bob, .dave] { try await approve(digest, as: actor) }
        try await reconcile(exits: 0)
    }
}

@Suite("A change of who decides") struct PolicyChangeTests {
    @Test("is opened, signed by two of the old set, in force from then on, used, and proven by an audit")
    func whole() async throws {
        let arena = try await Arena.made()
        try await arena.reconcile(exits: 0)
        let before = try #require(try await arena.plan(as: .bob, exits: nil)["policyDigest"]?.string)
        try await arena.proposeMallory()
        let pass = try await arena.reconcile(exits: 2)
        #expect(pass["accepted"] == .null)

        let change = try #require(try await arena.change())
        let words = (change["changes"]?.array ?? []).compactMap(\.string)
        #expect(words.contains { $0.hasPrefix("new Person mallory: signs with key ssh-ed25519 SHA256:") })
        #expect(words.contains("Group netops: the group gains mallory"))
        #expect(change["requesters"] == ["alice"])
        #expect(change["levels"]?.array?.first?["needed"] == 2)
        let text = try await arena.countersign(as: .bob, "plan", exits: 2).output
        #expect(text.contains("the old set still decides"))
        #expect(text.contains("needs policyChange (2 of pki or netops)"))
        let digest = try #require(change["digest"]?.string)
        let id = try #require(change["id"]?.string)

        // Who is proposed decides nothing; who asked is one of two, and never both.
        #expect(try await arena.refusal(as: .mallory, "approve", digest, "--yes").code == "UnknownSigner")
        try await arena.approve(digest, as: .alice)
        #expect(try await arena.refusal(as: .alice, "approve", digest, "--yes").code == "SamePersonTwice")
        try await arena.reconcile(exits: 2)
        #expect(try await arena.change()?["levels"]?.array?.first?["missing"] == 1)
        let shown = try await arena.countersign(as: .dave, "explain", String(id.prefix(8)), exits: 0).output
        #expect(shown.contains("by alice ("))

        try await arena.approve(digest, as: .bob)
        let accepting = try await arena.reconcile(exits: 0)
        #expect(accepting["accepted"]?.string == id)
        #expect(try await arena.change() == nil)
        let after = try #require(try await arena.plan(as: .bob, exits: nil)["policyDigest"]?.string)
        #expect(after != before)

        // A record on it that comes now is too late, and a second pass does nothing.
        try await arena.expectAtRest()

        // In force: mallory implements. Everybody here still names the first commit with --trust, and proves the way from there; so does
        // who has pinned it on a host of their own.
        let renewed = try await arena.renew()
        let order = try await arena.digest()
        try await arena.approve(order)
        let pinned = ["--repo", arena.clone(of: .mallory), "--state", arena.folder.file("pinned")]
        try await arena.countersign(pinned + ["trust", arena.trusted], as: .mallory, exits: 0)
        try await arena.countersign(pinned + ["implement", order, "--yes"], as: .mallory, exits: 0)
        try await arena.reconcile(exits: 0)
        #expect(try await arena.served() == renewed.leaf)

        let audit = try await arena.audited(exits: 0)
        #expect(audit["workOrders"]?.first(where: "digest", is: order)?["proven"] == true)
    }

    @Test("signed by those alone who asked for it is not accepted; a third one who did not makes it")
    func requestersAlone() async throws {
        let arena = try await Arena.made()
        try await arena.reconcile(exits: 0)
        try await arena.proposeMallory("Let mallory implement\n\nCo-authored-by: bob <bob@example.com>")
        try await arena.reconcile(exits: 2)
        #expect(try await arena.change()?["requesters"] == ["alice", "bob"])
        let digest = try await arena.changeDigest()
        try await arena.approve(digest, as: .alice)
        #expect(try await arena.refusal(as: .bob, "approve", digest, "--yes").code == "SelfApproval")
        #expect(try await arena.reconcile(exits: 2)["accepted"] == .null)
        try await arena.approve(digest, as: .dave)
        #expect(try await arena.reconcile(exits: 0)["accepted"] != .null)
    }

    @Test("that weakens a policy decides nothing about what comes with it")
    func weakened() async throws {
        let arena = try await Arena.made()
        try await arena.reconcile(exits: 0)
        try arena.edit("policy.yaml") {
            $0.replacing("    - {name: implement, approvers: [group:netops], count: 1}\n", with: "")
                .replacing("approvers: [group:pki]", with: "approvers: [person:alice, person:bob]")
        }
        let renewed = try await arena.renew()
        let order = try #require(try await arena.plan(as: .bob)["workOrders"]?.array?.first)
        #expect((order["levels"]?.array ?? []).compactMap { $0["name"]?.string } == ["approve", "implement"])
        try await arena.approve(try #require(order["digest"]?.string))
        try await arena.reconcile(exits: 2)
        #expect(try await arena.served() == arena.old.leaf)
        #expect(try await arena.served() != renewed.leaf)
    }

    @Test(
        "rejected stays as it is until something else is proposed; taken back and proposed again needs new signatures")
    func rejected() async throws {
        let arena = try await Arena.made()
        try await arena.acceptMallory()
        // Out again, which counts at once, and in force by a change of its own.
        try await arena.git(.alice, "revert", "--no-edit", "HEAD")
        try await arena.git(.alice, "push", "-q", "origin", "HEAD:main")
        try await arena.reconcile(exits: 2)
        let out = try #require(try await arena.change())
        #expect(out["number"] == 2)
        let digest = try #require(out["digest"]?.string)
        try await arena.countersign(as: .dave, "reject", digest, "-m", "mallory stays", "--yes", exits: 0)
        try await arena.reconcile(exits: 2)
        #expect(try await arena.change()?["state"] == "Rejected")
        #expect(try await arena.refusal(as: .bob, "approve", digest, "--yes").code == "AlreadyUsed")
        // Proposed as part of something else it is another change.
        try arena.edit("policy.yaml") {
            $0.replacing(
                "kind: ApprovalPolicy\nmetadata: {name: default}\nspec:\n",
                with: "kind: ApprovalPolicy\nmetadata: {name: default}\nspec:\n  version: 2\n")
        }
        try await arena.commit("Ask again")
        let again = try await arena.changeDigest()
        #expect(again != digest)
        for actor in [Arena.Actor.bob, .dave] { try await arena.approve(again, as: actor) }
        try await arena.reconcile(exits: 0)
        // The records of the first change are of no use for any other.
        #expect(try await arena.change() == nil)
    }

    @Test(
        "that takes a key away counts at once: what a lost laptop signed counts no more, what was scheduled waits again"
    )
    func lostLaptop() async throws {
        let (arena, _, digest) = try await Arena.asked { $0.netops = [.bob, .dave, .mallory] }
        try await arena.approve(digest)
        let start = Timestamp(secondsSince1970: Int64(time(nil)) + 3600)
        try await arena.countersign(as: .dave, "implement", digest, "--at", "\(start)", "--yes", exits: 0)
        try await arena.reconcile(exits: 2)
        #expect(try await arena.status()["workOrders"]?.array?.first?["state"] == "Scheduled")
        let new = try await SSHKey("dave-new", in: arena.folder)
        try arena.edit("people.yaml") { $0.replacing(arena.keys[.dave]?.key ?? "none", with: new.key) }
        try await arena.commit("Dave's laptop is lost")
        try await arena.reconcile(exits: 2)
        let order = try #require(try await arena.status(as: .bob)["workOrders"]?.array?.first)
        #expect(order["state"] == "PushReviewInProgress")
        #expect(order["refused"]?.array?.first?["code"] == "UnknownKey")
        let text = try await arena.countersign(as: .bob, "explain", digest, exits: 0).output
        #expect(text.contains("UnknownKey"))
        #expect(text.contains("missing: mallory"))
        #expect(try await arena.served() == arena.old.leaf)
        // The new key waits for the others' signatures.
        #expect(try await arena.change(as: .bob)?["requesters"] == ["alice"])
    }

    @Test(
        "is not needed where somebody begins anew: a rewritten branch stops everything until then, and it is shown for ever"
    )
    func anew() async throws {
        let arena = try await Arena.made()
        try await arena.reconcile(exits: 0)
        let renewed = try await arena.renew()
        let order = try await arena.digest()
        try await arena.approve(order)
        try await arena.implement(order)
        try await arena.reconcile(exits: 0)
        // Another history, and another set.
        try arena.edit("policy.yaml") {
            $0.replacing("metadata: {name: default}\nspec:\n", with: "metadata: {name: default}\nspec:\n  version: 7\n")
        }
        try await arena.git(.alice, "add", "-A")
        try await arena.git(.alice, "commit", "-q", "--amend", "-m", "Begin differently")
        try await arena.git(.alice, "push", "-q", "--force", "origin", "HEAD:main")
        let rewritten = try await arena.git(.alice, "rev-parse", "HEAD")
        let stopped = try await arena.countersign(as: .gateway, "reconcile", "--format", "json", exits: 1).json
        #expect(stopped["error"]?["code"] == "HistoryRewritten")
        #expect(try await arena.refusal(as: .gateway, "trust", rewritten).code == "AlreadyTrusted")
        let said = try await arena.countersign(as: .gateway, "trust", rewritten, "--anew", exits: 0).output
        #expect(said.contains("begun anew"))
        try await arena.reconcile(exits: 0)
        let plan = try await arena.countersign(as: .gateway, "plan", exits: nil).output
        #expect(plan.contains("begun anew"))
        // Nobody has signed for what lies there since: that is told, and nothing is wrong with the line.
        let audit = try await arena.audited(exits: 2, trusting: rewritten)
        #expect(audit["findings"] == [], "\(audit)")
        #expect(try await arena.served() == renewed.leaf)
        // By the commit that was trusted first, what came after is not proven, and it says why.
        try await arena.audited(exits: 2)
        let old = try await arena.countersign(
            [
                "audit", "--repo", arena.clone(of: .gateway), "--state", arena.folder.file("none"), "--trust",
                arena.trusted,
            ],
            as: .gateway, exits: 2)
        #expect(old.output.contains("began anew"))
    }
}

@Suite("A lost state store") struct RecoverTests {
    @Test("is rebuilt from what its zone had published: nothing is pushed again, and no used signature lives again")
    func recovered() async throws {
        let arena = try await Arena.made()
        try await arena.acceptMallory()
        let renewed = try await arena.renew()
        let digest = try await arena.digest()
        try await arena.approve(digest)
        try await arena.implement(digest, as: .mallory)
        try await arena.reconcile(exits: 0)
        let files = try arena.slotFiles()
        for suffix in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: arena.state(of: .gateway) + "/journal.sqlite\(suffix)")
        }
        #expect(try await arena.refusal(as: .gateway, "reconcile").code == "NotTrusted")

        let said = try await arena.countersign(as: .gateway, "trust", arena.trusted, "--recover", exits: 0).output
        #expect(said.contains("slots from the status branch"))
        #expect(said.contains("1 policy change"))
        let pass = try await arena.reconcile(exits: 0)
        #expect(pass["pushes"] == [])
        #expect(try arena.slotFiles() == files)
        #expect(try await arena.served() == renewed.leaf)
        #expect(try await arena.refusal(as: .gateway, "trust", arena.trusted, "--recover").code == "StateExists")

        // Asked for once more: other digests, other signatures.
        try await arena.countersign(as: .alice, "push", Arena.certificate, exits: 0)
        try await arena.reconcile(exits: 2)
        let again = try await arena.digest()
        #expect(again != digest)
        let order = try #require(try await arena.plan(as: .bob)["workOrders"]?.array?.first)
        #expect(order["state"] == "Requested")
        try await arena.approve(again)
        try await arena.implement(again)
        try await arena.reconcile(exits: 0)
        try await arena.expectAtRest()
    }
}
