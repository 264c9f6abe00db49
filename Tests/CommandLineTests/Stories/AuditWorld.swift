// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Processes
import TestKit
import Testing
import Vocabulary

/// One history for a whole suite, made by the built binary: the slot adopted, then renewed twice.
struct AuditWorld: SuiteTrait, TestScoping {
    @TaskLocal static var history: History?

    /// Whether the second renewal went by an emergency's quorum, and alice reviewed it.
    var hasEmergency = false

    struct History: Sendable {
        var arena: Arena
        var adopted: String
        var first: IssuedCertificate
        var firstDigest: String
        var second: IssuedCertificate
        var secondDigest: String
    }

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        let arena = try await Arena.made { setting in
            guard hasEmergency else { return }
            setting.netops = [.alice, .bob, .dave]
            setting.policy = ["emergency: {approvers: [group:netops], count: 2, ignores: [windows, limits]}"]
        }
        try await arena.reconcile(exits: 0)
        let adopted = try await arena.digest(of: "adopt")
        try await Self.sign(adopted, in: arena)
        let first = try await arena.renew()
        let firstDigest = try await arena.digest()
        try await Self.sign(firstDigest, in: arena)
        let second = try await arena.renew(days: 60)
        let secondDigest = try await arena.digest()
        if hasEmergency {
            for actor in [Arena.Actor.bob, .dave] {
                try await arena.countersign(
                    as: actor, "approve", secondDigest, "--yes", "--emergency", "-m", "The key leaked", exits: 0)
            }
            try await arena.reconcile(exits: 0)
            try await arena.countersign(as: .alice, "review", secondDigest, "--yes", "-m", "Right so", exits: 0)
            try await arena.reconcile(exits: 0)
        } else {
            try await Self.sign(secondDigest, in: arena)
        }
        try await arena.nginx.halt()
        let history = History(
            arena: arena, adopted: adopted, first: first, firstDigest: firstDigest, second: second,
            secondDigest: secondDigest)
        try await Self.$history.withValue(history) { try await function() }
    }

    private static func sign(_ digest: String, in arena: Arena) async throws {
        try await arena.approve(digest)
        try await arena.implement(digest)
        try await arena.reconcile(exits: 0)
    }
}

/// An auditor's fresh clone, whose origin is gone: what `audit` reads is there, or nowhere. Somebody who holds the gateway's
/// own key may have been at work in it.
struct AuditorsClone: Sendable {
    let history: AuditWorld.History
    let folder: TemporaryFolder
    var arena: Arena { history.arena }
    private var path: String { folder.file("clone") }
    static let status = "refs/remotes/origin/countersign/status/default"

    init() async throws {
        history = try #require(AuditWorld.history)
        folder = try TemporaryFolder("auditor")
        let environment = history.arena.environment(of: .mallory)
        try await run(["git", "clone", "-q", "file://\(history.arena.origin)", path], environment: environment)
        try await git("remote", "set-url", "origin", "file:///nowhere")
    }

    /// Told of everything, the second implementation must say the same.
    func audit(_ arguments: String..., exits code: Int32) async throws -> JSONValue {
        let report = try await arena.countersign(
            ["audit", "--repo", path, "--state", folder.file("state"), "--trust", arena.trusted, "--format", "json"]
                + arguments,
            as: .mallory, exits: code
        ).json
        if arguments.isEmpty { try await IndependentAudit.expect(report, exits: code, of: path, in: arena) }
        return report
    }

    func text(exits code: Int32) async throws -> String {
        try await arena.countersign(
            ["audit", "--repo", path, "--state", folder.file("state"), "--trust", arena.trusted], as: .mallory,
            exits: code
        ).output
    }

    /// Codes of everything that is found, those of work orders and of the branch.
    func findings(exits code: Int32 = 2) async throws -> Set<String> {
        IndependentAudit.codes(of: try await audit(exits: code))
    }

    @discardableResult
    func git(_ arguments: String..., as actor: Arena.Actor = .mallory, input: [UInt8] = []) async throws -> String {
        try await git(arguments, as: actor, input: input)
    }

    @discardableResult
    func git(
        _ arguments: [String], as actor: Arena.Actor = .mallory, input: [UInt8] = [],
        environment: [String: String?] = [:]
    ) async throws -> String {
        let result = try await run(
            ["git"] + arguments, in: path, environment: arena.environment(of: actor).merging(environment) { $1 },
            input: input)
        return result.outputText.hasSuffix("\n") ? String(result.outputText.dropLast()) : result.outputText
    }
}

// What a thief of the recorder's key can write, with git's own tools.
extension AuditorsClone {
    typealias Files = [String: [UInt8]?]

    func tip() async throws -> String { try await git("rev-parse", Self.status) }

    func files(_ folder: String, at commit: String? = nil) async throws -> [String] {
        try await git("ls-tree", "-r", "--name-only", commit ?? Self.status, folder + "/").split(separator: "\n").map(
            String.init)
    }

    func json(_ path: String, at commit: String? = nil) async throws -> JSONValue {
        try JSONValue(parsing: Array(try await git("cat-file", "blob", "\(commit ?? Self.status):\(path)").utf8))
    }

    /// The archived file of a work order, and what it says.
    func archived(_ digest: String) async throws -> (path: String, document: JSONValue) {
        let path = try #require(try await files("archive").first { $0.hasSuffix("\(digest.dropFirst(7)).json") })
        return (path, try await json(path))
    }

    /// A status commit signed by the gateway's own key, after everything that is there.
    @discardableResult
    func append(_ files: Files, by actor: Arena.Actor? = nil, isSigned: Bool = true) async throws -> String {
        let tip = try await tip()
        let tree = try await tree(of: tip, with: files)
        let date = try await git("log", "-1", "--format=%ct", tip)
        let commit = try await commit(tree, parent: tip, date: date, by: actor, isSigned: isSigned)
        try await git("update-ref", Self.status, commit)
        return commit
    }

