// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import TestKit
import Testing
import Vocabulary

/// One way to make a record that must not count.
private struct Attack: Sendable {
    var name: String
    var code: String
    /// The commit, in this actor's clone.
    var make: @Sendable (Arena, _ digest: String) async throws -> (Arena.Actor, String)

    init(
        _ name: String, _ code: String,
        _ make: @escaping @Sendable (Arena, _ digest: String) async throws -> (Arena.Actor, String)
    ) {
        (self.name, self.code, self.make) = (name, code, make)
    }

    /// A record of good form, signed by an actor's own git, that says something else.
    static func said(
        _ name: String, _ code: String, by actor: Arena.Actor = .bob,
        _ change: @escaping @Sendable (inout HandmadeRecord) -> Void
    ) -> Attack {
        Attack(name, code) { arena, digest in
            var record = arena.record("approve", digest)
            change(&record)
            return (actor, try await arena.sign(record.message, as: actor))
        }
    }

    /// Any text, signed by bob's own git.
    static func written(
        _ name: String, _ code: String, _ change: @escaping @Sendable (String) -> String
    ) -> Attack {
        Attack(name, code) { arena, digest in
            (.bob, try await arena.sign(change(arena.record("approve", digest).message), as: .bob))
        }
    }

    /// Bob's good record, its bytes changed after he signed it.
    static func altered(
        _ name: String, _ code: String, _ change: @escaping @Sendable (String) -> String
    ) -> Attack {
        Attack(name, code) { arena, digest in
            let good = try await arena.sign(arena.record("approve", digest).message, as: .bob)
            let text = String(decoding: try await arena.raw(good, as: .bob), as: UTF8.self)
            return (.bob, try await arena.store(Array(change(text).utf8), as: .bob))
        }
    }

    static let onTheDigest = [
        Attack("unsigned", "Unsigned") { arena, digest in
            (.bob, try await arena.sign(arena.record("approve", digest).message, as: .bob, isSigned: false))
        },
        .said("by a stranger", "UnknownKey", by: .mallory) { _ in },
        .said("by the requester", "SelfApproval", by: .alice) { _ in },
        .said("by one who is not of the level", "NotInGroup", by: .dave) { _ in },
        .said("before the lower level is complete", "TooEarly", by: .dave) { $0.level = "implement" },
        .said("at a level that there is not", "UnknownLevel") { $0.level = "aprove" },
        .said("for another repository", "WrongRepository") { $0.repository = "6f1c2a0e-0000-4000-8000-000000000000" },
        Attack("with a changed tree", "NotTreeIdentical") { arena, digest in
            let tree = try await arena.git(.bob, "rev-parse", "origin/main^{tree}")
            return (.bob, try await arena.sign(arena.record("approve", digest).message, as: .bob, tree: tree))
        },
        Attack("not on the status branch", "NotOnStatus") { arena, digest in
            let main = try await arena.git(.bob, "rev-parse", "origin/main", "origin/main^{tree}").lines
            let message = arena.record("approve", digest).message
            return (.bob, try await arena.sign(message, as: .bob, parents: [main[0]], tree: main[1]))
        },
        Attack("with two parents", "MergeCommit") { arena, digest in
            let parents = try await arena.git(.bob, "rev-parse", "origin/countersign/status/default", "origin/main")
            return (
                .bob, try await arena.sign(arena.record("approve", digest).message, as: .bob, parents: parents.lines)
            )
        },
        Attack("in another namespace", "WrongNamespace") { arena, digest in
            (.bob, try await arena.signed(arena.record("approve", digest).message, as: .bob, namespace: "file"))
        },
        .altered("changed after it was signed", "BadSignature") {
            $0.replacing("Agreed with netops.", with: "Agreed with nobody.")
        },
        .altered("with two signatures", "Malformed") { text in
            guard let start = text.firstRange(of: "gpgsig ")?.lowerBound,
                let end = text.firstRange(of: "-----END SSH SIGNATURE-----\n")?.upperBound
            else { return text }
            return String(text[..<end] + text[start..<end] + text[end...])
        },
        .written("with an id that is not the digest's", "Malformed") {
            $0.replacing("Countersign-Work-Order: WO-", with: "Countersign-Work-Order: WO-Z")
        },
        .written("without a decision", "Malformed") { $0.replacing("Countersign-Decision: approve\n", with: "") },
    ]

