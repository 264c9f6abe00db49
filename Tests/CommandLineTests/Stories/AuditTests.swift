// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestKit
import Testing
import Vocabulary

@Suite("An audit of a fresh clone without network", AuditWorld()) struct AuditTests {
    @Test("proves a history as it was, and names who allowed what, with which key")
    func proven() async throws {
        let clone = try await AuditorsClone()
        let report = try await clone.audit(exits: 0)
        #expect(report["proven"] == true)
        #expect(report["findings"] == [])
        let orders = try #require(report["workOrders"]?.array)
        #expect(orders.map { $0["action"]?.string } == ["adopt", "replace", "replace"])
        #expect(
            orders.map { $0["digest"]?.string } == [
                clone.history.adopted, clone.history.firstDigest, clone.history.secondDigest,
            ])
        #expect(orders.allSatisfy { $0["proven"] == true })
        #expect(orders.map { $0["sequence"]?.integer } == [0, 0, 1])
        let last = try #require(orders.last)
        #expect(last["requesters"]?.array?.map { $0["person"]?.string } == ["alice"])
        let given = last["levels"]?.array?.compactMap { $0["given"]?.array?.first } ?? []
        #expect(given.map { $0["person"]?.string } == ["bob", "dave"])
        #expect(given.allSatisfy { $0["key"]?.string?.hasPrefix("SHA256:") ?? false && $0["at"]?.string != nil })
        let slot = try #require(report["slots"]?.array?.first)
        #expect(slot["verdict"] == "proven")
        #expect(slot["leaf"]?.string == clone.history.second.leaf)
        #expect(slot["workOrder"]?.string == clone.history.secondDigest)
    }

    @Test("says it in words, the reason beside what is not proven")
    func words() async throws {
        let clone = try await AuditorsClone()
        let good = try await clone.text(exits: 0)
        #expect(good.contains("3 of 3 work orders proven; slots: 1 proven"))
        #expect(good.contains("bob, SHA256:"))
        #expect(good.contains("by alice (certificates/shop.pem"))
        let (path, _) = try await clone.archived(clone.history.firstDigest)
        try await clone.append([path: nil])
        #expect(try await clone.text(exits: 2).contains("ArchiveChanged \(path)"))
    }

    @Test("tells of what was asked for only")
    func chosen() async throws {
        let clone = try await AuditorsClone()
        #expect(try await clone.audit("--connector", Arena.connector, exits: 0)["workOrders"]?.array?.count == 3)
        #expect(
            try await clone.audit("--device", "edge-1", "--certificate", Arena.certificate, exits: 0)["slots"]?.array?
                .count == 1)
        #expect(try await clone.audit("--to", "2020-01-01", exits: 0)["workOrders"] == [])
        let at = try #require(try await clone.archived(clone.history.secondDigest).document["at"]?.string)
        #expect(try await clone.audit("--from", at, exits: 0)["workOrders"]?.array?.count ?? 0 >= 1)
        let unknown = try await clone.audit("--connector", "edge-1-shpo", exits: 1)
        #expect(unknown["error"]?["code"] == "UnknownName")
        #expect(unknown["error"]?["hint"]?.string?.contains("edge-1-shop") ?? false)
    }

    @Test("keeps what is needed where refs and certificates are pruned: who asked, and what was served")
    func evidence() async throws {
        let clone = try await AuditorsClone()
        let leaves = try await clone.files("evidence/leaves")
        #expect(leaves.count == 2)
        #expect(leaves.contains { $0.hasSuffix("\(clone.history.second.leaf).json") })
        let requesters = try await clone.files("evidence/requesters")
        #expect(requesters.count == 2)
        for path in requesters {
            let raw = try #require(Data(base64Encoded: try await clone.json(path)["raw"]?.string ?? ""))
            let id = try await clone.git("hash-object", "-t", "commit", "--stdin", input: Array(raw))
            #expect(path.hasSuffix("\(id).json"))
        }
        // No approval's ref is needed.
        let refs = try await clone.git("for-each-ref", "--format=%(refname)", "refs/remotes/origin/approvals")
        for ref in refs.split(separator: "\n") { try await clone.git("update-ref", "-d", String(ref)) }
        #expect(try await clone.audit(exits: 0)["proven"] == true)
    }
}

