// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import CLibGit2
package import Vocabulary

/// A commit as stored: the bytes that its id was checked against.
package struct RawCommit: Hashable, Sendable {
    package var id: ObjectID
    package var tree: ObjectID
    package var parents: [ObjectID]
    package var bytes: [UInt8]

    package init(id: ObjectID, tree: ObjectID, parents: [ObjectID], bytes: [UInt8]) {
        (self.id, self.tree, self.parents, self.bytes) = (id, tree, parents, bytes)
    }
}

package enum BlobContent: Hashable, Sendable {
    case bytes([UInt8])
    /// Not read: it has this many bytes, which is more than was asked for.
    case tooLarge(size: Int)
}

extension Repository {
    /// The commit that a revision (`main`, `HEAD~1`, `v1.0`, an id or its beginning: gitrevisions(7)) leads to.
    ///
    /// - Throws: `notFound`, `ambiguous`, `invalid`.
    package func commitID(of revision: String) throws(GitError) -> ObjectID {
        let operation = "resolve \(revision)"
        return try locked { (handle) throws(GitError) in
            var object: OpaquePointer?
            try check(git_revparse_single(&object, handle.repository, revision), operation)
            defer { git_object_free(object) }
            var commit: OpaquePointer?
            let status = git_object_peel(&commit, object, GIT_OBJECT_COMMIT)
            defer { git_object_free(commit) }
            guard status == 0, let id = git_object_id(commit) else {
                throw GitError(code: .notFound, operation: operation, detail: "it is no commit")
            }
            return ObjectID(id.pointee)
        }
    }

    /// nil if there is no such object here.
    package func kind(of id: ObjectID) throws(GitError) -> ObjectKind? {
        try locked { (handle) throws(GitError) in
            var (size, kind, raw) = (0, GIT_OBJECT_INVALID, id.raw)
            let status = git_odb_read_header(&size, &kind, handle.objects, &raw)
            if status == GIT_ENOTFOUND.rawValue { return nil }
            try check(status, "look at \(id)")
            return ObjectKind(kind)
        }
    }

    /// - Throws: `notFound`; `corrupt` where the bytes do not have this id, or are no commit.
    package func commit(_ id: ObjectID) throws(GitError) -> RawCommit {
        try locked { (handle) throws(GitError) in try handle.commit(id) }
    }

    /// In the order of `ids`; all of them, or an error.
    package func commits(_ ids: [ObjectID]) throws(GitError) -> [RawCommit] {
        try locked { (handle) throws(GitError) in
            var commits: [RawCommit] = []
            commits.reserveCapacity(ids.count)
            for id in ids { commits.append(try handle.commit(id)) }
            return commits
        }
    }

    /// Contents in the order of `ids`; a blob of more than `limit` bytes is not read.
    ///
    /// - Throws: `notFound` where one is missing, as in a partial clone; `corrupt`.
    package func blobs(_ ids: [ObjectID], limit: Int) throws(GitError) -> [BlobContent] {
        try locked { (handle) throws(GitError) in
            var contents: [BlobContent] = []
            contents.reserveCapacity(ids.count)
            for id in ids { contents.append(try handle.blob(id, limit: limit)) }
            return contents
        }
    }

    /// The id that these bytes have as an object: SHA-1 that refuses known collisions.
    package static func id(of bytes: [UInt8], as kind: ObjectKind) throws(GitError) -> ObjectID {
        guard LibGit2.ready else { throw GitError(code: .failed, operation: "hash", detail: "libgit2 does not start") }
        var raw = git_oid()
        try check(git_odb_hash(&raw, bytes, bytes.count, kind.raw), "hash a \(kind.rawValue)")
        return ObjectID(raw)
    }
}

extension Repository.Handle {
    /// Reads one object; `body` sees libgit2's own buffer.
    func read<Result>(
        _ id: ObjectID, as kind: ObjectKind, limit: Int, _ body: (UnsafeRawBufferPointer) throws(GitError) -> Result
    ) throws(GitError) -> Result {
        var (object, raw): (OpaquePointer?, git_oid) = (nil, id.raw)
        // Asked before it is read: a few compressed bytes can become gigabytes.
        let size = try size(id, as: kind)
        guard size <= limit else {
            throw GitError(
                code: .tooLarge, operation: "read \(kind.rawValue) \(id)", detail: "\(size) bytes; limit \(limit)")
        }
        try check(git_odb_read(&object, objects, &raw), "read \(kind.rawValue) \(id)")
        defer { git_odb_object_free(object) }
        return try body(UnsafeRawBufferPointer(start: git_odb_object_data(object), count: git_odb_object_size(object)))
    }

    func size(_ id: ObjectID, as kind: ObjectKind) throws(GitError) -> Int {
        var (size, found, raw) = (0, GIT_OBJECT_INVALID, id.raw)
        try check(git_odb_read_header(&size, &found, objects, &raw), "read \(kind.rawValue) \(id)")
        guard found == kind.raw else {
            throw GitError(
                code: .corrupt, operation: "read \(kind.rawValue) \(id)",
                detail: "it is a \(ObjectKind(found)?.rawValue ?? "strange object")")
        }
        return size
    }

    func blob(_ id: ObjectID, limit: Int) throws(GitError) -> BlobContent {
        let size = try size(id, as: .blob)
        guard size <= limit else { return .tooLarge(size: size) }
        var (object, raw): (OpaquePointer?, git_oid) = (nil, id.raw)
        try check(git_odb_read(&object, objects, &raw), "read blob \(id)")
        defer { git_odb_object_free(object) }
        return .bytes(
            Array(UnsafeRawBufferPointer(start: git_odb_object_data(object), count: git_odb_object_size(object))))
    }

    func commit(_ id: ObjectID) throws(GitError) -> RawCommit {
        try read(id, as: .commit, limit: 16 << 20) { (bytes) throws(GitError) in
            guard let (tree, parents) = Self.links(bytes) else {
                throw GitError(code: .corrupt, operation: "read commit \(id)", detail: "no tree, or a strange parent")
            }
            return RawCommit(id: id, tree: tree, parents: parents, bytes: Array(bytes))
        }
    }

    /// The `tree` line and the `parent` lines that a commit begins with.
    private static func links(_ bytes: UnsafeRawBufferPointer) -> (ObjectID, [ObjectID])? {
        func id(_ name: StaticString, at offset: Int) -> ObjectID? {
            let end = offset + name.utf8CodeUnitCount + 40
            guard end < bytes.count, bytes[end] == 0x0a else { return nil }
            for index in 0..<name.utf8CodeUnitCount where bytes[offset + index] != name.utf8Start[index] { return nil }
            return UnsafeRawBufferPointer(rebasing: bytes[(offset + name.utf8CodeUnitCount)..<end])
                .withMemoryRebound(to: UInt8.self) { ObjectID(hex: $0) }
        }
        guard let tree = id("tree ", at: 0) else { return nil }
        var (offset, parents): (Int, [ObjectID]) = (46, [])
        while let parent = id("parent ", at: offset) {
            parents.append(parent)
            offset += 48
        }
        return (tree, parents)
    }
}
