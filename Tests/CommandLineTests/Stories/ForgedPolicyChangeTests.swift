// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Processes
import TestKit
import Testing
import Vocabulary

extension Arena {
    private static let teller = "dmz"

    /// A second zone that has no gateway yet: whoever is to be its recorder is what the change is about.
    fileprivate static func withSecondZone() async throws -> Arena {
        let arena = try await Arena.made { $0.isTrusted = false }
        let unused = try await SSHKey("unused-recorder", in: arena.folder)
        try arena.writeTeller(unused.key)
        try await arena.trust(try await arena.commit("Declare a second zone"))
        try await arena.reconcile(exits: 0)
        return arena
    }

    fileprivate func writeTeller(_ key: String) throws {
        try write(
            """
            apiVersion: countersign/v1
            kind: Zone
            metadata: {name: \(Self.teller)}
            spec: {recorders: [{ssh: "\(key)"}], keyRoots: ["\(folder.file("private"))"]}

            """, to: "dmz.yaml")
    }

    /// Alice proposes that mallory's key writes the second zone's status.
    fileprivate func proposeTeller(_ message: String) async throws -> JSONValue {
        try writeTeller(keys[.mallory]?.key ?? "")
        try await commit(message)
        try await reconcile(exits: 2)
        guard let change = try await plan(as: .bob, exits: nil)["policyChanges"]?.array?.first else {
            throw FixtureError("no policy change is open")
        }
        return change
    }

    fileprivate var policyDigest: String? {
        get async throws { try await plan(as: .gateway, exits: nil)["policyDigest"]?.string }
    }

    /// Mallory writes a status branch for the second zone that tells that the change was accepted, by what these people signed.
    fileprivate func tell(
        _ change: JSONValue, from old: String, to new: String, at commit: String, signedBy people: [Actor]
    ) async throws {
        let digest = change["digest"]?.string ?? ""
        try await git(.mallory, "fetch", "-q", "origin")
        let branch = "refs/remotes/origin/countersign/status/default"
        var records: [String] = []
        for path in try await git(.mallory, "ls-tree", "-r", "--name-only", branch, "evidence/").split(separator: "\n")
        {
            let evidence = try JSONValue(
                parsing: Array(try await git(.mallory, "cat-file", "blob", "\(branch):\(path)").utf8))
            guard let id = evidence["commit"]?.string, evidence["record"] != nil else { continue }
            let author = try await git(
                .mallory, "log", "-1", "--format=%an %(trailers:key=Countersign-Decision,valueonly)", id)
            for person in people where author.hasPrefix("\(person.rawValue) approve") {
                records.append("\"\(evidence["record"]?.string ?? "")\"")
            }
        }
        let bare = String(digest.dropFirst("sha256:".count))
        let told = """
            {"acceptedAt":"\(Timestamp(secondsSince1970: Int64(time(nil))))","commit":"\(commit)","digest":"\(digest)",
            "document":{"format":"countersign.policy-change/v1","from":"\(old)","number":1,"previous":null,
            "repository":"\(repositoryID)","to":"\(new)"},"format":"countersign.policy-change-evidence/v1",
            "id":"\(change["id"]?.string ?? "")","records":[\(records.joined(separator: ","))]}
            """
        let head = try await git(.mallory, "cat-file", "blob", "\(branch):status.json")
            .replacing("\"number\": 0", with: "\"number\": 1")
            .replacing("\"zone\": \"default\"", with: "\"zone\": \"\(Self.teller)\"")
        guard head.contains("\"number\": 1"), head.contains(Self.teller) else { throw FixtureError(head) }
        try await git(.mallory, "read-tree", branch)
        for (path, text) in [
            ("status.json", head), ("evidence/policychanges/\(bare.prefix(2))/\(bare).json", told),
        ] {
            let blob = try await git(.mallory, "hash-object", "-w", "--stdin", input: text)
            try await git(.mallory, "update-index", "--add", "--cacheinfo", "100644,\(blob),\(path)")
        }
        let tree = try await git(.mallory, "write-tree")
        let status = try await git(.mallory, "commit-tree", "-S", "-p", commit, tree, input: "Tell of a change")
        try await git(.mallory, "push", "-q", "origin", "\(status):refs/heads/countersign/status/\(Self.teller)")
    }

    fileprivate func auditByFirstTrusted() async throws -> Answer {
        try await git(.bob, "fetch", "-q", "origin")
        return try await countersign(
            ["audit", "--repo", clone(of: .bob), "--state", folder.file("none"), "--trust", trusted], as: .bob)
    }

    fileprivate func loseJournal() {
        for suffix in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: state(of: .gateway) + "/journal.sqlite\(suffix)")
        }
    }

    fileprivate func given() async throws -> [JSONValue]? {
        try await plan(as: .gateway, exits: nil)["policyChanges"]?.array?.first?["levels"]?.array?.first?["given"]?
            .array
    }
}

