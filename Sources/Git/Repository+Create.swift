// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Processes

extension Repository {
    /// `git init`: makes a repository in `folder`, with HEAD on `branch`; one that is there already stays as it is.
    ///
    /// - Throws: `noGit`, `failed`.
    package static func create(at folder: String, branch: String, userGit: UserGit = UserGit()) async throws(GitError) {
        let operation = "make a repository in \(folder)"
        let result = try await userGit.run(
            ["init", "--quiet", "--initial-branch=\(branch)", "--template=", "--", folder], in: nil,
            deadline: .seconds(60), terminal: .none, operation: operation)
        guard result.succeeded else {
            throw GitError(code: .failed, operation: operation, detail: UserGit.words(result))
        }
    }
}
