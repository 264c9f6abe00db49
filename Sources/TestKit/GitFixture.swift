// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Processes

/// A real repository made by real `git`, which sees no configuration but its own and one clock.
///
/// Isolation is in each child's environment (`environment`): tests run side by side in one process.
package final class GitFixture: Sendable {
    package let folder: TemporaryFolder
    /// The work tree, or the bare repository.
    package let path: String
    package let environment: [String: String?]

    /// `git init -b main` in `name` below the folder.
    package static func make(
        _ name: String = "repository", in folder: TemporaryFolder? = nil, bare: Bool = false
    ) async throws -> GitFixture {
        let folder = try folder ?? TemporaryFolder("git")
        let fixture = try GitFixture(folder: folder, path: folder.file(name))
        try await run(
            ["git", "init", "-q", "-b", "main"] + (bare ? ["--bare"] : []) + [fixture.path],
            environment: fixture.environment)
        return fixture
    }

    /// A clone of `origin` (with `origin` as its remote) beside it.
    package static func clone(of origin: GitFixture, to name: String, _ options: String...) async throws -> GitFixture {
        let fixture = try GitFixture(folder: origin.folder, path: origin.folder.file(name))
        try await run(
            ["git", "clone", "-q"] + options + ["file://\(origin.path)", fixture.path],
            environment: fixture.environment)
        return fixture
    }

    private init(folder: TemporaryFolder, path: String) throws {
        self.folder = folder
        self.path = path
        try folder.makeFolder("home")
        environment = Self.environment(home: folder.file("home"))
    }

    /// What isolates `git` (and `gpg`, `ssh`) from the machine it runs on.
    package static func environment(home: String) -> [String: String?] {
        var environment: [String: String?] = [
            "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1", "HOME": home, "XDG_CONFIG_HOME": home,
            "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C", "TZ": "UTC",
            "GIT_AUTHOR_NAME": "Fixture", "GIT_AUTHOR_EMAIL": "fixture@example.com",
            "GIT_COMMITTER_NAME": "Fixture", "GIT_COMMITTER_EMAIL": "fixture@example.com",
            "GIT_AUTHOR_DATE": "1767225600 +0000", "GIT_COMMITTER_DATE": "1767225600 +0000",
        ]
        for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "SSH_AUTH_SOCK", "GIT_CONFIG_COUNT"] {
            environment.updateValue(nil, forKey: name)
        }
        return environment
    }

    /// Standard output without the last newline.
    @discardableResult
    package func git(
        _ arguments: String..., input: String = "", environment extra: [String: String?] = [:]
    ) async throws -> String {
        try await git(arguments, input: input, environment: extra)
    }

    @discardableResult
    package func git(
        _ arguments: [String], input: String = "", environment extra: [String: String?] = [:]
    ) async throws -> String {
        let result = try await run(
            ["git"] + arguments, in: path, environment: environment.merging(extra) { $1 }, input: Array(input.utf8))
        var text = result.outputText
        if text.hasSuffix("\n") { text.removeLast() }
        return text
    }

    package func write(_ text: String, to relative: String) throws {
        try folder.write(text, to: String(path.dropFirst(folder.path.utf8.count + 1)) + "/" + relative)
    }

    /// Commits everything in the work tree; the id of the commit.
    @discardableResult
    package func commit(
        _ message: String, signedBy key: SSHKey? = nil, environment extra: [String: String?] = [:]
    ) async throws -> String {
        try await git("add", "-A")
        try await git(
            Self.signing(key) + ["commit", "-q", "--allow-empty", "--cleanup=verbatim"]
                + (key == nil ? ["--no-gpg-sign"] : ["-S"]) + ["-F", "-"],
            input: message, environment: extra)
        return try await git("rev-parse", "HEAD")
    }

    /// `git commit-tree -S`, as a person would who makes a record by hand; the id of the commit.
    package func commitTree(
        _ tree: String, parents: [String] = [], message: String, signedBy key: SSHKey? = nil,
        environment extra: [String: String?] = [:]
    ) async throws -> String {
        try await git(
            Self.signing(key) + ["commit-tree"] + (key == nil ? [] : ["-S"]) + parents.flatMap { ["-p", $0] } + [tree],
            input: message, environment: extra)
    }

    /// The raw bytes of an object.
    package func object(_ id: String, type: String = "commit") async throws -> [UInt8] {
        try await run(["git", "cat-file", type, id], in: path, environment: environment).output
    }

    /// Stores these very bytes as an object, however wrong; its id.
    package func store(_ bytes: [UInt8], type: String = "commit") async throws -> String {
        let result = try await run(
            ["git", "hash-object", "-t", type, "-w", "--stdin", "--literally"], in: path, environment: environment,
            input: bytes)
        return String(result.outputText.dropLast())
    }

    private static func signing(_ key: SSHKey?) -> [String] {
        guard let key else { return [] }
        return ["-c", "gpg.format=ssh", "-c", "user.signingKey=\(key.path)"]
    }
}
