// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Processes

/// An approval as a person could write it without countersign: only what stands in docs/approval-record.md.
package struct HandmadeRecord: Sendable {
    package var title = "Approve shop-example-com on edge-1-shop"
    package var comment = "Agreed with netops."
    package var repository: String
    package var level: String
    package var decision = "approve"
    /// Full digests: `sha256:` and 64 digits.
    package var workOrders: [String]
    package var implementation = "manual"
    /// The digest is that of a policy change.
    package var isOnPolicyChange = false
    package var isEmergency = false

    package init(repository: String, level: String, workOrders: [String]) {
        (self.repository, self.level, self.workOrders) = (repository, level, workOrders)
    }

    package var message: String {
        """
        \(title)

        \(comment)

        Countersign-Record: approval/v1
        Countersign-Repository: \(repository)
        Countersign-Level: \(level)
        Countersign-Decision: \(decision)
        \(workOrders.map { (isOnPolicyChange ? Self.policyChangeLine($0) : Self.workOrderLine($0)) + "\n" }.joined())\
        Countersign-Implementation: \(implementation)
        \(isEmergency ? "Countersign-Class: emergency\n" : "")
        """
    }

    package static func workOrderLine(_ digest: String) -> String {
        "Countersign-Work-Order: \(id(of: digest)) \(digest)"
    }

    package static func policyChangeLine(_ digest: String) -> String {
        "Countersign-Policy-Change: POL-\(id(of: digest).dropFirst(3)) \(digest)"
    }

    /// `WO-` and the first 40 bits of the digest in Crockford's base32.
    package static func id(of digest: String) -> String {
        let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
        let bits = UInt64(digest.dropFirst("sha256:".count).prefix(10), radix: 16) ?? 0
        return "WO-" + String((0..<8).map { alphabet[Int(bits >> (35 - 5 * UInt64($0)) & 31)] })
    }
}

/// Records made and pushed by stock git alone.
extension Arena {
    package func record(_ level: String, _ digest: String) -> HandmadeRecord {
        HandmadeRecord(repository: repositoryID, level: level, workOrders: [digest])
    }

    /// On a policy change in place of work orders.
    package func record(onChange digest: String) -> HandmadeRecord {
        var record = HandmadeRecord(repository: repositoryID, level: "policyChange", workOrders: [digest])
        (record.title, record.isOnPolicyChange) = ("Approve the change of who decides", true)
        return record
    }

    /// `git commit-tree -S` on the tip of the status branch with its tree, where nothing else is asked for; the commit.
    ///
    /// - Parameters:
    ///   - parents: in place of the status tip.
    ///   - options: of `git`, before `commit-tree`.
    package func sign(
        _ message: String, as actor: Actor, parents: [String]? = nil, tree: String? = nil, isSigned: Bool = true,
        options: [String] = []
    ) async throws -> String {
        try await git(actor, "fetch", "-q", "origin")
        let tip = "refs/remotes/origin/countersign/status/default"
        let status = try await git(actor, "rev-parse", tip, tip + "^{tree}").split(separator: "\n").map(String.init)
        let parents = parents ?? [status[0]]
        return try await git(
            actor,
            options + ["commit-tree"] + (isSigned ? ["-S"] : ["--no-gpg-sign"]) + parents.flatMap { ["-p", $0] }
                + [tree ?? status[1]],
            input: message)
    }

    /// These very bytes as a commit in this actor's clone, however wrong.
    package func store(_ bytes: [UInt8], as actor: Actor) async throws -> String {
        let result = try await run(
            ["git", "hash-object", "-t", "commit", "-w", "--stdin", "--literally"], in: clone(of: actor),
            environment: environment(of: actor), input: bytes)
        return String(result.outputText.dropLast())
    }

    package func raw(_ commit: String, as actor: Actor) async throws -> [UInt8] {
        try await run(
            ["git", "cat-file", "commit", commit], in: clone(of: actor), environment: environment(of: actor)
        ).output
    }

    /// Pushes it to `approvals/ID/NAME`: the name is for people and decides nothing.
    package func publish(_ commit: String, as actor: Actor, named name: String, for digest: String) async throws {
        let branch = "approvals/\(HandmadeRecord.id(of: digest))/\(name)"
        try await git(actor, "push", "-q", "origin", "\(commit):refs/heads/\(branch)")
    }
}