    static let stale = "sha256:" + String(repeating: "5d", count: 32)
    /// It names no open work order, so that only the plan as a whole can say that it is refused.
    static let onNothing = said("over a stale digest", "StaleDigest") { $0.workOrders = [stale] }
}

extension String {
    fileprivate var lines: [String] { split(separator: "\n").map(String.init) }
}

extension Arena {
    /// What git would sign, signed by `ssh-keygen -Y sign` for another purpose, as a commit.
    fileprivate func signed(_ message: String, as actor: Actor, namespace: String) async throws -> String {
        let plain = try await sign(message, as: actor, isSigned: false)
        let payload = try await raw(plain, as: actor)
        let file = try folder.write(payload, to: "payload-\(actor)")
        guard let key = keys[actor] else { throw FixtureError("\(actor) has no key") }
        try await run("ssh-keygen", "-q", "-Y", "sign", "-n", namespace, "-f", key.path, file)
        let armor = try folder.readText("payload-\(actor).sig").split(separator: "\n").joined(separator: "\n ")
        let text = String(decoding: payload, as: UTF8.self)
        guard let end = text.firstRange(of: "\n\n") else { throw FixtureError("no message: \(text)") }
        return try await store(
            Array((text[..<end.lowerBound] + "\ngpgsig " + armor + text[end.lowerBound...]).utf8), as: actor)
    }

    /// Commit → code, of everything in the plan that was refused.
    fileprivate func refused(in document: JSONValue) -> [String: String] {
        let lists = [document["refused"]] + (document["workOrders"]?.array ?? []).map { $0["refused"] }
        return lists.flatMap { $0?.array ?? [] }.reduce(into: [:]) {
            $0[$1["commit"]?.string ?? ""] = $1["code"]?.string
        }
    }
}

@Suite("A record that must not count") struct RefusedRecordTests {
    @Test("is refused with its code in plan and explain, and moves nothing")
    func attacks() async throws {
        let (arena, _, digest) = try await Arena.asked()
        let live = try arena.slotFiles()
        var onTheDigest: [String: String] = [:]
        for (number, attack) in Attack.onTheDigest.enumerated() {
            let (actor, commit) = try await attack.make(arena, digest)
            try await arena.publish(commit, as: actor, named: "attack-\(number)", for: digest)
            #expect(onTheDigest.updateValue(attack.code, forKey: commit) == nil, "\(attack.name)")
        }
        let (actor, stale) = try await Attack.onNothing.make(arena, digest)
        try await arena.publish(stale, as: actor, named: "stale", for: Attack.stale)
        let expected = onTheDigest.merging([stale: "StaleDigest"]) { $1 }

        for actor in [Arena.Actor.bob, .gateway] {
            let plan = try await arena.plan(as: actor)
            #expect(arena.refused(in: plan) == expected, "\(actor)")
            #expect(plan["refused"]?.array?.map { $0["commit"]?.string } == [stale])
        }
        let explained = try await arena.countersign(as: .bob, "explain", digest, "--format", "json", exits: 0).json
        #expect(arena.refused(in: explained) == onTheDigest)
        #expect(explained["state"] == "Requested")
        let text = try await arena.countersign(as: .bob, "explain", digest, exits: 0).output
        for code in Set(onTheDigest.values) { #expect(text.contains("\(code): "), "\(code)") }
        // By its digest or its ID: the signer knows only these.
        for id in [Attack.stale, HandmadeRecord.id(of: Attack.stale)] {
            #expect(try await arena.countersign(as: .bob, "explain", id, exits: 0).output.contains("StaleDigest: "))
        }

        let pass = try await arena.reconcile(exits: 2)
        #expect(pass["pushes"] == [])
        #expect(arena.refused(in: try #require(pass["plan"])) == expected)
        #expect(try arena.slotFiles() == live)
        #expect(try await arena.served() == arena.old.leaf)

        // And none of it shuts out the real ones.
        try await arena.approve(digest)
        try await arena.implement(digest)
        try await arena.reconcile(exits: 0)
        #expect(try await arena.served() != arena.old.leaf)
    }

    @Test("shuts nothing out, however odd: what git itself refuses to check in is refused by name like all others")
    func oddObject() async throws {
        let (arena, _, digest) = try await Arena.asked()
        let odd = try await Attack.altered("odd", "Malformed") {
            $0.replacing("author bob <", with: "author bob<")
        }.make(arena, digest).1
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
