// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestKit
import Testing
import Vocabulary

/// A record that people really sign, on a push that never was.
struct InventedRecord: Sendable {
    var actor: Arena.Actor
    var level: String
    var change: @Sendable (inout HandmadeRecord) -> Void = { _ in }

    /// One who approves, and dave, who implements.
    static func both(_ approver: Arena.Actor, revokedBy revoker: Arena.Actor? = nil) -> [Self] {
        [Self(actor: approver, level: "approve"), Self(actor: .dave, level: "implement")]
            + (revoker.map { [Self(actor: $0, level: "approve") { $0.decision = "revoke" }] } ?? [])
    }

    static func emergency(_ actor: Arena.Actor, _ change: @escaping @Sendable (inout HandmadeRecord) -> Void = { _ in })
        -> Self
    {
        Self(actor: actor, level: "emergency") {
            ($0.isEmergency, $0.comment) = (true, "The key leaked")
            change(&$0)
        }
    }
}

/// What the gateway's own key can tell: a push that never was.
extension AuditorsClone {
    /// A third renewal of shop, asked for by a commit that alice signs.
    ///
    /// - Parameters:
    ///   - author: of that commit.
    ///   - began: seconds after the records were seen.
    ///   - change: what is done to the content.
    func renewed(
        author: String = "alice", message: String = "Renew again", signed records: [InventedRecord], began: Int64 = 0,
        content change: ((JSONValue) throws -> JSONValue)? = nil
    ) async throws -> AuditorsClone {
        let third = try await arena.authority.issue("third-\(UUID().uuidString)", days: 70)
        try await git("checkout", "-q", "-b", "forged", "origin/main")
        try folder.write(third.chain, to: "clone/certificates/shop.pem")
        try await git(
            "commit", "-q", "-a", "-m", message, "--author", "\(author) <\(author)@example.com>", as: .alice)
        let (_, last) = try await archived(history.secondDigest)
        var content = try #require(last["content"])
            .with("installs", "leaf", as: .string(third.leaf)).with("installs", "spki", as: .string(third.spki))
            .with("holds", as: ["leaf": .string(history.second.leaf)]).with("sequence", as: 2)
        if let change { content = try change(content) }
        return try await pushed(content, after: last, signed: records, began: began)
    }

    /// The checked-out commit becomes the branch in force, and the archive tells of a push of this content.
    func pushed(
        _ content: JSONValue, after last: JSONValue, signed: [InventedRecord], began: Int64 = 0
    ) async throws -> AuditorsClone {
        let tip = try await git("rev-parse", "HEAD")
        try await git("update-ref", "refs/remotes/origin/main", tip)
        let digest = Self.digest(of: content)
        let seconds = try #require(Int64(try await git("log", "-1", "--format=%ct", Self.status)))
        let seen = Timestamp(secondsSince1970: seconds).description
        var files: Files = [:]
        var records: [String] = []
        for one in signed {
            var record = arena.record(one.level, digest)
            one.change(&record)
            let evidence = try await evidence(of: record.message, by: one.actor, seen: seen)
            files[evidence.path] = evidence.bytes
            if record.decision == "approve" { records.append(evidence.key) }
        }
        let at = Timestamp(secondsSince1970: seconds + began).description
        let archived = try invented(content, after: last, records: records, tip: tip, at: at)
        files[archived.path] = archived.bytes
        try await append(files)
        return self
    }
}
