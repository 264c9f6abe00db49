// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Processes
import TestKit
import Testing
import Vocabulary

@Suite("The comment on a pull request") struct ForgeCommentTests {
    private static let script = ExampleTests.root.appending(path: "examples/forges/comment.py").path
    private static let forges = ["github": "github", "gitlab": "gitlab/api/v4", "forgejo": "forgejo/api/v1"]

    private func comment(
        _ forge: String, _ played: PlayedForge, _ arena: Arena, _ options: [String], token: String? = "sesame",
        path: String? = nil
    ) async throws -> (code: ProcessResult.Status, said: String) {
        var environment = arena.environment(of: .bob)
        let bin = URL(fileURLWithPath: arena.binary).deletingLastPathComponent().path
        environment["PATH"] = (path ?? bin) + ":" + (ProcessInfo.processInfo.environment["PATH"] ?? "")
        environment["FORGE_TOKEN"] = token
        let api = try #require(Self.forges[forge])
        let user = forge == "github" ? ["--user", "countersign-bot"] : []
        let result = try await outcome(
            of: [
                "python3", Self.script, "--forge", forge, "--api", "\(played.address)/\(api)", "--project",
                "shop/certificates",
            ] + user + options + ["--"] + arena.globals(of: .bob),
            environment: environment, deadline: .seconds(120))
        #expect(!(result.outputText + result.errorText).contains("sesame"))
        return (result.status, result.outputText + result.errorText)
    }

    @Test("is one, its own, kept up to date; the status goes green when all levels are complete, on every forge")
    func story() async throws {
        let (arena, _, digest) = try await Arena.asked()
        try await arena.git(.bob, "fetch", "-q", "origin")
        let head = try await arena.git(.bob, "rev-parse", "origin/main")
        let played = try await PlayedForge(in: arena.folder)
        try await played.show(head)
        let one = ["--request", "4", "--commit", head]

        func expect(_ forge: String, _ options: [String], _ state: String, _ words: String, updated: Int) async throws {
            let (code, said) = try await comment(forge, played, arena, options)
            #expect(code == .exited(0), "\(forge): \(said)")
            let seen = try await played.seen(forge)
            let comments = try #require(seen["comments"]?.array)
            // Its own came behind the five that were there, and nobody else's was touched.
            #expect(comments.count == 6, "\(forge): \(comments)")
            #expect(comments[1]["body"]?.string?.hasSuffix("all is well") == true)
            #expect(comments.last?["body"]?.string?.hasPrefix("<!-- countersign -->\n**") == true, "\(comments)")
            #expect(seen["patched"]?.array?.count == updated, "\(forge): \(seen)")
            let last = try #require(seen["statuses"]?.array?.last?.array)
            #expect(last.first?.string == head && last[1].string == state, "\(forge): \(last)")
            #expect(last[2].string?.contains(words) == true, "\(forge): \(last)")
        }

        for forge in Self.forges.keys.sorted() {
            try await expect(forge, one, "pending", "2 signatures missing", updated: 0)
            // Again: nothing to say, and nothing is: GitHub takes 1,000 statuses, and GitLab no state twice.
            try await expect(forge, one, "pending", "2 signatures missing", updated: 0)
            #expect(try await played.seen(forge)["statuses"]?.array?.count == 1, "\(forge)")
        }
        try await arena.approve(digest)
        try await played.wait("1", times: 2)
        for forge in Self.forges.keys.sorted() {
            let pending = forge == "gitlab" ? "2 signatures" : "1 signature missing"
            try await expect(forge, ["--request", "all"], "pending", pending, updated: 1)
        }
        try await arena.implement(digest)
        for forge in Self.forges.keys.sorted() {
            try await expect(forge, one, "success", "all levels are complete", updated: 2)
        }

        try arena.edit("shop.yaml") { $0.replacing("kind: Binding", with: "kind: Bind") }
        try await arena.git(.alice, "commit", "-qam", "Misspell")
        try await arena.git(.alice, "push", "-q", "origin", "HEAD:refs/heads/wrong")
        try await arena.git(.bob, "fetch", "-q", "origin")
        let wrong = try await arena.git(.bob, "rev-parse", "origin/wrong")
        for (forge, failed) in ["github": "failure", "gitlab": "failed", "forgejo": "failure"] {
            let (code, said) = try await comment(forge, played, arena, ["--request", "4", "--commit", wrong])
            #expect(code == .exited(0), "\(said)")
            let seen = try await played.seen(forge)
            #expect(seen["comments"]?.array?.count == 6)
            let last = try #require(seen["statuses"]?.array?.last?.array)
            #expect(last.first?.string == wrong && last[1].string == failed, "\(last)")
        }

        try await longComment(played, arena, one)

        // Told to wait until the hour's budget begins anew, it waits.
        try await played.wait("2", times: 1, reset: true)
        #expect(try await comment("github", played, arena, one).code == .exited(0))
        try await played.wait("3600", times: 1, reset: true)
        let spent = try await comment("github", played, arena, one)
        #expect(spent.code == .exited(1) && spent.said.contains("s is too long"), "\(spent.said)")
        try await played.wait("0", times: 0)

        // Told to wait too long or too often, let in by nobody, or with no token, it ends and says so.
        try await played.wait("3600", times: 1)
        let long = try await comment("forgejo", played, arena, one)
        #expect(long.code == .exited(1) && long.said.contains("3600 s is too long"), "\(long.said)")
        try await played.wait("0", times: 100)
        let often = try await comment("forgejo", played, arena, one + ["--patience", "3"])
        #expect(often.code == .exited(1) && often.said.contains("429"), "\(often.said)")
        try await played.wait("0", times: 0)
        let stranger = try await comment("forgejo", played, arena, one, token: "wrong")
        #expect(stranger.code == .exited(1) && stranger.said.contains("401"), "\(stranger.said)")
        let none = try await comment("forgejo", played, arena, one, token: nil)
        #expect(none.code == .exited(1) && none.said.contains("FORGE_TOKEN is not set"), "\(none.said)")
    }

    /// What went wrong can be said at any length; what GitHub takes is 65,536 characters.
    private func longComment(_ played: PlayedForge, _ arena: Arena, _ options: [String]) async throws {
        let countersign = try arena.folder.write(
            """
            #!/usr/bin/python3
            import json
            print(json.dumps({"formatVersion": "1", "error": {"code": "X", "message": "all of it is wrong " * 5000, "hint": None}}))

            """, to: "long/countersign", mode: 0o755)
        let (code, said) = try await comment(
            "github", played, arena, options, path: (countersign as NSString).deletingLastPathComponent)
        #expect(code == .exited(0), "\(said)")
        let shown = try #require(try await played.seen("github")["comments"]?.array?.last?["body"]?.string)
        #expect(shown.count > 60_000 && shown.count <= 65_536 && shown.hasSuffix("…\n"))
    }

    @Test("fails for what only another commit lifts, as the reference says it")
    func codes() throws {
        let page = try String(contentsOf: ExampleTests.root.appending(path: "docs/reference/codes.md"), encoding: .utf8)
        let lifted = Set(page.matches(of: /\| `([A-Za-z]+)` \| by a commit \|/).map { String($0.output.1) })
        let script = try String(contentsOfFile: Self.script, encoding: .utf8)
        let set = try #require(script.firstMatch(of: /CONTENT = \{([^}]*)\}/))
        let named = Set(set.output.1.matches(of: /"([A-Za-z]+)"/).map { String($0.output.1) })
        #expect(!named.isEmpty && named.union(["AwaitsPolicyChange"]) == lifted)
    }
}
