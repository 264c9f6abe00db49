// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Processes
package import Vocabulary

extension Repository {
    /// The paths of the work tree that are not as in `commit`: changed, missing, or unknown to it and not ignored.
    /// Sorted, none twice; empty for a bare repository.
    ///
    /// - Throws: `tooLarge` where git lists more than `outputLimit` bytes of them.
    package func workTreeDifferences(
        from commit: ObjectID, outputLimit: Int = 4 << 20, deadline: Duration = .seconds(60)
    ) async throws(GitError) -> [String] {
        guard workTree != nil else { return [] }
        let operation = "compare the work tree with \(commit.short)"
        var paths = Set<[UInt8]>()
        let questions = [
            ["diff", "--name-only", "-z", "--no-renames", "--no-ext-diff", "--no-textconv", "--ignore-submodules=all"]
                + [commit.hex, "--"],
            ["ls-files", "--others", "--exclude-standard", "-z", "--full-name"],
        ]
        for arguments in questions {
            let result = try await git(
                ["-c", "core.fsmonitor=false"] + arguments, outputLimit: outputLimit, deadline: deadline,
                operation: operation)
            guard result.succeeded else {
                throw GitError(code: .failed, operation: operation, detail: UserGit.words(result))
            }
            for path in result.output.split(separator: 0) { paths.insert(Array(path)) }
        }
        return paths.sorted { $0.lexicographicallyPrecedes($1) }.map { String(decoding: $0, as: UTF8.self) }
    }
}
