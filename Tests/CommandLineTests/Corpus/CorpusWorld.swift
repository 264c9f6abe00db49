// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Processes
import TestKit
import Vocabulary

/// A world with many slots, many people and many keys, so that all attacks stand in it side by side.
struct CorpusWorld: Sendable {
    struct Status: Sendable {
        var commit: String
        var tree: String
    }
    let arena: Arena
    /// By who signs with it, or whose second key it is: `bob`, `bob-rsa`, `mallory`.
    let keys: [String: SSHKey]
    let securityKey: SoftSecurityKey
    /// With the key of that home that signs.
    let gpg: [String: (key: GPGKey, signer: String)]
    /// The digest of the work order of each connector.
    var digests: [String: String] = [:]
    /// Of all records that are not dated otherwise.
    let started = Int64(Date().timeIntervalSince1970)
    /// What was made before, by the description of its case.
    var made: [String: String] = [:]
    var tip = Status(commit: "", tree: "")
    var older = Status(commit: "", tree: "")

    func key(of signer: String) throws -> SSHKey {
        guard let key = keys[signer] else { throw FixtureError("\(signer) has no key") }
        return key
    }

    /// What bob would sign to approve the work order of this slot.
    func draft(for slot: String) throws -> Draft {
        guard let digest = digests[slot] else { throw FixtureError("no work order for \(slot)") }
        return Draft(
            words: arena.record("approve", digest), tree: tip.tree, parents: [tip.commit], authored: "\(started) +0000",
            committed: "\(started) +0000", now: started, status: (tip, older))
    }

    // MARK: git's plumbing, in the origin itself: whoever may push can have any object there

    func git(_ arguments: [String], input: [UInt8] = []) async throws -> String {
        let result = try await run(
            ["git", "--git-dir", arena.origin] + arguments, environment: arena.environment(of: .gateway), input: input)
        return result.outputText.hasSuffix("\n") ? String(result.outputText.dropLast()) : result.outputText
    }

    /// These very bytes as an object, however wrong.
    func store(_ bytes: [UInt8], type: String = "commit") async throws -> String {
        try await git(["hash-object", "-t", type, "-w", "--stdin", "--literally"], input: bytes)
    }

    /// What `ssh-keygen -Y sign` makes of these bytes.
    func armor(
        over payload: [UInt8], by signer: String, namespace: String = "git", options: [String] = []
    ) async throws -> [UInt8] {
        if signer == "bob-security-key" { return try await securityKey.sign(payload, flags: 1) }
        if gpg[signer] != nil { return try await gpgArmor(over: payload, by: signer) }
        return try await run(
            ["ssh-keygen", "-Y", "sign", "-q", "-n", namespace, "-f", try key(of: signer).path] + options,
            input: payload
        ).output
    }

    /// What `gpg --detach-sign` makes of these bytes.
    func gpgArmor(over payload: [UInt8], by signer: String, _ options: [String] = []) async throws -> [UInt8] {
        guard let (key, signingKey) = gpg[signer] else { throw FixtureError("\(signer) has no key") }
        // An expired key signs where its owner sets the clock back.
        let clock = signer == "grace-gpg" ? ["--faked-system-time", "20251231T120000!"] : []
        return try await key.signature(over: payload, by: signingKey + "!", clock + options)
    }

    func signed(_ draft: Draft, by signer: String) async throws -> [UInt8] {
        Self.commit(draft.payload, try await armor(over: draft.payload, by: signer))
    }

    func put(_ draft: Draft, by signer: String) async throws -> String {
        try await store(try await signed(draft, by: signer))
    }

    /// A commit whose `gpgsig` is this armor, where git puts it.
    static func commit(_ payload: [UInt8], _ armor: [UInt8], header: String = "gpgsig") -> [UInt8] {
        let folded = armor.dropLast(armor.last == 0x0a ? 1 : 0).flatMap { $0 == 0x0a ? [0x0a, 0x20] : [$0] }
        let end = payload.firstRange(of: [0x0a, 0x0a])?.lowerBound ?? payload.count
        return payload[..<end] + Array("\n\(header) ".utf8) + folded + payload[end...]
    }

    /// Makes and publishes all of them; the object of each.
    func publish(_ cases: [CorpusCase]) async throws -> [String: String] {
        var (objects, lines): ([String: String], [String]) = ([:], [])
        for (number, corpusCase) in cases.enumerated() {
            let object = try await corpusCase.make(self, try draft(for: corpusCase.slot))
            objects[corpusCase.testDescription] = object
            guard let digest = digests[corpusCase.slot] else { continue }
            let usual =
                "refs/heads/approvals/\(HandmadeRecord.id(of: digest))/\(corpusCase.isEarlier ? "early" : "case")-\(number)"
            let name = if case .at(let other) = corpusCase.place { other } else { usual }
            if try await git(["cat-file", "-t", object]) == "commit" {
                lines.append("update \(name) \(object)\n")
            } else {
                // `update-ref` would refuse it below refs/heads; whoever holds the forge's disk would not ask it.
                try arena.folder.write(object + "\n", to: "origin.git/\(name)")
            }
        }
        _ = try await git(["update-ref", "--stdin"], input: Array(lines.joined().utf8))
        return objects
    }
}
