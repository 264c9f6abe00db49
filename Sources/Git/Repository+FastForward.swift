// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Processes
package import Vocabulary

extension Repository {
    /// Moves the branch that is checked out to a commit that descends from it, with index and work tree, as
    /// `git merge --ff-only` does: what somebody is editing is never overwritten.
    ///
    /// - Throws: `moved` where the branch has gone another way, `refused` where an edited file is in the way; nothing has
    ///   changed then.
    package func fastForward(to commit: ObjectID, deadline: Duration = .seconds(60)) async throws(GitError) {
        let operation = "bring the work tree to \(commit.short)"
        let result = try await git(
            ["-c", "merge.verifySignatures=false", "merge", "--ff-only", "--quiet", "--no-stat", commit.hex],
            deadline: deadline, operation: operation)
        guard !result.succeeded else { return }
        let words = UserGit.words(result)
        throw GitError(
            code: words.contains("fast-forward") ? .moved : .refused, operation: operation, detail: words)
    }
}