@Suite("A forged change of who decides") struct ForgedPolicyChangeTests {
    @Test("told by the recorder whom it would make one is nothing where somebody had rejected it")
    func rejectedElsewhere() async throws {
        let arena = try await Arena.withSecondZone()
        let before = try #require(try await arena.policyDigest)
        let change = try await arena.proposeTeller("Let mallory tell")
        let digest = try #require(change["digest"]?.string)
        try await arena.approve(digest, as: .bob)
        try await arena.reconcile(exits: 2)
        try await arena.countersign(as: .dave, "reject", digest, "-m", "not her", "--yes", exits: 0)
        try await arena.reconcile(exits: 2)
        // Alice signs too late, with stock git: enough signatures, if nobody tells of the rejection.
        try await arena.git(.alice, "fetch", "-q", "origin")
        let id = try #require(change["id"]?.string)
        let bobs = try await arena.git(
            .alice, "for-each-ref", "--format=%(objectname)", "refs/remotes/origin/approvals/\(id)/bob-*")
        let text = try await arena.git(.alice, "log", "-1", "--format=%B", bobs)
        let late = try await arena.sign(text, as: .alice)
        try await arena.git(.alice, "push", "-q", "origin", "\(late):refs/heads/approvals/\(id)/alice-late")
        try await arena.reconcile(exits: 2)

        let commit = try await arena.git(.alice, "rev-parse", "HEAD")
        try await arena.tell(
            change, from: try #require(change["from"]?.string), to: try #require(change["to"]?.string), at: commit,
            signedBy: [.alice, .bob])
        #expect(try await arena.reconcile(exits: nil)["accepted"] == .null)
        #expect(try await arena.policyDigest == before)
    }

    @Test("told of a commit beside the branch, where fewer have asked for it, is nothing")
    func besideTheBranch() async throws {
        let arena = try await Arena.withSecondZone()
        let before = try #require(try await arena.policyDigest)
        let change = try await arena.proposeTeller("Let mallory tell\n\nCo-authored-by: bob <bob@example.com>")
        let digest = try #require(change["digest"]?.string)
        try await arena.approve(digest, as: .alice)
        try await arena.git(.bob, "fetch", "-q", "origin")
        let id = try #require(change["id"]?.string)
        let alices = try await arena.git(
            .bob, "for-each-ref", "--format=%(objectname)", "refs/remotes/origin/approvals/\(id)/alice-*")
        let text = try await arena.git(.bob, "log", "-1", "--format=%B", alices)
        let bobs = try await arena.sign(text, as: .bob)
        try await arena.git(.bob, "push", "-q", "origin", "\(bobs):refs/heads/approvals/\(id)/bob-too")
        #expect(try await arena.reconcile(exits: 2)["accepted"] == .null)

        // The same files, and bob not named.
        let tree = try await arena.git(.alice, "rev-parse", "HEAD^{tree}")
        let aside = try await arena.git(
            .alice, "commit-tree", "-S", "-p", arena.trusted, tree, input: "Let mallory tell")
        try await arena.git(.alice, "push", "-q", "origin", "\(aside):refs/heads/aside")
        try await arena.tell(
            change, from: try #require(change["from"]?.string), to: try #require(change["to"]?.string), at: aside,
            signedBy: [.alice, .bob])
        #expect(try await arena.reconcile(exits: nil)["accepted"] == .null)
        #expect(try await arena.policyDigest == before)
    }

    @Test("that a stranger wrote to a status branch, and cannot be read, stops no pass")
    func unreadable() async throws {
        let arena = try await Arena.made()
        try await arena.reconcile(exits: 0)
        try await arena.git(.mallory, "fetch", "-q", "origin")
        let branch = "refs/remotes/origin/countersign/status/default"
        let blob = try await arena.git(.mallory, "hash-object", "-w", "--stdin", input: "nonsense")
        try await arena.git(.mallory, "read-tree", branch)
        try await arena.git(
            .mallory, "update-index", "--add", "--cacheinfo", "100644,\(blob),evidence/policychanges/00/00.json")
        let status = try await arena.git(
            .mallory, "commit-tree", "-S", "-p", branch, try await arena.git(.mallory, "write-tree"), input: "Mine")
        try await arena.git(.mallory, "push", "-q", "origin", "\(status):refs/heads/countersign/status/default")
        let pass = try await arena.countersign(as: .gateway, "reconcile", "--format", "json", exits: nil)
        #expect(pass.code == 0, "\(pass)")
        #expect(try await arena.tip(of: "countersign/status/default") != status)
    }

    @Test("is not an old one: after somebody began anew before it, and after a recovery, it needs new signatures")
    func oldSignatures() async throws {
        let arena = try await Arena.withSecondZone()
        let before = try #require(try await arena.policyDigest)
        let change = try await arena.proposeTeller("Let mallory tell")
        let digest = try #require(change["digest"]?.string)
        try await arena.approve(digest, as: .bob)
        try await arena.reconcile(exits: 2)
        #expect(try await arena.given()?.count == 1)
        var signed = Int64(time(nil))

        try await eventually("the next second") { Int64(time(nil)) > signed }
        arena.loseJournal()
        try await arena.countersign(as: .gateway, "trust", arena.trusted, "--recover", exits: 0)
        try await arena.reconcile(exits: nil)
        #expect(try await arena.given() == [])

        for actor in [Arena.Actor.bob, .dave] { try await arena.approve(digest, as: actor) }
        #expect(try await arena.reconcile(exits: nil)["accepted"] != .null)
        #expect(try await arena.policyDigest != before)
        signed = Int64(time(nil))
        try await eventually("the next second") { Int64(time(nil)) > signed }
        try await arena.countersign(as: .gateway, "trust", arena.trusted, "--anew", exits: 0)
        let pass = try await arena.reconcile(exits: nil)
        #expect(pass["accepted"] == .null)
        #expect(try await arena.policyDigest == before)
        #expect(try await arena.given() == [])
    }