extension Arena {
    /// What `audit` says in dave's clone, and the second implementation with it.
    ///
    /// - Parameter trusted: the commit that both begin with; nil: the one that the gateway trusted first.
    @discardableResult
    func audited(exits code: Int32, trusting trusted: String? = nil) async throws -> JSONValue {
        try await git(.dave, "fetch", "-q", "origin")
        let report = try await countersign(
            [
                "audit", "--repo", clone(of: .dave), "--state", folder.file("none"), "--trust",
                trusted ?? self.trusted, "--format", "json",
            ], as: .dave, exits: code
        ).json
        try await IndependentAudit.expect(report, exits: code, of: clone(of: .dave), in: self, trusting: trusted)
        return report
    }
}

@Suite("Before anybody has signed, an audit") struct AuditOfUnapprovedTests {
    @Test("calls what lies in the slot unapproved, and what was changed by hand afterwards too")
    func unapproved() async throws {
        let arena = try await Arena.made()
        let untrusted = try await arena.countersign(
            ["audit", "--repo", arena.clone(of: .dave), "--state", arena.state(of: .dave), "--format", "json"],
            as: .dave, exits: 1
        ).json
        #expect(untrusted["error"]?["code"] == "NotTrusted")
        let missing = try await arena.refusal(as: .dave, "audit")
        #expect(missing.code == "NoStatus")
        try await arena.reconcile(exits: 0)
        func slot() async throws -> JSONValue {
            try #require(try await arena.audited(exits: 2)["slots"]?.array?.first)
        }
        #expect(try await slot()["verdict"] == "unapproved")

        let adopted = try await arena.digest(of: "adopt")
        try await arena.approve(adopted)
        try await arena.implement(adopted)
        try await arena.reconcile(exits: 0)
        let report = try await arena.audited(exits: 0)
        #expect(report["slots"]?.array?.first?["verdict"] == "adopted")

        let other = try await arena.authority.issue("other", days: 30)
        try arena.folder.write(other.chain, to: "slot/shop.crt")
        try arena.folder.write(other.key, to: "slot/shop.key", mode: 0o600)
        try await arena.reconcile(exits: nil)
        let drifted = try await slot()
        #expect(drifted["verdict"] == "unapproved")
        #expect(drifted["leaf"]?.string == other.leaf)
        #expect(drifted["reason"]?.string?.contains("by hand") ?? false)

        // Put back: what lay there by hand was told of before it was replaced.
        let back = try await arena.digest()
        try await arena.approve(back)
        try await arena.implement(back)
        try await arena.reconcile(exits: 0)
        let restored = try await arena.audited(exits: 0)
        #expect(restored["slots"]?.array?.first?["verdict"] == "proven")
        let last = try #require(restored["workOrders"]?.array?.last)
        #expect(last["replacedUnapproved"] == true)
        #expect(last["requesters"] == [])
    }

    @Test("proves a push that failed as well, and that the slot holds what it held")
    func rolledBack() async throws {
        // The reload says that all is well, and nothing is served.
        let (arena, _, digest) = try await Arena.signed { setting in
            setting.reload = ["true"]
            setting.device = ["timeouts: {settle: 2s}"]
        }
        try await arena.reconcile(exits: nil)
        let report = try await arena.audited(exits: 2)
        #expect(report["findings"] == [])
        let order = try #require(report["workOrders"]?.first(where: "digest", is: digest))
        #expect(order["outcome"] == "RolledBack")
        #expect(order["proven"] == true)
        let slot = try #require(report["slots"]?.array?.first)
        #expect(slot["verdict"] == "unapproved")
        #expect(slot["leaf"]?.string == arena.old.leaf)
    }
}
