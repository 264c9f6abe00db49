// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Processes
import TestKit
import Testing
import Vocabulary

@Suite("A signature") struct SigningTests {
    @Test("is never given unseen: without a terminal and without --yes nothing is signed")
    func unseen() async throws {
        let (arena, _, digest) = try await Arena.asked()
        let answer = try await arena.countersign(as: .bob, "approve", digest, exits: 1)
        // It was shown all the same.
        #expect(answer.errors.contains("You are bob"))
        #expect(answer.errors.contains("with --yes and full digests"))
        #expect(answer.output.isEmpty)
        #expect(try await arena.refusal(as: .bob, "approve", digest).code == "NobodyToAsk")
        // An ID has 40 bits: unattended, only the digest says what is signed.
        let id = HandmadeRecord.id(of: digest)
        try await arena.countersign(as: .bob, "approve", id, "--yes", exits: 64)
        #expect(try await arena.git(.bob, "ls-remote", "origin", "refs/heads/approvals/WO-*").isEmpty)
    }

    @Test("is given at a terminal after a look at what is signed", arguments: [("n", 1), ("y", 0), ("\u{3}", -2)])
    func terminal(answer: String, code: Int32) async throws {
        let (arena, renewed, digest) = try await Arena.asked()
        // A terminal of its own: what is typed is answered by the line that asks for it.
        let script = """
            import os, pty, sys
            seen = b""
            pid, terminal = pty.fork()
            if pid == 0:
                os.execv(sys.argv[2], sys.argv[2:])
            typed = False
            while True:
                try:
                    read = os.read(terminal, 4096)
                except OSError:
                    break
                if not read:
                    break
                seen += read
                if not typed and b"[y/N]" in seen:
                    typed = True
                    os.write(terminal, sys.argv[1].encode() + b"\\n")
            print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
            sys.stdout.write(seen.decode())
            """
        let id = HandmadeRecord.id(of: digest)
        let result = try await run(
            ["python3", "-c", script, answer, arena.binary, "approve", id, "--color", "never"]
                + arena.globals(of: .bob), environment: arena.environment(of: .bob))
        let seen = result.outputText
        #expect(seen.hasPrefix("\(code)\n"), "\(seen)")
        #expect(seen.contains(renewed.leaf) && seen.contains(Arena.host) && seen.contains("Sign?"), "\(seen)")
        let refs = try await arena.git(.bob, "ls-remote", "origin", "refs/heads/approvals/\(id)/*")
        // Interrupted at the question, nothing was signed.
        #expect(refs.isEmpty == (answer != "y"))
    }

    @Test("leaves hooks, HEAD, index and work tree alone")
    func clone() async throws {
        let (arena, _, digest) = try await Arena.asked()
        let trace = arena.folder.file("hooked")
        for hook in ["commit-msg", "post-commit", "pre-push", "prepare-commit-msg", "reference-transaction"] {
            try arena.folder.write("#!/bin/sh\ntouch \(trace)\n", to: "clones/bob/.git/hooks/\(hook)", mode: 0o755)
        }
        try arena.folder.write("half done\n", to: "clones/bob/notes.txt")
        try await arena.git(.bob, "-c", "core.hooksPath=/dev/null", "add", "notes.txt")
        let before = try await arena.git(.bob, "-c", "core.hooksPath=/dev/null", "status", "--porcelain=v2", "--branch")
        try await arena.approve(digest)
        let after = try await arena.git(.bob, "-c", "core.hooksPath=/dev/null", "status", "--porcelain=v2", "--branch")
        // `branch.ab` counts what was fetched meanwhile.
        func lines(_ text: String) -> [Substring] {
            text.split(separator: "\n").filter { !$0.hasPrefix("# branch.ab") }
        }
        #expect(lines(before) == lines(after))
        #expect(!arena.folder.exists("hooked"))
    }

    @Test("stays here with --no-push, and counts once it is pushed by hand")
    func noPush() async throws {
        let (arena, _, digest) = try await Arena.asked()
        let signed = try await arena.countersign(
            as: .bob, "approve", digest, "--yes", "--no-push", "--format", "json", exits: 0
        ).json
        let branch = try #require(signed["branch"]?.string)
        #expect(signed["pushed"] == false)
        #expect(try await arena.tip(of: branch) == nil)
        #expect(try await arena.refusal(as: .dave, "implement", digest, "--yes").code == "TooEarly")
        try await arena.git(.bob, "push", "-q", "origin", branch)
        try await arena.implement(digest)
    }

    @Test("is not given on a status branch that somebody else wrote")
    func foreignStatus() async throws {
        let (arena, _, digest) = try await Arena.asked()
        let seen = try #require(try await arena.statusTip())
        // Mallory can push, and tells approvers what she likes them to see.
        let tree = try await arena.git(.mallory, "rev-parse", "origin/main^{tree}")
        let forged = try await arena.sign("Status of zone default\n", as: .mallory, tree: tree)
        try await arena.git(
            .mallory, "push", "-q", "-f", "origin", "\(forged):refs/heads/countersign/status/default")
        let refused = try await arena.countersign(as: .bob, "approve", digest, "--yes")
        #expect(refused.code == 1, "\(refused)")
        #expect(try await arena.git(.bob, "ls-remote", "origin", "refs/heads/approvals/WO-*").isEmpty)

        // The gateway says so and goes on from its journal: her commit stays as second parent, and nothing of what it says.
        let pass = try await arena.countersign(as: .gateway, "reconcile", exits: 2)
        #expect(pass.output.contains("commit \(forged.prefix(7)) on the status branch"), "\(pass)")
        try await arena.git(.bob, "fetch", "-q")
        let tip = "origin/countersign/status/default"
        #expect(try await arena.git(.bob, "rev-parse", tip + "^1", tip + "^2") == "\(seen)\n\(forged)")
        #expect(try await arena.git(.bob, "ls-tree", tip).contains("README.md"))
        #expect(try await arena.git(.bob, "ls-tree", tip).contains("countersign.yaml") == false)
        try await arena.approve(digest)
        try await arena.implement(digest)
        try await arena.reconcile(exits: 0)
    }
}
