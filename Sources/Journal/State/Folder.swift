// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Folders that only their user writes to.
enum Folder {
    /// `mkdir -p`, each new one 0700.
    static func make(_ path: String) throws(StateError) {
        if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
            throw StateError(
                errno == ENOSPC ? .full : .notWritable, path: path, detail: String(cString: strerror(errno)))
        }
        try make(String(path[..<slash]))
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw StateError(
                errno == ENOSPC ? .full : .notWritable, path: path, detail: String(cString: strerror(errno)))
        }
    }

    static func check(_ path: String) throws(StateError) {
        var status = stat()
        // Links above it are the user's affair; the folder itself is none.
        guard lstat(path, &status) == 0 else {
            throw StateError(
                errno == ENOENT ? .absent : .notWritable, path: path, detail: String(cString: strerror(errno)))
        }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw StateError(.wrongKind, path: path, detail: "it is not a folder")
        }
        guard status.st_uid == geteuid() else {
            throw StateError(.foreignOwner, path: path, detail: "it belongs to user \(status.st_uid), not \(geteuid())")
        }
        guard status.st_mode & 0o022 == 0 else {
            throw StateError(.openToOthers, path: path, detail: "others may write to it: chmod go-w")
        }
    }
}
