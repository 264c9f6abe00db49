// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import TestKit

// Histories in which somebody who asked is hard to see. All of them in alice's clone, by everybody's own key.
extension CorpusWorld {
    func ask() async throws {
        // Carol prepares a certificate that nothing is bound to; alice binds it later.
        try await add("early")
        try await commit("Add a certificate for later", by: "carol")
        // A forge squashed bob's branch, and signed it.
        try await add("squash")
        try await commit("Squashed", by: "hub", author: "bob")
        // Alice squashed it, and was honest.
        try await add("coauthor")
        try await commit("Squashed\n\nCo-authored-by: Bob <BOB@example.com>", by: "alice")
        // An unsigned commit in alice's name.
        try await add("stranger")
        try await commit("Add stranger", by: "mallory", author: "alice", isSigned: false)
        try await rebase()
        try await mergeOurs()
        try await throwAway()
    }

    /// Bob's own signed commit, rebased by alice: his signature is gone, hers is there.
    private func rebase() async throws {
        try await arena.git(.alice, "checkout", "-q", "-b", "topic")
        try await add("rebase")
        try await commit("Add rebase", by: "bob")
        try await arena.git(.alice, "checkout", "-q", "main")
        try arena.write("# Notes\n", to: "notes.md")
        try await commit("Add notes", by: "alice")
        try await arena.git(.alice, "checkout", "-q", "topic")
        try await arena.git(.alice, "rebase", "-q", "main")
        try await forward(to: "topic")
    }

    /// Bob's commit on the branch; beside it the same content by alice, and a merge that takes her side of everything: git's
    /// simplified history of that file shows bob nowhere.
    private func mergeOurs() async throws {
        let base = try await arena.git(.alice, "rev-parse", "HEAD")
        try await add("ours")
        try await commit("Add ours", by: "bob")
        let his = try await arena.git(.alice, "rev-parse", "HEAD")
        try await arena.git(.alice, "checkout", "-q", "-b", "side", base)
        try await arena.git(.alice, "checkout", "-q", his, "--", ".")
        try await commit("Add ours", by: "alice")
        try await arena.git(.alice, "merge", "-q", "-s", "ours", "-m", "Merge", his)
        try await forward(to: "side")
        let shown = try await arena.git(.alice, "log", "--format=%an", "--", "certificates/ours.pem")
        guard shown == "alice" else { throw FixtureError("bob is not hidden: \(shown)") }
    }

    /// Two branches of alice's that change one certificate, and carol, who merges them and chooses which.
    private func throwAway() async throws {
        try await add("threw-away")
        try await commit("Add threw-away", by: "alice")
        let base = try await arena.git(.alice, "rev-parse", "HEAD")
        for branch in ["left", "right"] {
            try await arena.git(.alice, "checkout", "-q", "-b", branch, base)
            try await add("threw-away", label: branch)
            try await commit("Renew threw-away", by: "alice")
        }
        try await arena.git(
            .alice, identity("carol") + ["merge", "-q", "-S", "-s", "ours", "-m", "Merge", "left"])
        try await forward(to: "right")
    }

    private func add(_ name: String, label: String = "") async throws {
        let text = try await certificate(name, names: ["shop.example.com", "*.shop.example.com"], label: label)
        try arena.write(text, to: "asked/\(name).yaml")
    }

    private func forward(to branch: String) async throws {
        try await arena.git(.alice, "checkout", "-q", "main")
        try await arena.git(.alice, "merge", "-q", "--ff-only", branch)
    }

    private func identity(_ signer: String) throws -> [String] {
        [
            "-c", "user.name=\(signer)", "-c", "user.email=\(signer)@example.com", "-c",
            "user.signingKey=\(try key(of: signer).path)",
        ]
    }

    private func commit(_ message: String, by signer: String, author: String? = nil, isSigned: Bool = true) async throws
    {
        try await arena.git(.alice, "add", "-A")
        try await arena.git(
            .alice,
            identity(signer) + ["commit", "-q", isSigned ? "-S" : "--no-gpg-sign", "-m", message]
                + (author.map { ["--author", "\($0) <\($0)@example.com>"] } ?? []))
    }
}
