// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
internal import Commits
internal import Declarations
internal import Git
internal import Planning
internal import Vocabulary

/// Who asked for what, from the history of the branch in force: walked once for each pair of trust sets that decides whose a
/// commit is.
struct Askers {
    private struct Sets: Hashable {
        var inForce: TrustSetDigest
        var tip: TrustSetDigest
    }
    private let git: Git.Repository
    private let loader: TreeLoader
    private let trusted: ObjectID
    private let branch: ObjectID?
    private let milestones: Set<ObjectID>
    private var tables: [Sets: RequesterTable] = [:]
    private var descents: [Sets: Descent] = [:]
    private var standing: [ObjectID: Bool] = [:]

    init(git: Git.Repository, loader: TreeLoader, trusted: ObjectID, branch: ObjectID?, milestones: Set<ObjectID>) {
        (self.git, self.loader, self.trusted, self.branch) = (git, loader, trusted, branch)
        self.milestones = milestones
    }

    /// Whether a commit lies on the branch in force, not before the trusted one.
    mutating func isOnBranch(_ commit: ObjectID) -> Bool {
        if let known = standing[commit] { return known }
        let isOn =
            branch.map { branch in
                (try? git.isAncestor(commit, of: branch)) == true && (try? git.isAncestor(trusted, of: commit)) == true
            } ?? false
        standing[commit] = isOn
        return isOn
    }

    /// - Parameter tip: on the branch, and one of the milestones.
    mutating func asking(
        for sources: RequesterTable.Sources, after last: SlotHead.CompletedWorkOrder?, inForce: TrustSet,
        through tip: LoadedTree
    ) throws(GitError) -> Requesters {
        let table = try table(inForce: inForce, tip: tip.trust)
        let sets = Sets(inForce: inForce.digest, tip: tip.trust.digest)
        var descent = descents[sets] ?? Descent(parents: table.parents)
        let requesters = table.asking(for: sources, after: last, through: tip.commit, &descent).requesters
        descents[sets] = descent
        return requesters
    }

    mutating func table(inForce: TrustSet, tip: TrustSet) throws(GitError) -> RequesterTable {
        let sets = Sets(inForce: inForce.digest, tip: tip.digest)
        if let known = tables[sets] { return known }
        guard let branch else { return RequesterTable() }
        let table = try RequesterWalk.table(
            from: trusted, to: branch, milestones: milestones, git: git, loader: loader,
            identities: CommitIdentities(inForce: inForce, tip: tip))
        tables[sets] = table
        return table
    }
}
