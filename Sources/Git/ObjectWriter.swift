// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import CLibGit2
package import Vocabulary

/// A change of one path of a tree.
package struct TreeUpdate: Hashable, Sendable {
    package var path: String
    /// nil removes the path, whatever is there.
    package var blob: ObjectID?

    package init(_ path: String, _ blob: ObjectID?) {
        self.path = path
        self.blob = blob
    }
}

/// Writes objects; they are stored together when `Repository.write` returns.
package struct ObjectWriter: ~Copyable {
    let handle: Repository.Handle
    private(set) var written: [ObjectID] = []

    init(handle: Repository.Handle) { self.handle = handle }

    package mutating func blob(_ bytes: [UInt8]) throws(GitError) -> ObjectID { try store(bytes, as: .blob) }

    /// These very bytes as a commit.
    package mutating func commit(_ bytes: [UInt8]) throws(GitError) -> ObjectID { try store(bytes, as: .commit) }

    /// A tree that differs from `base` (nil: the empty tree) in `updates` only. Folders that no update touches are
    /// neither read nor written; a folder that becomes empty goes.
    ///
    /// - Throws: `invalid` for a path that is absolute, empty, leads out or names `.git`, or stands twice.
    package mutating func tree(basedOn base: ObjectID?, _ updates: [TreeUpdate]) throws(GitError) -> ObjectID {
        var root = Branch()
        for update in updates { try root.insert(update) }
        let entries = try rewrite(base, root)
        return try store(TreeObject.serialize(entries), as: .tree)
    }

    private mutating func rewrite(_ base: ObjectID?, _ branch: Branch) throws(GitError) -> [TreeEntry] {
        let existing = try base.map { (id) throws(GitError) in try handle.tree(id) } ?? []
        var folders: [[UInt8]: ObjectID] = [:]
        var entries: [TreeEntry] = []
        for entry in existing {
            guard branch.files[entry.name] == nil, branch.folders[entry.name] == nil else {
                if entry.mode == .tree { folders[entry.name] = entry.id }
                // A removal below something that is no folder removes nothing.
                if entry.mode != .tree, branch.folders[entry.name]?.onlyRemoves == true { entries.append(entry) }
                continue
            }
            entries.append(entry)
        }
        for case (let name, .some(let blob)) in branch.files {
            entries.append(TreeEntry(name: name, mode: .file, id: blob))
        }
        for (name, inner) in branch.folders {
            if folders[name] == nil, inner.onlyRemoves { continue }
            let content = try rewrite(folders[name], inner)
            if content.isEmpty { continue }
            entries.append(TreeEntry(name: name, mode: .tree, id: try store(TreeObject.serialize(content), as: .tree)))
        }
        return entries
    }

    private mutating func store(_ bytes: [UInt8], as kind: ObjectKind) throws(GitError) -> ObjectID {
        var raw = git_oid()
        try check(git_odb_write(&raw, handle.objects, bytes, bytes.count, kind.raw), "write a \(kind.rawValue)")
        let id = ObjectID(raw)
        written.append(id)
        return id
    }
}

/// The updates of one folder. Keys are bytes: to a String "é" in two spellings is one name, to git it is two.
private struct Branch {
    var files: [[UInt8]: ObjectID?] = [:]
    var folders: [[UInt8]: Branch] = [:]

    var onlyRemoves: Bool { files.values.allSatisfy { $0 == nil } && folders.values.allSatisfy(\.onlyRemoves) }

    mutating func insert(_ update: TreeUpdate) throws(GitError) {
        let parts = update.path.utf8.split(separator: 0x2f, omittingEmptySubsequences: false).map { Array($0) }
        guard parts.allSatisfy(TreeObject.isPlain), parts.count <= 64 else {
            throw Self.invalid(update, "no plain path")
        }
        try insert(update, parts[...])
    }

    private mutating func insert(_ update: TreeUpdate, _ parts: ArraySlice<[UInt8]>) throws(GitError) {
        guard let name = parts.first else { return }
        if parts.count == 1 {
            guard folders[name] == nil, files.updateValue(update.blob, forKey: name) == nil else {
                throw Self.invalid(update, "changed twice")
            }
        } else {
            guard files[name] == nil else { throw Self.invalid(update, "changed twice") }
            try folders[name, default: Branch()].insert(update, parts.dropFirst())
        }
    }

    private static func invalid(_ update: TreeUpdate, _ why: String) -> GitError {
        GitError(code: .invalid, operation: "write a tree", detail: "\(update.path): \(why)")
    }
}
