// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
package import Git
package import Planning
package import Vocabulary

/// Walks the commits that came after the trusted one and notes who touched which resource and which file
/// (2-repository.md, "Requesters"). Identity comes from the key; names in git only ever add people.
package struct RequesterWalk {
    private let git: Git.Repository
    private let loader: TreeLoader
    private let identities: CommitIdentities
    private let commits: [ObjectID: RawCommit]
    private var table = RequesterTable()

    /// - Parameters:
    ///   - trusted: what stood in it has no requester.
    ///   - milestones: tips that work orders were completed at. What came after one of them must be told from what it held already.
    package static func table(
        from trusted: ObjectID, to tip: ObjectID, milestones: Set<ObjectID>, git: Git.Repository, loader: TreeLoader,
        identities: CommitIdentities
    ) throws(GitError) -> RequesterTable {
        let commits = try git.commits(reachableFrom: tip, butNotFrom: [trusted])
        var walk = Self(
            git: git, loader: loader, identities: identities,
            commits: Dictionary(commits.map { ($0.id, $0) }) { first, _ in first })
        walk.table.ordinals[trusted] = 0
        walk.table.parents = [[]]
        // A commit stands before its parents: of two milestones the later in the list is the earlier in the history.
        let stops = commits.lazy.map(\.id).filter { $0 == tip || milestones.contains($0) }
        for stop in Array(stops).reversed() { try walk.visit(stop) }
        return walk.table
    }

    /// Numbers what `stop` holds and no earlier stop did, parents first. In one walk over all, a commit of a side branch that was
    /// merged later could get a lower number than the milestone before the merge, and its author would be missed.
    private mutating func visit(_ stop: ObjectID) throws(GitError) {
        var pending = [stop]
        while let id = pending.last {
            guard table.ordinals[id] == nil, let commit = commits[id] else {
                pending.removeLast()
                continue
            }
            let parents = commit.parents.filter { table.ordinals[$0] == nil && commits[$0] != nil }
            guard parents.isEmpty else {
                pending += parents
                continue
            }
            pending.removeLast()
            table.ordinals[id] = table.ordinals.count
            table.parents.append(commit.parents.compactMap { table.ordinals[$0] })
            try note(commit, ordinal: table.ordinals.count - 1)
        }
    }

    private mutating func note(_ commit: RawCommit, ordinal: Int) throws(GitError) {
        let changes = try changes(of: commit)
        guard !changes.isEmpty else { return }
        var subjects: Set<RequesterTable.Subject> = []
        var raisesPush = false
        let declaring = changes.filter { TreeRules.declares(path: $0.path) }
        let old = try loader.resources(declaring.compactMap { change in change.expected.map { (change.path, $0) } })
        let new = try loader.resources(declaring.compactMap { change in change.actual.map { (change.path, $0) } })
        for key in Set(old.keys).union(new.keys) where old[key] != new[key] {
            subjects.insert(.resource(key))
            if let was = old[key], let now = new[key], now.pushNumber > was.pushNumber { raisesPush = true }
        }
        for change in changes where !TreeRules.declares(path: change.path) { subjects.insert(.file(change.path)) }
        guard !subjects.isEmpty else { return }
        let identity = identities.of(commit)
        let touch = RequesterTable.Touch(
            commit: commit.id, ordinal: ordinal, signer: identity.signer, named: identity.named,
            unknown: identity.isUnknown, takesOver: raisesPush && identity.signer != nil,
            subjectLine: identity.subjectLine)
        for subject in subjects { table.touches[subject, default: []].append(touch) }
    }

    /// A path whose content is not what it would be without this commit.
    private struct TouchedPath {
        var path: String
        var expected: ObjectID?
        var actual: ObjectID?
    }

    /// What this commit itself changed. A merge changed a path where its result is not that of the only parent that
    /// changed it since the merge bases: `-s ours` does not hide what it threw away, nor an edit made while merging.
    private func changes(of commit: RawCommit) throws(GitError) -> [TouchedPath] {
        guard commit.parents.count <= 1 else { return try mergeChanges(of: commit) }
        let parent = try commit.parents.first.map { (id) throws(GitError) in try git.commit(id).tree }
        return try git.changes(from: parent, to: commit.tree).map {
            TouchedPath(path: $0.path, expected: $0.old?.id, actual: $0.new?.id)
        }
    }

    private func mergeChanges(of commit: RawCommit) throws(GitError) -> [TouchedPath] {
        let parents = try git.commits(commit.parents)
        var bases: Set<ObjectID> = []
        for parent in commit.parents.dropFirst() { bases.formUnion(try git.mergeBases(commit.parents[0], parent)) }
        let baseTrees: [ObjectID?] = bases.isEmpty ? [nil] : try git.commits(bases.sorted()).map(\.tree)
        var touched: [String: TouchedPath] = [:]
        for base in baseTrees {
            for path in try mergeChanges(of: commit, parents, since: base) { touched[path.path] = path }
        }
        return touched.values.sorted { $0.path < $1.path }
    }

    private func mergeChanges(
        of commit: RawCommit, _ parents: [RawCommit], since base: ObjectID?
    ) throws(GitError) -> [TouchedPath] {
        var changers: [String: [(parent: Int, content: ObjectID?)]] = [:]
        var atBase: [String: ObjectID] = [:]
        var result: [String: ObjectID?] = [:]
        for (index, parent) in parents.enumerated() {
            for change in try git.changes(from: base, to: parent.tree) {
                changers[change.path, default: []].append((index, change.new?.id))
                atBase[change.path] = change.old?.id
            }
        }
        for change in try git.changes(from: base, to: commit.tree) {
            result[change.path] = .some(change.new?.id)
            atBase[change.path] = change.old?.id
        }
        return Set(changers.keys).union(result.keys).compactMap { path in
            let actual = result[path] ?? atBase[path]
            let by = changers[path] ?? []
            switch by.count {
            case 1:
                let expected = by[0].content
                return actual == expected ? nil : TouchedPath(path: path, expected: expected, actual: actual)
            case 0: return TouchedPath(path: path, expected: atBase[path], actual: actual)
            // Several changed it: whatever the result is, this commit chose it. Where it chose what the first parent has, the others'
            // content is what would have been.
            default:
                let others = by.map(\.content).filter { $0 != actual }
                return TouchedPath(path: path, expected: others.first ?? atBase[path], actual: actual)
            }
        }
    }
}
