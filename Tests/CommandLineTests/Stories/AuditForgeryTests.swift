// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestKit
import Testing
import Vocabulary

/// The strongest thief there is holds the gateway's own key, and writes the status branch as he likes.
@Suite("A forged status branch", AuditWorld()) struct AuditForgeryTests {
    @Test("as such is no obstacle: rewritten as it was, it proves the same")
    func control() async throws {
        let clone = try await AuditorsClone()
        try await clone.rewrite { _, _ in [:] }
        #expect(try await clone.findings(exits: 0).isEmpty)
    }

    @Test("with a stranger's commit, signed or not, is told of")
    func stranger() async throws {
        let signed = try await AuditorsClone()
        try await signed.append([:], by: .mallory)
        #expect(try await signed.findings() == ["UndeclaredRecorder"])
        let unsigned = try await AuditorsClone()
        try await unsigned.append([:], isSigned: false)
        #expect(try await unsigned.findings() == ["StatusNotSigned"])
    }

    @Test("whose archive or evidence was changed or taken away later is told of")
    func changedLater() async throws {
        let clone = try await AuditorsClone()
        let (path, document) = try await clone.archived(clone.history.firstDigest)
        try await clone.append([path: try document.with("state", as: "RolledBack").prettyBytes])
        #expect(try await clone.findings().isSuperset(of: ["ArchiveChanged", "EndedTwice"]))

        let other = try await AuditorsClone()
        let record = try #require(
            try await other.archived(other.history.firstDigest).document["records"]?.array?.first?.string)
        try await other.append(["evidence/\(record.prefix(2))/\(record).json": nil])
        #expect(try await other.findings() == ["EvidenceChanged"])
    }

    @Test("with another content under the digest that was signed is found by its digest")
    func content() async throws {
        let clone = try await AuditorsClone()
        let (path, document) = try await clone.archived(clone.history.firstDigest)
        let forged = try document.with("content", "installs", "leaf", as: .string(clone.history.second.leaf))
        try await clone.rewrite { _, files in files.contains(path) ? [path: forged.prettyBytes] : [:] }
        #expect(try await clone.findings().contains("DigestMismatch"))
    }

    @Test("with another content and its own digest lacks the signatures")
    func contentAndDigest() async throws {
        let clone = try await AuditorsClone()
        let (path, document) = try await clone.archived(clone.history.secondDigest)
        let content = try #require(document["content"]).with("installs", "leaf", as: .string(clone.history.first.leaf))
        let digest = AuditorsClone.digest(of: content)
        let forged = try document.with("content", as: content).with("digest", as: .string(digest))
            .with("id", as: .string(HandmadeRecord.id(of: digest)))
        let place = path.replacing(clone.history.secondDigest.dropFirst(7), with: digest.dropFirst(7))
        try await clone.rewrite { _, files in files.contains(path) ? [path: nil, place: forged.prettyBytes] : [:] }
        #expect(try await clone.findings().isSuperset(of: ["NotApproved", "RecordNotForThis", "NotFromTip"]))
    }

    @Test(
        "with a content that is none is no push that anybody signed",
        arguments: ["empty", "without a device", "of numbers"])
    func noContent(kind: String) async throws {
        let clone = try await AuditorsClone()
        let (path, document) = try await clone.archived(clone.history.secondDigest)
        let content: JSONValue =
            switch kind {
            case "empty": [:]
            case "without a device": try (document["content"] ?? [:]).with("device", as: nil)
            default: try (document["content"] ?? [:]).with("connector", as: 1).with("sequence", as: "1")
            }
        let forged = try document.with("content", as: content)
        try await clone.rewrite { _, files in files.contains(path) ? [path: forged.prettyBytes] : [:] }
        #expect(try await clone.findings().isSuperset(of: ["DigestMismatch", "ContentDiffers"]))
    }

    @Test("without a push that was shows the hole that it left")
    func hole() async throws {
        let clone = try await AuditorsClone()
        let (path, _) = try await clone.archived(clone.history.firstDigest)
        try await clone.rewrite { _, files in files.contains(path) ? [path: nil] : [:] }
        #expect(try await clone.findings().isSuperset(of: ["SequenceHole"]))
    }

    @Test("with another record's bytes, or none, as evidence proves nothing by it", arguments: [true, false])
    func evidence(isReplaced: Bool) async throws {
        let clone = try await AuditorsClone()
        let first = try #require(
            try await clone.archived(clone.history.firstDigest).document["records"]?.array?.first?.string)
        let second = try #require(
            try await clone.archived(clone.history.secondDigest).document["records"]?.array?.first?.string)
        let (from, to) = ("evidence/\(first.prefix(2))/\(first).json", "evidence/\(second.prefix(2))/\(second).json")
        let (theirs, ours) = (try await clone.json(from), try await clone.json(to))
        let mixed = try ours.with("raw", as: theirs["raw"]).with("commit", as: theirs["commit"]).with(
            "parent", as: theirs["parent"])
        try await clone.rewrite { _, files in
            files.contains(to) ? [to: isReplaced ? mixed.prettyBytes : nil] : [:]
        }
        let codes = try await clone.findings()
        #expect(codes.isSuperset(of: ["EvidenceMissing", "NotApproved"]))
        #expect(codes.contains("EvidenceInvalid") == isReplaced)
    }

    @Test("whose first-seen times fall is not believed in them")
    func firstSeen() async throws {
        let clone = try await AuditorsClone()
        let record = try #require(
            try await clone.archived(clone.history.secondDigest).document["records"]?.array?.first?.string)
        let path = "evidence/\(record.prefix(2))/\(record).json"
        let forged = try await clone.json(path).with("firstSeen", as: "2026-01-01T00:00:00Z")
        try await clone.rewrite { _, files in files.contains(path) ? [path: forged.prettyBytes] : [:] }
        #expect(try await clone.findings().contains("FirstSeenFalls"))
    }

    @Test("that says a push began before anybody had signed lacks the signatures")
    func early() async throws {
        let clone = try await AuditorsClone()
        let (path, document) = try await clone.archived(clone.history.secondDigest)
        let forged = try document.with("began", as: "2026-01-01T00:00:00Z")
        try await clone.rewrite { _, files in files.contains(path) ? [path: forged.prettyBytes] : [:] }
        #expect(try await clone.findings().contains("NotApproved"))
    }

    @Test("that names a commit from before the request, to hide who asked, does not fit it")
    func origin() async throws {
        let clone = try await AuditorsClone()
        let (path, document) = try await clone.archived(clone.history.secondDigest)
        let forged = try document.with("tip", as: .string(clone.arena.trusted))
        try await clone.rewrite { _, files in files.contains(path) ? [path: forged.prettyBytes] : [:] }
        #expect(try await clone.findings().contains("NotFromTip"))
        let unknown = try document.with("tip", as: .string(String(repeating: "1", count: 40)))
        try await clone.rewrite { _, files in files.contains(path) ? [path: unknown.prettyBytes] : [:] }
        #expect(try await clone.findings().contains("TipUnknown"))
    }

    @Test("that never saw what the slot held cannot explain what was replaced")
    func holds() async throws {
        let clone = try await AuditorsClone()
        let (path, _) = try await clone.archived(clone.history.adopted)
        let connectors = try await clone.files("connectors")
        try await clone.rewrite { commit, files in
            var changes: AuditorsClone.Files = files.contains(path) ? [path: nil] : [:]
            for connector in connectors where files.contains(connector) {
                let document = try await clone.json(connector, at: commit)
                guard document["observed"]?["holds"]?["leaf"]?.string == clone.arena.old.leaf else { continue }
                changes[connector] = try document.with("observed", as: nil).prettyBytes
            }
            return changes
        }
        #expect(try await clone.findings().contains("HoldsUnexplained"))
    }

    @Test("that uses a signature twice for one work order is told of")
    func reused() async throws {
        let clone = try await AuditorsClone()
        let (path, document) = try await clone.archived(clone.history.secondDigest)
        let again = path.replacing(/[0-9]{4}\/[0-9]{2}/) { _ in "2026/10" }
        try await clone.append([again: try document.with("at", as: "2026-10-24T00:00:00Z").prettyBytes])
        #expect(try await clone.findings().isSuperset(of: ["EndedTwice", "RecordReused"]))
    }

    @Test(
        "that names another trust set needs a policy change that people of the one before signed",
        arguments: Signing.all)
    func trustSet(_ signing: Signing) async throws {
        let clone = try await AuditorsClone()
        let (commit, from, to) = try await clone.widenGroup(signing)
        let change: JSONValue = [
            "format": "countersign.policy-change/v1", "from": .string(from), "number": 1, "previous": .null,
            "repository": .string(clone.arena.repositoryID), "to": .string(to),
        ]
        let digest = PolicyChangeDigest(hashing: Array("countersign policy-change v1\n".utf8), change.canonicalBytes)
        let seconds = try #require(Int64(try await clone.git("log", "-1", "--format=%ct", AuditorsClone.status)))
        let now = Timestamp(secondsSince1970: seconds).description
        var files: AuditorsClone.Files = [:]
        var records: [JSONValue] = []
        for actor in signing.signers {
            let message = clone.arena.record(onChange: digest.description).message
            let evidence = try await clone.evidence(of: message, by: actor, seen: now)
            if signing.isKept { files[evidence.path] = evidence.bytes }
            records.append(.string(evidence.key))
        }
        let document = signing.isOtherDocument ? try change.with("number", as: 2) : change
        files["evidence/policychanges/\(digest.hex.prefix(2))/\(digest.hex).json"] =
            JSONValue.object([
                "acceptedAt": .string(now), "commit": .string(commit), "digest": .string(digest.description),
                "document": document, "format": "countersign.policy-change-evidence/v1", "id": .string(digest.id),
                "records": .array(records),
            ]).prettyBytes
        files["status.json"] = try await clone.json("status.json").with(
            "trustSet",
            as: [
                "acceptedAt": .string(now), "commit": .string(commit), "digest": .string(String(to.dropFirst(7))),
                "number": 1, "policyChange": .string(digest.hex),
            ]
        ).prettyBytes
        try await clone.append(files)
        #expect(try await clone.findings(exits: signing.codes.isEmpty ? 0 : 2) == signing.codes)
    }

    @Test("that names another trust set and no policy change is told of")
    func unnamedTrustSet() async throws {
        let clone = try await AuditorsClone()
        let (commit, _, to) = try await clone.widenGroup(Signing("unsigned by anybody", [], []))
        let head = try await clone.json("status.json").with("trustSet", "commit", as: .string(commit))
            .with("trustSet", "digest", as: .string(String(to.dropFirst(7))))
        try await clone.append(["status.json": head.prettyBytes])
        #expect(try await clone.findings() == ["TrustSetNotApproved"])
    }
}

