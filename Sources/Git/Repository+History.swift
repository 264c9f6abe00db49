// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import CLibGit2
package import Vocabulary

extension Repository {
    /// Whether `ancestor` is `commit` or can be reached from it.
    package func isAncestor(_ ancestor: ObjectID, of commit: ObjectID) throws(GitError) -> Bool {
        if ancestor == commit { return true }
        return try locked { (handle) throws(GitError) in
            var (descendant, base) = (commit.raw, ancestor.raw)
            let status = git_graph_descendant_of(handle.repository, &descendant, &base)
            try check(status, "compare \(commit.short) with \(ancestor.short)")
            return status == 1
        }
    }

    /// Whether `ancestor` is `commit`, or is reached from it by first parents alone.
    package func isFirstParentAncestor(_ ancestor: ObjectID, of commit: ObjectID) throws(GitError) -> Bool {
        // Asked first, so that a line that leads elsewhere is not walked to its beginning.
        guard try isAncestor(ancestor, of: commit) else { return false }
        return try locked { (handle) throws(GitError) in
            var next: ObjectID? = commit
            while let id = next, id != ancestor { next = try handle.commit(id).parents.first }
            return next != nil
        }
    }

    /// The best common ancestors; empty for histories that have nothing in common.
    package func mergeBases(_ one: ObjectID, _ other: ObjectID) throws(GitError) -> [ObjectID] {
        try locked { (handle) throws(GitError) in
            var (first, second, bases) = (one.raw, other.raw, git_oidarray())
            let status = git_merge_bases(&bases, handle.repository, &first, &second)
            if status == GIT_ENOTFOUND.rawValue { return [] }
            try check(status, "merge bases of \(one.short) and \(other.short)")
            defer { git_oidarray_dispose(&bases) }
            return UnsafeBufferPointer(start: bases.ids, count: bases.count).map { ObjectID($0) }
        }
    }

    /// The commits that can be reached from `tip`, but from none of `bases`; a commit stands before its parents.
    ///
    /// - Throws: `tooLarge` for more than `limit` of them; `notFound` where one is missing.
    package func commits(
        reachableFrom tip: ObjectID, butNotFrom bases: [ObjectID] = [], limit: Int = 1_000_000
    ) throws(GitError) -> [RawCommit] {
        let operation = "walk the history of \(tip.short)"
        return try locked { (handle) throws(GitError) in
            var walk: OpaquePointer?
            try check(git_revwalk_new(&walk, handle.repository), operation)
            defer { git_revwalk_free(walk) }
            try check(git_revwalk_sorting(walk, GIT_SORT_TOPOLOGICAL.rawValue), operation)
            var raw = tip.raw
            try check(git_revwalk_push(walk, &raw), operation)
            for base in bases {
                raw = base.raw
                try check(git_revwalk_hide(walk, &raw), operation)
            }
            var commits: [RawCommit] = []
            while true {
                let status = git_revwalk_next(&raw, walk)
                if status == GIT_ITEROVER.rawValue { return commits }
                try check(status, operation)
                guard commits.count < limit else {
                    throw GitError(code: .tooLarge, operation: operation, detail: "more than \(limit) commits")
                }
                commits.append(try handle.commit(ObjectID(raw)))
            }
        }
    }
}
