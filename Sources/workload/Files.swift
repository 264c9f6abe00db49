// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Git
internal import Glibc
internal import Processes
internal import Vocabulary

extension Timestamp {
    static var current: Timestamp { Timestamp(secondsSince1970: Int64(time(nil))) }
}

enum Files {
    static func write(_ bytes: [UInt8], to path: String, mode: mode_t) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw WorkloadError("\(path): \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count else {
            throw WorkloadError("\(path): \(String(cString: strerror(errno)))")
        }
    }
}

/// What only `git` itself does.
enum BareRepository {
    static func make(at folder: String) async throws -> Repository {
        try await git(["init", "--quiet", "--bare", "--initial-branch=main", "--template=", "--", folder])
        return try Repository(at: folder)
    }

    /// One pack and packed refs, as in a fresh clone.
    static func pack(_ folder: String) async throws {
        try await git(["-C", folder, "repack", "-a", "-d", "-q"])
        try await git(["-C", folder, "pack-refs", "--all"])
    }

    /// All in one transaction.
    static func set(_ references: [(name: String, id: ObjectID)], in folder: String) async throws {
        let lines = references.map { "create \($0.name) \($0.id)\n" }.joined()
        try await git(["-C", folder, "update-ref", "--stdin"], input: Array(lines.utf8))
    }

    private static func git(_ arguments: [String], input: [UInt8] = []) async throws {
        let result = try await Command("git", arguments, input: .bytes(input), deadline: .seconds(600)).run()
        guard result.succeeded else { throw WorkloadError("git \(arguments): \(result.errorText)") }
    }
}
