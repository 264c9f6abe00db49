// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Processes
import TestKit
import Testing
import Vocabulary

@Suite("A git server that wakes the service of another host") struct WebhookStoryTests {
    private static let secret = "6d2f0c5e9b8a47714e3c2b1a0f9e8d7c"

    @Test("does so by a signed request after each push, and by no other") func woken() async throws {
        let arena = try await Arena.made()
        let file = try arena.folder.write("git \(Self.secret)\n", to: "webhook", mode: 0o600)
        let served = try await Served(arena, ["--webhook-secrets", file])
        try await eventually(within: .seconds(60), "the first status") { try await arena.statusTip() != nil }
        func wakes() throws -> Int {
            try served.running.events().count { $0["reasons"]?.array?.contains("webhook") ?? false }
        }

        // Who has no secret wakes nobody, whatever is said.
        let body = "x"
        for (headers, status) in [
            ([], 403), (["Countersign-Timestamp: \(time(nil))", "Countersign-Signature: sha256=\(String(repeating: "0", count: 64))"], 403),
            (["Host: evil.example.com"], 421),
        ] as [([String], Int)] {
            let options = headers.flatMap { ["-H", $0] } + ["--data-binary", body]
            #expect(try await Served.get(served.url + "/wake", options).status == status, "\(headers)")
        }
        try arena.folder.write(String(repeating: "x", count: 70_000), to: "large")
        let large = try await Served.get(served.url + "/wake", ["--data-binary", "@\(arena.folder.file("large"))"])
        #expect(large.status == 413)
        #expect(try await served.get("/wake").status == 405)
        #expect(try wakes() == 0)

        // The hook of examples/, in the bare repository that people push to.
        let hook = URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "../../../examples/bare-server/post-receive-elsewhere")
        try FileManager.default.copyItem(at: hook.standardized, to: URL(filePath: arena.origin + "/hooks/post-receive"))
        try await run(["git", "--git-dir", arena.origin, "config", "countersign.wake", served.url])
        try await run(["git", "--git-dir", arena.origin, "config", "countersign.secret", file])
        let renewed = try await arena.renew()
        try await eventually(within: .seconds(60), "that it knows of the change") {
            try await arena.status()["workOrders"]?.array?.contains { $0["action"] == "replace" } ?? false
        }
        let digest = try await arena.digest()
        try await arena.approve(digest)
        try await arena.implement(digest)
        try await eventually(within: .seconds(60), "the push") { try await arena.served() == renewed.leaf }
        #expect(try wakes() > 0)
        let (status, events) = try await served.running.stop()
        #expect(status == .exited(0))
        #expect(!events.contains { "\($0)".contains(Self.secret) })
    }

    @Test("is not let in by secrets that others can read") func unsafe() async throws {
        let arena = try await Arena.made()
        let file = try arena.folder.write("git \(Self.secret)\n", to: "webhook", mode: 0o644)
        let answer = try await arena.countersign(
            arena.globals(of: .gateway) + ["run", "--listen", "0", "--webhook-secrets", file, "--format", "json"],
            as: .gateway, exits: 1)
        #expect(answer.output.contains("WebhookSecrets") && !answer.output.contains(Self.secret))
    }
}
