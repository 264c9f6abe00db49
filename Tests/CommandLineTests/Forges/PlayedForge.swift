// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Processes
import TestKit
import Vocabulary

/// A forge's API as it is published, on loopback, ended with its owner.
final class PlayedForge: Sendable {
    let address: String
    private let process: Task<Void, Never>

    init(in folder: TemporaryFolder) async throws {
        let (script, port) = (Self.script, folder.file("forge.port"))
        process = Task { _ = try? await outcome(of: ["python3", script, port], deadline: .seconds(600)) }
        try await eventually(within: .seconds(60), "the forge listens") { folder.exists("forge.port") }
        address = "http://127.0.0.1:\(try folder.readText("forge.port"))"
    }

    deinit { process.cancel() }

    private static let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "forge.py").path

    func seen(_ forge: String) async throws -> JSONValue {
        let page = "import sys, urllib.request as u; sys.stdout.write(u.urlopen(sys.argv[1]).read().decode())"
        return try JSONValue(parsing: try await run("python3", "-c", page, "\(address)/seen/\(forge)").output)
    }

    /// This commit is the newest one of its pull request from now on.
    func show(_ head: String) async throws { try await post("\"\(head)\"", to: "head") }

    /// - Parameter reset: says when in place of for how long, as GitHub does.
    func wait(_ seconds: String, times: Int, reset: Bool = false) async throws {
        try await post("{\"times\": \(times), \"wait\": \"\(seconds)\", \"reset\": \(reset)}", to: "limit")
    }

    private func post(_ body: String, to path: String) async throws {
        let post = "import sys, urllib.request as u; u.urlopen(sys.argv[1], sys.argv[2].encode()).read()"
        try await run("python3", "-c", post, "\(address)/\(path)", body)
    }
}
