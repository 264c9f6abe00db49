// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Vocabulary

/// A path that two trees do not agree on.
package struct ChangedFile: Hashable, Sendable {
    package struct Side: Hashable, Sendable {
        package var mode: FileMode
        package var id: ObjectID

        package init(mode: FileMode, id: ObjectID) { (self.mode, self.id) = (mode, id) }
    }
    package var path: String
    /// nil where the path is only in the new tree.
    package var old: Side?
    /// nil where the path is only in the old tree.
    package var new: Side?

    package init(path: String, old: Side?, new: Side?) { (self.path, self.old, self.new) = (path, old, new) }
}

extension Repository {
    /// The files that differ between two trees, in git's order; nil stands for the empty tree. Renames are a file
    /// that goes and one that comes.
    ///
    /// - Throws: `tooLarge` for more than `limits.entries` of them, `tooDeep`, `corrupt`, `notFound`.
    package func changes(
        from old: ObjectID?, to new: ObjectID?, limits: ListingLimits = ListingLimits()
    ) throws(GitError) -> [ChangedFile] {
        try locked { (handle) throws(GitError) in
            var comparison = Comparison(handle: handle, limits: limits)
            try comparison.compare(old, new, under: [], level: 0)
            return comparison.changes
        }
    }
}

private struct Comparison {
    let handle: Repository.Handle
    let limits: ListingLimits
    var changes: [ChangedFile] = []
    private var seen = 0

    init(handle: Repository.Handle, limits: ListingLimits) {
        self.handle = handle
        self.limits = limits
    }

    mutating func compare(_ old: ObjectID?, _ new: ObjectID?, under prefix: [UInt8], level: Int) throws(GitError) {
        guard old != new else { return }
        guard level <= limits.depth else {
            throw GitError(
                code: .tooDeep, operation: "compare trees", detail: "folders more than \(limits.depth) deep")
        }
        let left = try old.map { (id) throws(GitError) in try handle.tree(id) } ?? []
        let right = try new.map { (id) throws(GitError) in try handle.tree(id) } ?? []
        seen += left.count + right.count
        guard seen <= 2 * limits.entries else {
            throw GitError(code: .tooLarge, operation: "compare trees", detail: "more than \(limits.entries) entries")
        }
        var (i, j) = (0, 0)
        while i < left.count || j < right.count {
            if j == right.count || i < left.count && left[i].isBefore(right[j]) {
                try note(left[i], nil, under: prefix, level: level)
                i += 1
            } else if i == left.count || right[j].isBefore(left[i]) {
                try note(nil, right[j], under: prefix, level: level)
                j += 1
            } else {
                try note(left[i], right[j], under: prefix, level: level)
                (i, j) = (i + 1, j + 1)
            }
        }
    }

    /// The same name on both sides means that both are folders, or neither is: git sorts them apart otherwise.
    private mutating func note(
        _ old: TreeEntry?, _ new: TreeEntry?, under prefix: [UInt8], level: Int
    ) throws(GitError) {
        guard let either = old ?? new, old != new else { return }
        let path = prefix + either.name
        if either.mode == .tree {
            try compare(old?.id, new?.id, under: path + [0x2f], level: level + 1)
        } else {
            changes.append(
                ChangedFile(
                    path: String(decoding: path, as: UTF8.self),
                    old: old.map { ChangedFile.Side(mode: $0.mode, id: $0.id) },
                    new: new.map { ChangedFile.Side(mode: $0.mode, id: $0.id) }))
        }
    }
}