    /// The whole branch anew, each tree as `edit` wants it.
    func rewrite(_ edit: (_ commit: String, _ files: [String]) async throws -> Files) async throws {
        var parent: String?
        let line = try await git("rev-list", "--first-parent", "--reverse", Self.status).split(separator: "\n").map(
            String.init)
        for old in line {
            let listed = try await git("ls-tree", "-r", "--name-only", old).split(separator: "\n").map(String.init)
            let tree = try await tree(of: old, with: try await edit(old, listed))
            parent = try await commit(
                tree, parent: parent, date: try await git("log", "-1", "--format=%ct", old), by: nil, isSigned: true)
        }
        try await git("update-ref", Self.status, try #require(parent))
    }

    private func tree(of commit: String, with files: Files) async throws -> String {
        let index: [String: String?] = ["GIT_INDEX_FILE": folder.file("index-\(UUID().uuidString)")]
        try await git(["read-tree", commit], environment: index)
        for (path, bytes) in files {
            if let bytes {
                let blob = try await git("hash-object", "-w", "--stdin", input: bytes)
                try await git(["update-index", "--add", "--cacheinfo", "100644,\(blob),\(path)"], environment: index)
            } else {
                try await git(["update-index", "--force-remove", path], environment: index)
            }
        }
        return try await git(["write-tree"], environment: index)
    }

    private func commit(
        _ tree: String, parent: String?, date: String, by actor: Arena.Actor?, isSigned: Bool
    ) async throws -> String {
        let key = actor.flatMap { arena.keys[$0]?.path } ?? arena.state(of: .gateway) + "/recorder"
        return try await git(
            ["-c", "user.signingKey=\(key)", "commit-tree", isSigned ? "-S" : "--no-gpg-sign"]
                + (parent.map { ["-p", $0] } ?? []) + [tree],
            input: Array("Status of zone default\n".utf8),
            environment: ["GIT_AUTHOR_DATE": "\(date) +0000", "GIT_COMMITTER_DATE": "\(date) +0000"])
    }
}

// Records and the evidence of them, and work orders that nobody ever planned.
extension AuditorsClone {
    /// A record that this person signs now, on the tip of the status branch, and its evidence as a recorder would keep it.
    func evidence(
        of message: String, by actor: Arena.Actor, seen: String
    ) async throws -> (key: String, path: String, bytes: [UInt8]) {
        let status = try await tip()
        let commit = try await git(
            ["commit-tree", "-S", "-p", status, "\(status)^{tree}"], as: actor, input: Array(message.utf8),
            environment: ["GIT_COMMITTER_DATE": seen])
        let raw = try await bytes(commit)
        let armored = try #require(String(decoding: raw, as: UTF8.self).firstRange(of: "gpgsig "))
        let text = String(decoding: raw, as: UTF8.self)
        let end = try #require(text.firstRange(of: " -----END SSH SIGNATURE-----\n"))
        let payload = text[..<armored.lowerBound] + text[end.upperBound...]
        let public_ = try #require(arena.keys[actor]).path + ".pub"
        let fingerprint = try await run("ssh-keygen", "-lf", public_).outputText.split(separator: " ")[1]
        let key = FileDigest(hashing: Array("countersign record v1\n\(fingerprint)\n\(payload)".utf8)).hex
        let document: JSONValue = [
            "commit": .string(commit), "firstSeen": .string(seen), "format": "countersign.evidence/v1",
            "parent": ["commit": .string(status), "raw": .string(Data(try await bytes(status)).base64EncodedString())],
            "raw": .string(Data(raw).base64EncodedString()), "record": .string(key),
        ]
        return (key, "evidence/\(key.prefix(2))/\(key).json", document.prettyBytes)
    }

    private func bytes(_ commit: String) async throws -> [UInt8] {
        try await run(
            ["git", "cat-file", "commit", commit], in: folder.file("clone"),
            environment: arena.environment(of: .mallory)
        ).output
    }

    static func digest(of content: JSONValue) -> String {
        WorkOrderDigest(hashing: Array("countersign work-order v1\n".utf8), content.canonicalBytes).description
    }

    /// The archive file of a push that never was: the last one's with another content.
    func invented(
        _ content: JSONValue, after last: JSONValue, records: [String], tip: String, at: String
    ) throws -> (path: String, bytes: [UInt8]) {
        let digest = Self.digest(of: content)
        var document = try #require(last.object)
        document["at"] = .string(at)
        document["began"] = .string(at)
        document["content"] = content
        document["digest"] = .string(digest)
        document["id"] = .string(HandmadeRecord.id(of: digest))
        document["records"] = .array(records.map(JSONValue.string))
        document["replaces"] = content["holds"]?.object.map { .object($0) } ?? [:]
        document["sequence"] = .integer((content["sequence"]?.integer ?? 0) + 1)
        document["tip"] = .string(tip)
        return (
            "archive/\(at.prefix(4))/\(at.dropFirst(5).prefix(2))/\(digest.dropFirst(7)).json",
            JSONValue.object(document).prettyBytes
        )
    }
}

extension JSONValue {
    /// The same object with one member, or a member of a member, otherwise; nil takes it away.
    func with(_ path: String..., as value: JSONValue?) throws -> JSONValue { try with(path[...], value) }

    private func with(_ path: ArraySlice<String>, _ value: JSONValue?) throws -> JSONValue {
        guard var object, let key = path.first else { throw FixtureError("no object: \(self)") }
        object[key] = path.count == 1 ? value : try (object[key] ?? [:]).with(path.dropFirst(), value)
        return .object(object)
    }
}
