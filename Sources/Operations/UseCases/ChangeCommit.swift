// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Commits
internal import Declarations
internal import Git
package import Vocabulary

/// A signed commit that countersign makes for a person on a branch of theirs, without touching what they are editing.
package struct ChangeCommit: Sendable {
    package struct Made: Sendable {
        package var commit: ObjectID
        package var branch: String
        /// Whether the origin has it.
        package var pushed: Bool
        /// What the person should know: the work tree was left behind.
        package var notices: [String]
    }
    /// The branch without `refs/heads/`.
    package let branch: String
    /// What the commit is made on.
    package let base: ObjectID
    private let site: Site
    private let local: ObjectID?
    private let remote: ObjectID?
    /// Replaced whatever it holds: a branch that only asks, for a pull request.
    private let isOwn: Bool

    /// `--ref`, else the branch that is checked out, as the origin has it.
    ///
    /// - Throws: `NoBranch`; `NotPushed` where it holds commits that the origin has not: they are not pushed unasked;
    ///   `Diverged`.
    package init(_ site: Site) async throws(UserError) {
        self.site = site
        isOwn = false
        _ = try await site.fetch()
        branch = try Self.branch(site)
        local = try explained { [branch] () throws(GitError) in try site.git.reference("refs/heads/" + branch) }
        remote = site.hasOrigin ? try site.branchTip(branch) : nil
        let (local, remote, branch) = (local, remote, branch)
        switch (local, remote) {
        case (let local?, let remote?) where local != remote:
            let (isBehind, isAhead) = try explained { () throws(GitError) in
                (try site.git.isAncestor(local, of: remote), try site.git.isAncestor(remote, of: local))
            }
            guard !isAhead else {
                throw UserError(
                    "NotPushed", "your branch \(branch) holds commits that the origin has not",
                    hint: "push them first: git push origin \(branch)")
            }
            guard isBehind else {
                throw UserError(
                    "Diverged", "your branch \(branch) and the origin's have gone different ways",
                    hint: "git pull --rebase origin \(branch)")
            }
            base = remote
        case (nil, let remote?): base = remote
        case (let local?, nil) where site.hasOrigin:
            _ = local
            throw UserError(
                "NotPushed", "the origin has no branch \(branch)", hint: "push it first: git push origin \(branch)")
        case (let local?, _): base = local
        case (nil, nil):
            throw UserError(
                "NoBranch", "there is no branch \(branch)", hint: "commit to it, or name another with --ref")
        }
    }

    /// Onto the branch in force as the origin has it, whatever is checked out here; `branch`: published under another name.
    ///
    /// - Throws: `NoBranch`.
    package init(_ site: Site, onto inForce: String, as branch: String?) async throws(UserError) {
        self.site = site
        _ = try await site.fetch()
        base = try site.tip(of: inForce)
        self.branch = branch ?? inForce
        isOwn = branch != nil && branch != inForce
        let name = self.branch
        remote = try site.branchTip(name)
        let local = try explained { () throws(GitError) in try site.git.reference("refs/heads/" + name) }
        // Where the own branch holds more than the origin's, it is left as it is.
        self.local = isOwn || local != base ? nil : local
    }

    private static func branch(_ site: Site) throws(UserError) -> String {
        if let ref = site.options.ref {
            return ref.hasPrefix("refs/heads/") ? String(ref.dropFirst(11)) : ref
        }
        let head = try explained { () throws(GitError) in try site.git.headBranch() }
        guard let head, head.hasPrefix("refs/heads/") else {
            throw UserError(
                "NoBranch", "no branch is checked out here: there is nothing to commit to",
                hint: "git switch main, or name a branch with --ref")
        }
        return String(head.dropFirst(11))
    }

    /// Has the user's git sign a commit with these files in place of those of `base`, and publishes it by compare-and-swap.
    ///
    /// - Throws: what keeps it from being signed or taken. Nothing has changed then.
    package func make(_ files: [(path: String, bytes: [UInt8])], message: String) async throws(UserError) -> Made {
        let raw = try await explained { () async throws(GitError) in
            let tree = try site.git.commit(base).tree
            let changed = try site.git.write { (writer) throws(GitError) in
                var updates: [TreeUpdate] = []
                for file in files { updates.append(TreeUpdate(file.path, try writer.blob(file.bytes))) }
                return try writer.tree(basedOn: tree, updates)
            }
            return try await site.git.signCommit(tree: changed, parents: [base], message: message)
        }
        let loaded = try site.load(raw.id)
        guard loaded.isValid else {
            let first = loaded.diagnostics.first { $0.severity == .error }
            throw UserError(
                "Invalid", "with this change the declarations would not be valid: \(first?.description ?? "")")
        }
        var made = Made(commit: raw.id, branch: branch, pushed: site.hasOrigin, notices: [])
        if site.hasOrigin || isOwn {
            try await explained { () async throws(GitError) in
                try await site.publish(raw.id, as: branch, expecting: remote)
            }
        }
        do throws(GitError) {
            try await moveOwnBranch(to: raw.id)
        } catch {
            // Where people meet it is done; their own copy is theirs to bring up.
            guard site.hasOrigin else { throw UserError(error) }
            made.notices.append("your own branch \(branch) was left as it is (\(error.detail)): git pull")
        }
        return made
    }

    /// The branch that is checked out goes with index and work tree; any other is only a ref. One that there is not here is not made.
    private func moveOwnBranch(to commit: ObjectID) async throws(GitError) {
        guard let local else { return }
        if site.git.workTree != nil, try site.git.headBranch() == "refs/heads/" + branch {
            try await site.git.fastForward(to: commit)
        } else {
            try site.git.update("refs/heads/" + branch, to: commit, expecting: local)
        }
    }
}
