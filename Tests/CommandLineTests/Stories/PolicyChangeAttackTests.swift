// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import TestKit
import Testing
import Vocabulary

/// A machine that nothing is pushed to: only what its file of host keys says is of interest.
private let machine = """
    kind: Device
    metadata: {name: edge-9}
    spec:
      kind: nginx
      zone: default
      transport: {ssh: {host: 192.0.2.9, user: deploy, knownHosts: known_hosts}}
      nginx: {config: /etc/nginx/nginx.conf, reload: [/usr/sbin/nginx, -s, reload]}
      slotRoots: [/etc/nginx/tls]
    """

@Suite("An attack by a policy change") struct PolicyChangeAttackTests {
    @Test("brings nothing into force, and each record is refused with its code; what people sign does, and is proven")
    func attacks() async throws {
        let arena = try await Arena.made {
            ($0.isTrusted, $0.openpgp, $0.documents) = (false, [.dave], [machine])
        }
        let second = try await SSHKey("bob-second", in: arena.folder)
        try await begin(arena, second)
        let clean = arena.trusted

        try await arena.proposeMallory()
        let digest = try await arena.changeDigest()
        try await publish(arena, digest, by: .mallory, named: "mallory")
        try await publish(arena, digest, by: .bob, named: "elsewhere") {
            $0.repository = "6f1c2a0e-0000-4000-8000-000000000009"
        }
        let record = try await publish(arena, digest, by: .bob, named: "bob")
        try await publish(arena, digest, by: .bob, named: "bob-again", with: second)
        let widened = try await refused(arena)
        #expect(
            widened.codes == ["SamePersonTwice", "UnknownKey", "WrongRepository"], "a group, by its own new member")
        #expect(widened.given == ["bob"] && widened.digest == digest)

        try await weaken(arena)
        let weakened = try await arena.changeDigest()
        try await arena.approve(weakened, as: .alice)
        let alone = try await refused(arena)
        #expect(
            alone.digest == weakened && alone.given == ["alice"], "by who asked alone, as only the new set lets her")

        // Taken back, the first is open as it was; dave signs with OpenPGP.
        try await arena.git(.alice, "revert", "--no-edit", "HEAD", "HEAD~1")
        try await arena.git(.alice, "push", "-q", "origin", "HEAD:main")
        #expect(try await refused(arena).digest == digest)
        try await arena.approve(digest, as: .dave)
        #expect(try await arena.reconcile(exits: 0)["accepted"] != .null)

        try await restore(arena, clean, "Take mallory out again")
        try await accept(arena, by: [.bob, .dave])
        try await arena.proposeMallory("Let mallory implement after all")
        try await replay(arena, record, of: digest)

        try await restore(arena, clean, "Leave it")
        try await changeBytes(arena)
        let report = try await arena.audited(exits: 2)
        #expect(report["findings"] == [], "\(report)")
    }

    /// Bob has two keys, and a machine a file of host keys.
    private func begin(_ arena: Arena, _ second: SSHKey) async throws {
        let first = try #require(arena.keys[.bob]).key
        try arena.edit("people.yaml") {
            $0.replacing("{ssh: \"\(first)\"}", with: "{ssh: \"\(first)\"}, {ssh: \"\(second.key)\"}")
        }
        let host = try await SSHKey("host", in: arena.folder)
        try arena.write("192.0.2.9 \(host.key)\n", to: "known_hosts")
        try await arena.trust(try await arena.commit("Name another key, and another machine"))
        try await arena.reconcile(exits: 0)
    }

    /// In one commit who decides, and in the next what they are to decide.
    private func weaken(_ arena: Arena) async throws {
        try arena.edit("policy.yaml") {
            $0.replacing(
                "metadata: {name: default}\nspec:\n",
                with:
                    "metadata: {name: default}\nspec:\n  policyChange: {approvers: [person:alice], count: 1, requesterMayApprove: true}\n"
            )
        }
        try await arena.commit("Alice decides")
        try arena.edit("policy.yaml") { $0.replacing("members: [alice, bob]", with: "members: [alice, bob, mallory]") }
        try await arena.commit("Mallory approves")
    }

    /// The very records of the change that was accepted, and the same turned to the one that is open now.
    private func replay(_ arena: Arena, _ record: String, of digest: String) async throws {
        let open = try await arena.changeDigest()
        #expect(open != digest)
        try await arena.publish(record, as: .bob, named: "replayed", for: open)
        let turned = String(decoding: try await arena.raw(record, as: .bob), as: UTF8.self)
            .replacing(HandmadeRecord.policyChangeLine(digest), with: HandmadeRecord.policyChangeLine(open))
        let forged = try await arena.store(Array(turned.utf8), as: .bob)
        try await arena.publish(forged, as: .bob, named: "turned", for: open)
        let replayed = try await refused(arena)
        #expect(replayed.digest == open && replayed.given == [])
        #expect(replayed.codes == ["BadSignature"])
    }

    /// Other host keys, and a signing key more in dave's file: nothing but bytes that the set names.
    private func changeBytes(_ arena: Arena) async throws {
        let stranger = try await SSHKey("stranger", in: arena.folder)
        try arena.write("192.0.2.9 \(stranger.key)\n", to: "known_hosts")
        let dave = try #require(arena.gpg[.dave])
        let subkey = try await dave.addSubkey()
        try arena.write(try await dave.export(), to: "people/dave.asc")
        try await arena.commit("Tidy up")
        let words = (try #require(try await arena.change())["changes"]?.array ?? []).compactMap(\.string)
        #expect(words.contains { $0.contains("known_hosts") } && words.contains { $0.contains("dave") }, "\(words)")
        let digest = try await arena.changeDigest()
        try await publish(arena, digest, by: .dave, named: "subkey", options: ["-c", "user.signingKey=\(subkey)!"])
        let early = try await refused(arena)
        #expect(early.given == [] && early.codes == ["UnknownKey"])
        try await accept(arena, by: [.alice, .bob])
    }

    private func restore(_ arena: Arena, _ commit: String, _ message: String) async throws {
        try await arena.git(.alice, "checkout", "-q", commit, "--", ".")
        try await arena.commit(message)
    }

    private func accept(_ arena: Arena, by people: [Arena.Actor]) async throws {
        let digest = try await arena.changeDigest()
        for person in people { try await arena.approve(digest, as: person) }
        #expect(try await arena.reconcile(exits: 0)["accepted"] != .null)
    }

    @discardableResult
    private func publish(
        _ arena: Arena, _ digest: String, by actor: Arena.Actor, named name: String, with key: SSHKey? = nil,
        options: [String] = [], _ change: (inout HandmadeRecord) -> Void = { _ in }
    ) async throws -> String {
        var record = arena.record(onChange: digest)
        change(&record)
        let key = key.map { ["-c", "user.signingKey=\($0.path).pub"] } ?? []
        let commit = try await arena.sign(record.message, as: actor, options: key + options)
        try await arena.publish(commit, as: actor, named: name, for: digest)
        return commit
    }

    /// A pass that accepts nothing; the change that is open after it, and what became of its records.
    private func refused(_ arena: Arena) async throws -> (digest: String, codes: [String], given: [String]) {
        let pass = try await arena.reconcile(exits: nil)
        #expect(pass["accepted"] == .null && pass["pushes"] == [])
        let change = try #require(try await arena.change())
        let given = change["levels"]?.array?.first?["given"]?.array ?? []
        return (
            try #require(change["digest"]?.string),
            (change["refused"]?.array ?? []).compactMap { $0["code"]?.string }.sorted(),
            given.compactMap { $0["person"]?.string }
        )
    }
}
