// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Processes
package import Vocabulary

/// A ref to push, and where it must be on the remote for that.
package struct PushedReference: Hashable, Sendable {
    /// nil deletes the ref.
    package var id: ObjectID?
    /// `refs/heads/countersign/status/default`
    package var name: String
    /// nil: there must be none yet.
    package var expected: ObjectID?

    package init(id: ObjectID?, name: String, expected: ObjectID?) {
        self.id = id
        self.name = name
        self.expected = expected
    }
}

extension Repository {
    /// Fetches `refspecs` from `remote` (a name or URL): objects are checked on arrival, no tags, no FETCH_HEAD.
    ///
    /// - Parameters:
    ///   - prune: deletes refs on the left of the refspecs that the remote no longer has.
    ///   - isChecked: false takes objects that git's fsck refuses too; only for what is parsed by us, byte for byte.
    /// - Throws: `unreachable`, `notFound` (no such remote ref), `corrupt` (refused by fsck), `moved` (not a
    ///   fast-forward where the refspec has no `+`), `deadline`.
    package func fetch(
        _ remote: String, _ refspecs: [String], prune: Bool = false, isChecked: Bool = true,
        deadline: Duration = .seconds(120)
    ) async throws(GitError) {
        let operation = "fetch from \(UserGit.withoutCredentials(remote))"
        try Self.refuseOption([remote] + refspecs, operation)
        let result = try await git(
            ["-c", "fetch.fsckObjects=\(isChecked)", "-c", "submodule.recurse=false", "fetch", "--quiet", "--no-tags"]
                + ["--no-write-fetch-head", "--no-auto-maintenance", "--no-recurse-submodules"]
                + [prune ? "--prune" : "--no-prune", "--no-prune-tags", "--", remote] + refspecs,
            deadline: deadline, terminal: terminal, operation: operation)
        guard result.succeeded else {
            throw failure(result, operation)
        }
    }

    /// Pushes refs by compare-and-swap (`--force-with-lease`), all or none where the remote can.
    ///
    /// - Throws: `moved` where one is not where it was expected, `refused` where the remote does not take it
    ///   (a protected branch, a hook), `unreachable`, `deadline`.
    package func push(
        _ references: [PushedReference], to remote: String, atomic: Bool = true, deadline: Duration = .seconds(120)
    ) async throws(GitError) {
        guard !references.isEmpty else { return }
        let operation = "push to \(UserGit.withoutCredentials(remote))"
        try Self.refuseOption([remote] + references.map(\.name), operation)
        let leases = references.map { "--force-with-lease=\($0.name):\($0.expected?.hex ?? "")" }
        let refspecs = references.map { "\($0.id?.hex ?? ""):\($0.name)" }
        let result = try await git(
            ["-c", "push.followTags=false", "-c", "push.gpgSign=false", "push", "--porcelain", "--no-verify"]
                + ["--no-progress", "--recurse-submodules=no", atomic ? "--atomic" : "--no-atomic"] + leases + ["--", remote] + refspecs,
            deadline: deadline, terminal: terminal, operation: operation)
        guard !result.succeeded else { return }
        // git-push(1), OUTPUT: flag TAB from:to TAB summary (reason)
        let refused = result.outputText.split(separator: "\n").filter { $0.hasPrefix("!\t") }
        let atFault = refused.filter { !$0.contains("atomic push failed") && !$0.contains("atomic transaction failed") }
        let words = (atFault.isEmpty ? refused : atFault).map { $0.dropFirst(2).replacing("\t", with: " ") }
        let detail = words.isEmpty ? UserGit.words(result) : words.joined(separator: "; ")
        let code: GitError.Code
        if atFault.contains(where: { $0.contains("stale info") || $0.contains("fetch first") }) {
            code = .moved
        } else if !refused.isEmpty {
            // Two pushes at once: the remote's own lock says that the ref has changed under us.
            let raced = ["cannot lock ref", "reference already exists", "failed to update ref"]
            code = raced.contains { (detail + result.errorText).contains($0) } ? .moved : .refused
        } else {
            throw failure(result, operation)
        }
        throw GitError(code: code, operation: operation, detail: UserGit.withoutCredentials(detail))
    }

    /// The refs that the remote has now, those that match one of `patterns` (`refs/heads/approvals/*`).
    package func remoteReferences(
        _ remote: String, _ patterns: [String] = [], deadline: Duration = .seconds(60)
    ) async throws(GitError) -> [Reference] {
        let operation = "list \(UserGit.withoutCredentials(remote))"
        try Self.refuseOption([remote] + patterns, operation)
        let result = try await git(
            ["ls-remote", "--quiet", "--refs", "--", remote] + patterns, outputLimit: 64 << 20, deadline: deadline,
            terminal: terminal, operation: operation)
        guard result.succeeded else {
            throw failure(result, operation)
        }
        return result.outputText.split(separator: "\n").compactMap { line in
            let parts = line.split(separator: "\t", maxSplits: 1)
            guard parts.count == 2, let id = ObjectID(hex: parts[0]) else { return nil }
            return Reference(name: String(parts[1]), id: id)
        }
    }

    /// Packs loose refs and, where there are many, loose objects: for the reconciler's own clone.
    package func maintain(deadline: Duration = .seconds(600)) async throws(GitError) {
        for arguments in [["pack-refs", "--all"], ["-c", "gc.autoDetach=false", "gc", "--auto", "--quiet"]] {
            let operation = "git \(arguments.last ?? "")"
            let result = try await git(arguments, deadline: deadline, operation: operation)
            guard result.succeeded else {
                throw GitError(code: .failed, operation: operation, detail: UserGit.words(result))
            }
        }
    }

    private var terminal: Command.Terminal { userGit.isInteractive ? .shared : .none }

    private func failure(_ result: ProcessResult, _ operation: String) -> GitError {
        // What git said has gone to the terminal. What is left to fail then is the connection.
        guard terminal == .none else {
            return GitError(code: .unreachable, operation: operation, detail: "git has said why above")
        }
        return GitError(code: Self.code(result.errorText), operation: operation, detail: UserGit.words(result))
    }

    private static func refuseOption(_ values: [String], _ operation: String) throws(GitError) {
        for value in values where value.hasPrefix("-") || value.isEmpty {
            throw GitError(code: .invalid, operation: operation, detail: "\"\(value)\" is no remote and no ref")
        }
    }

    /// git has one exit status for everything; its words (in the C locale) tell what happened.
    private static func code(_ words: String) -> GitError.Code {
        func says(_ phrases: String...) -> Bool { phrases.contains { words.contains($0) } }
        if says("couldn't find remote ref") { return .notFound }
        if says("fsck error", "error in object", "fsck-objects", "invalid index-pack output", "index-pack failed") {
            return .corrupt
        }
        if says("[rejected]", "non-fast-forward") { return .moved }
        if says("cannot lock ref", "Unable to create", ".lock") { return .locked }
        if says(
            "Could not read from remote", "unable to access", "Could not resolve", "onnection refused",
            "does not appear to be a git repository", "Permission denied", "terminal prompts disabled",
            "Authentication failed", "unable to connect", "hung up unexpectedly", "early EOF", "timed out")
        {
            return .unreachable
        }
        return .failed
    }
}