/// Who signed a policy change that alice asked for, and what the thief of the recorder's key keeps of it.
struct Signing: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var signers: [Arena.Actor]
    var codes: Set<String>
    /// More lines of the commit's message.
    var names = ""
    /// Whether alice signed the commit that asks for it.
    var isCommitSigned = true
    var isKept = true
    var isOtherDocument = false

    init(_ words: String, _ signers: [Arena.Actor], _ codes: Set<String>, _ change: (inout Self) -> Void = { _ in }) {
        (testDescription, self.signers, self.codes) = (words, signers, codes)
        change(&self)
    }

    static let none: Set<String> = ["TrustSetNotApproved"]
    static let all = [
        Signing("signed by two who did not ask", [.bob, .dave], []),
        Signing("signed by who asked, and one more", [.alice, .dave], []),
        Signing("signed by one", [.bob], none),
        Signing("signed by who asked alone", [.alice], none),
        Signing("whose records were taken away", [.bob, .dave], none) { $0.isKept = false },
        Signing("kept with the document of another", [.bob, .dave], ["EvidenceInvalid"]) { $0.isOtherDocument = true },
        Signing("that an unsigned commit asks for, signed by two", [.bob, .dave], none) { $0.isCommitSigned = false },
        Signing("that an unsigned commit asks for, signed by three", [.alice, .bob, .dave], []) {
            $0.isCommitSigned = false
        },
        Signing("that an unsigned commit of two asks for, signed by both and one more", [.alice, .bob, .dave], none) {
            ($0.isCommitSigned, $0.names) = (false, "Co-authored-by: Bob <bob@example.com>")
        },
    ]
}

