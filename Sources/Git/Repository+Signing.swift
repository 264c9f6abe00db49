// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Processes
package import Vocabulary

extension Repository {
    /// Has the user's `git` make and sign a commit (`git commit-tree -S`): no hook runs, HEAD, index and work tree
    /// stay as they are. gpg and ssh may ask at the terminal for as long as `deadline`.
    ///
    /// What was signed is for the caller to read back and compare with what was shown.
    ///
    /// - Parameter message: UTF-8; taken as it is.
    /// - Throws: `noIdentity`, `notSigned`, `noGit`, `deadline`.
    package func signCommit(
        tree: ObjectID, parents: [ObjectID], message: String, deadline: Duration = .seconds(300)
    ) async throws(GitError) -> RawCommit {
        let operation = "sign a commit"
        _ = try await committer()
        let result = try await git(
            ["-c", "i18n.commitEncoding=UTF-8", "commit-tree", "-S"] + parents.flatMap { ["-p", $0.hex] }
                + [tree.hex],
            input: Array(message.utf8), outputLimit: 4096, deadline: deadline,
            terminal: userGit.isInteractive ? .shared : .none, operation: operation)
        guard result.succeeded else {
            throw GitError(code: .notSigned, operation: operation, detail: UserGit.words(result))
        }
        guard let id = ObjectID(hex: result.outputText.filter { $0 != "\n" }) else {
            throw GitError(code: .failed, operation: operation, detail: "git printed no commit id")
        }
        return try commit(id)
    }

    /// `Name <address>`: whom git would name as the committer.
    ///
    /// - Throws: `noIdentity` where git would have to guess or ask.
    package func committer() async throws(GitError) -> String {
        let operation = "ask git who commits"
        let result = try await git(
            ["-c", "user.useConfigOnly=true", "var", "GIT_COMMITTER_IDENT"], operation: operation)
        guard result.succeeded, let end = result.outputText.lastIndex(of: ">") else {
            throw GitError(code: .noIdentity, operation: operation, detail: UserGit.words(result))
        }
        return String(result.outputText[...end])
    }

    /// The last value of a configuration variable (`user.signingKey`), by git's own rules; nil if it is not set.
    package func configuration(_ name: String) async throws(GitError) -> String? {
        let operation = "read git config \(name)"
        guard !name.hasPrefix("-") else {
            throw GitError(code: .invalid, operation: operation, detail: "no name of a variable")
        }
        let result = try await git(["config", "--null", "--get", name], operation: operation)
        // git-config(1): 1 is "the section or key is invalid", which a missing one is too.
        if result.status == .exited(1) { return nil }
        guard result.succeeded else {
            throw GitError(code: .failed, operation: operation, detail: UserGit.words(result))
        }
        return String(result.outputText.prefix { $0 != "\0" })
    }
}
