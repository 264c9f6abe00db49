// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import CLibGit2
internal import Vocabulary

extension Repository {
    /// Writes objects. They are on disk when this returns, and none is where `body` throws: many in one pack (a file
    /// and an fsync each would take seconds for a thousand), few as loose objects.
    package func write<Result>(
        _ body: (inout ObjectWriter) throws(GitError) -> Result
    ) throws(GitError) -> Result {
        let operation = "write objects"
        return try withOwnHandle(operation) { (handle) throws(GitError) in
            var memory: UnsafeMutablePointer<git_odb_backend>?
            try check(git_mempack_new(&memory), operation)
            // From here on the object database owns the backend, and puts everything new into it.
            try check(git_odb_add_backend(handle.objects, memory, 1000), operation)
            var writer = ObjectWriter(handle: handle)
            let result = try body(&writer)
            var distinct = Set<ObjectID>()
            let ids = writer.written.filter { distinct.insert($0).inserted }
            if ids.count <= 16 {
                try storeLoose(ids, from: handle)
            } else {
                try storePacked(ids, from: handle)
            }
            return result
        }
    }

    private func storeLoose(_ ids: [ObjectID], from source: Handle) throws(GitError) {
        try locked { (target) throws(GitError) in
            for id in ids {
                var (object, raw): (OpaquePointer?, git_oid) = (nil, id.raw)
                if git_odb_exists(target.objects, &raw) == 1 { continue }
                try check(git_odb_read(&object, source.objects, &raw), "write \(id)")
                defer { git_odb_object_free(object) }
                try check(
                    git_odb_write(
                        &raw, target.objects, git_odb_object_data(object), git_odb_object_size(object),
                        git_odb_object_type(object)),
                    "write \(id)")
            }
        }
    }

    private func storePacked(_ ids: [ObjectID], from source: Handle) throws(GitError) {
        var builder: OpaquePointer?
        try check(git_packbuilder_new(&builder, source.repository), "write a pack")
        defer { git_packbuilder_free(builder) }
        for id in ids {
            var raw = id.raw
            try check(git_packbuilder_insert(builder, &raw, nil), "write \(id)")
        }
        try check(git_packbuilder_write(builder, nil, 0, nil, nil), "write a pack")
        try locked { (target) throws(GitError) in
            try check(git_odb_refresh(target.objects), "read the new pack")
        }
    }
}
