// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Vocabulary

/// One file (or link, or submodule) of a commit.
package struct ListedFile: Hashable, Sendable {
    /// Relative to the root, with `/`. Where `isText` is false it is for showing only: its bytes are not UTF-8.
    package var path: String
    package var isText: Bool
    package var mode: FileMode
    package var id: ObjectID

    package init(path: String, isText: Bool = true, mode: FileMode, id: ObjectID) {
        (self.path, self.isText, self.mode, self.id) = (path, isText, mode, id)
    }
}

package struct ListingLimits: Sendable {
    /// Files and folders.
    package var entries = 1_000_000
    /// Folders inside folders.
    package var depth = 64
    package init(entries: Int = 1_000_000, depth: Int = 64) {
        self.entries = entries
        self.depth = depth
    }
}

extension Repository {
    /// All files below a tree, folder by folder in git's order.
    ///
    /// Entries are counted first, each distinct folder read once: a few folders that contain each other many times
    /// (a "git bomb") are refused without being walked.
    ///
    /// - Throws: `tooLarge`, `tooDeep`, `corrupt`, `notFound`.
    package func files(of tree: ObjectID, limits: ListingLimits = ListingLimits()) throws(GitError) -> [ListedFile] {
        try locked { (handle) throws(GitError) in
            var census = Census(handle: handle, limits: limits, operation: "list tree \(tree)")
            let (count, _) = try census.count(tree, level: 0)
            var files: [ListedFile] = []
            files.reserveCapacity(count)
            census.append(tree, under: [], to: &files)
            return files
        }
    }
}

private struct Census {
    let handle: Repository.Handle
    let limits: ListingLimits
    let operation: String
    private var folders: [ObjectID: [TreeEntry]] = [:]
    private var sizes: [ObjectID: (entries: Int, depth: Int)] = [:]
    private var distinct = 0

    init(handle: Repository.Handle, limits: ListingLimits, operation: String) {
        self.handle = handle
        self.limits = limits
        self.operation = operation
    }

    mutating func count(_ id: ObjectID, level: Int) throws(GitError) -> (entries: Int, depth: Int) {
        guard level <= limits.depth else { throw tooDeep }
        if let known = sizes[id] {
            guard level + known.depth <= limits.depth else { throw tooDeep }
            return known
        }
        let entries = try handle.tree(id)
        folders[id] = entries
        distinct += entries.count
        var total = entries.count
        guard distinct <= limits.entries else { throw tooLarge }
        var depth = 0
        for entry in entries where entry.mode == .tree {
            let inner = try count(entry.id, level: level + 1)
            total += inner.entries
            depth = max(depth, inner.depth + 1)
            guard total <= limits.entries else { throw tooLarge }
        }
        sizes[id] = (total, depth)
        return (total, depth)
    }

    func append(_ id: ObjectID, under prefix: [UInt8], to files: inout [ListedFile]) {
        for entry in folders[id] ?? [] {
            let path = prefix + entry.name
            if entry.mode == .tree {
                append(entry.id, under: path + [0x2f], to: &files)
            } else {
                let text =
                    path.allSatisfy { $0 < 0x80 }
                    ? String(decoding: path, as: UTF8.self) : String(validating: path, as: UTF8.self)
                files.append(
                    ListedFile(
                        path: text ?? String(decoding: path, as: UTF8.self), isText: text != nil, mode: entry.mode,
                        id: entry.id))
            }
        }
    }

    private var tooLarge: GitError {
        GitError(code: .tooLarge, operation: operation, detail: "more than \(limits.entries) entries")
    }
    private var tooDeep: GitError {
        GitError(code: .tooDeep, operation: operation, detail: "folders more than \(limits.depth) deep")
    }
}

extension Repository.Handle {
    func tree(_ id: ObjectID) throws(GitError) -> [TreeEntry] {
        try read(id, as: .tree, limit: 256 << 20) { (bytes) throws(GitError) in
            guard let entries = TreeObject.parse(bytes) else {
                throw GitError(code: .corrupt, operation: "read tree \(id)", detail: "not a tree as git writes it")
            }
            return entries
        }
    }
}