extension AuditorsClone {
    /// Alice's commit, on the branch in force, that lets her implement; the digests of the trust sets before and after.
    fileprivate func widenGroup(_ signing: Signing) async throws -> (commit: String, from: String, to: String) {
        try await git("checkout", "-q", "-b", "forged", "origin/main")
        let policy = try String(contentsOfFile: folder.file("clone/policy.yaml"), encoding: .utf8)
        try folder.write(policy.replacing("[bob, dave]", with: "[alice, bob, dave]"), to: "clone/policy.yaml")
        try await git(
            "commit", "-q", signing.isCommitSigned ? "-S" : "--no-gpg-sign", "-am",
            "Let alice implement\n\n\(signing.names)", as: .alice)
        try await git("update-ref", "refs/remotes/origin/main", "HEAD")
        func set(_ commit: String) async throws -> String {
            let report = try await arena.countersign(
                [
                    "audit", "--repo", folder.file("clone"), "--state", folder.file("state"), "--trust", commit,
                    "--format", "json",
                ],
                as: .mallory
            ).json
            return try #require(report["trustSet"]?.string)
        }
        let commit = try await git("rev-parse", "HEAD")
        return (commit, try await set(arena.trusted), try await set(commit))
    }
}

/// A push that never was, told by the gateway's own key: what does it take?
@Suite("An invented push", AuditWorld()) struct InventedPushTests {
    private func invent(
        author: String = "alice", message: String = "Renew again", approver: Arena.Actor = .bob,
        revokedBy revoker: Arena.Actor? = nil, began: Int64 = 0, policy: ((JSONValue) throws -> JSONValue)? = nil
    ) async throws -> AuditorsClone {
        try await AuditorsClone().renewed(
            author: author, message: message, signed: InventedRecord.both(approver, revokedBy: revoker), began: began,
            content: policy)
    }

    private func reasons(_ clone: AuditorsClone) async throws -> Set<String> {
        // The connector's file still tells of the push before: the thief would change that too.
        try await clone.findings(exits: 2).subtracting(["SequenceHole"])
    }

    @Test("is proven where the right people really signed for that very content")
    func control() async throws {
        let clone = try await invent()
        let report = try await clone.audit(exits: 2)
        let order = try #require(report["workOrders"]?.array?.last)
        #expect(order["reasons"] == [])
        #expect(order["proven"] == true)
        // …but the slot holds what was there before, and that is said.
        #expect(report["slots"]?.array?.first?["verdict"] == "unapproved")
    }

    @Test(
        "is not, where it removes, signed by the one who had taken the binding away",
        arguments: [Arena.Actor.bob, .dave])
    func removal(unbinder: Arena.Actor) async throws {
        let clone = try await AuditorsClone()
        try await clone.git("checkout", "-q", "-b", "forged", "origin/main")
        let file = clone.folder.file("clone/shop.yaml")
        func commit(as actor: Arena.Actor, _ change: (String) -> String) async throws {
            let text = try String(contentsOfFile: file, encoding: .utf8)
            try clone.folder.write(change(text), to: "clone/shop.yaml")
            try await clone.git("commit", "-q", "-a", "-m", "Take shop away", as: actor)
        }
        try await commit(as: .alice) {
            $0.replacing("  device: edge-1\n", with: "  device: edge-1\n  whenUnbound: remove\n")
        }
        try await commit(as: unbinder) { text in
            text.components(separatedBy: "---\n").filter { !$0.contains("kind: Binding") }.joined(separator: "---\n")
        }
        let (_, last) = try await clone.archived(clone.history.secondDigest)
        let content = try #require(last["content"]).with("action", as: "remove").with("binding", as: nil)
            .with("certificate", as: nil).with("installs", as: nil).with("files", as: [:])
            .with("connector", "spec", "whenUnbound", as: "remove")
            .with("holds", as: ["leaf": .string(clone.history.second.leaf)]).with("sequence", as: 2)
        let invented = try await clone.pushed(content, after: last, signed: InventedRecord.both(.bob))
        // Bob approved what he had asked for himself; where dave took it away, dave may not implement.
        #expect(try await reasons(invented).isSuperset(of: ["NotApproved", "SelfApproval"]))
    }

    @Test("is not, signed by the one who asked")
    func requester() async throws {
        #expect(try await reasons(try await invent(approver: .alice)).isSuperset(of: ["NotApproved", "SelfApproval"]))
    }

    @Test("is not, signed by the author or co-author of a squashed change", arguments: [true, false])
    func squashed(isAuthor: Bool) async throws {
        let clone =
            isAuthor
            ? try await invent(author: "bob")
            : try await invent(message: "Squashed\n\nCo-authored-by: Bob <bob@example.com>")
        #expect(try await reasons(clone).isSuperset(of: ["NotApproved", "SelfApproval"]))
    }

    @Test("is not, signed with a key that was not in force")
    func stranger() async throws {
        #expect(try await reasons(try await invent(approver: .mallory)).isSuperset(of: ["NotApproved", "UnknownKey"]))
    }

    @Test("is not, signed twice by one person, or by somebody of another group")
    func wrongPeople() async throws {
        #expect(try await reasons(try await invent(approver: .dave)).isSuperset(of: ["NotApproved", "NotInGroup"]))
    }

    @Test("is not, where the approval had been taken back before")
    func revoked() async throws {
        #expect(try await reasons(try await invent(revokedBy: .bob)).isSuperset(of: ["NotApproved", "Revoked"]))
    }

    @Test("is not, under a policy that was not in force")
    func policy() async throws {
        let clone = try await invent { content in
            try content.with(
                "policy", "spec", "levels", as: [["approvers": ["group:pki"], "count": 1, "name": "approve"]])
        }
        #expect(try await reasons(clone).contains("PolicyNotInForce"))
    }
    @Test("is not, signed as an emergency under a policy that has none")
    func noEmergency() async throws {
        let clone = try await AuditorsClone().renewed(signed: [.emergency(.bob), .emergency(.dave)])
        #expect(try await reasons(clone).isSuperset(of: ["NotApproved", "UnknownLevel"]))
    }
}