    @Test(
        "is none where another zone's recorder in force tells of a true one: it is in force there too, and both are proven"
    )
    func heardOf() async throws {
        let arena = try await Arena.made { $0.isTrusted = false }
        let state = ["--repo", arena.clone(of: .mallory), "--state", arena.state(of: .mallory)]
        try arena.writeTeller(
            try await arena.countersign(["recorder"] + state, as: .mallory, exits: 0).line)
        try await arena.trust(try await arena.commit("Declare a second zone"))
        try await arena.countersign(state + ["trust", arena.trusted], as: .mallory, exits: 0)
        try await arena.reconcile(exits: 0)
        let reconcile = state + ["reconcile", "--zone", "dmz", "--format", "json"]
        try await arena.countersign(reconcile, as: .mallory, exits: 0)
        try arena.edit("policy.yaml") { $0.replacing("members: [bob, dave]", with: "members: [alice, bob, dave]") }
        try await arena.commit("Let alice implement")
        try await arena.reconcile(exits: 2)
        let change = try #require(try await arena.plan(as: .bob, exits: nil)["policyChanges"]?.array?.first)
        for actor in [Arena.Actor.bob, .dave] { try await arena.approve(change["digest"]?.string ?? "", as: actor) }
        try await arena.reconcile(exits: 0)
        // That zone's gateway was down meanwhile, and the signatures' refs are gone.
        let id = try #require(change["id"]?.string)
        try await arena.git(.alice, "fetch", "-q", "origin")
        let refs = try await arena.git(
            .alice, "for-each-ref", "--format=%(refname:lstrip=3)", "refs/remotes/origin/approvals/\(id)/")
        try await arena.git(
            .alice, ["push", "-q", "origin", "--delete"] + refs.split(separator: "\n").map { "refs/heads/\($0)" })
        let hearing = try await arena.countersign(reconcile, as: .mallory, exits: 0)
        #expect(try hearing.json["accepted"]?.string == id)
        let again = try await arena.countersign(reconcile, as: .mallory, exits: 0)
        #expect(try again.json["accepted"] == .null)
        let audit = try await arena.auditByFirstTrusted()
        #expect(audit.output.contains("zone dmz"), "\(audit)")
        #expect(!audit.output.contains("Wrong with the status branches"), "\(audit)")
    }

    @Test("that replaces a zone's recorder is told by the new one, and an audit follows it")
    func recorderReplaced() async throws {
        let arena = try await Arena.made()
        try await arena.reconcile(exits: 0)
        let folder = arena.state(of: .gateway)
        let next = arena.folder.file("state/next")
        let new = try await arena.countersign(["recorder", "--state", next], as: .gateway, exits: 0).line
        let old = try await arena.countersign(["recorder", "--state", folder], as: .gateway, exits: 0).line
        try arena.edit("countersign.yaml") { $0.replacing(old, with: new) }
        try await arena.commit("Another recorder")
        try await arena.reconcile(exits: 2)
        let digest = try #require(
            try await arena.plan(as: .bob, exits: nil)["policyChanges"]?.array?.first?["digest"]?.string)
        for actor in [Arena.Actor.bob, .dave] { try await arena.approve(digest, as: actor) }
        // The old key tells of the change, and of nothing after it; also where it is asked again.
        #expect(try await arena.refusal(as: .gateway, "reconcile").said.contains("has told of it"))
        let told = try await arena.tip(of: "countersign/status/default")
        #expect(try await arena.refusal(as: .gateway, "reconcile").code == "RecorderNotDeclared")
        #expect(try await arena.tip(of: "countersign/status/default") == told)
        for name in ["recorder", "recorder.pub"] {
            try FileManager.default.removeItem(atPath: "\(folder)/\(name)")
            try FileManager.default.copyItem(atPath: "\(next)/\(name)", toPath: "\(folder)/\(name)")
        }
        try await arena.reconcile(exits: 0)
        // It writes, and everybody follows.
        let reader = try await arena.countersign(as: .bob, "plan", exits: nil)
        #expect(reader.code == 2, "\(reader)")
        try await arena.renew()
        try await arena.reconcile(exits: 2)
        let order = try await arena.digest()
        try await arena.approve(order)
        try await arena.implement(order)
        try await arena.reconcile(exits: 0)
        let audit = try await arena.auditByFirstTrusted()
        #expect(audit.code == 0, "\(audit)")
    }
}
