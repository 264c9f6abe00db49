// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Glibc
package import Vocabulary

/// Small files of ours: they appear whole or not at all.
package enum PrivateFile {
    /// nil if there is none.
    /// - Throws: `wrongKind`, `foreignOwner`, `openToOthers` (readable by others), `damaged` (longer than `limit`).
    package static func read(_ path: String, limit: Int) throws(StateError) -> SecretBytes? {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard file >= 0 else {
            if errno == ENOENT { return nil }
            throw StateError(
                errno == ELOOP ? .wrongKind : .notWritable, path: path, detail: String(cString: strerror(errno)))
        }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw StateError(.wrongKind, path: path, detail: "it is not a regular file")
        }
        guard status.st_uid == geteuid() else {
            throw StateError(.foreignOwner, path: path, detail: "it belongs to user \(status.st_uid)")
        }
        guard status.st_mode & 0o077 == 0 else {
            throw StateError(.openToOthers, path: path, detail: "others may read it: chmod 600")
        }
        guard status.st_size <= limit else {
            throw StateError(.damaged, path: path, detail: "it has \(status.st_size) bytes")
        }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var filled = 0
        while filled < bytes.count {
            let count = bytes.withUnsafeMutableBytes { buffer in
                Glibc.read(file, buffer.baseAddress.map { $0 + filled }, buffer.count - filled)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw StateError(.damaged, path: path, detail: "it could not be read to its end") }
            filled += count
        }
        return SecretBytes(taking: &bytes)
    }

    /// Writes a new file, on disk when this returns; false if one was there, which then stays.
    package static func create(_ path: String, _ content: SecretBytes, mode: UInt32) throws(StateError) -> Bool {
        let staged = path + ".\(getpid()).\(UInt64.random(in: .min ... .max))"
        let file = open(staged, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard file >= 0 else { throw failure(path) }
        defer { unlink(staged) }
        let written = content.withUnsafeBytes { bytes in
            var done = 0
            while done < bytes.count {
                let count = write(file, bytes.baseAddress.map { $0 + done }, bytes.count - done)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return false }
                done += count
            }
            return fchmod(file, mode) == 0 && fsync(file) == 0
        }
        let problem = written ? nil : failure(path)
        close(file)
        if let problem { throw problem }
        // link(2) does not replace: of two processes that make the file at once, one wins and both see its content.
        guard link(staged, path) == 0 else {
            if errno == EEXIST { return false }
            throw failure(path)
        }
        syncFolder(of: path)
        return true
    }

    /// Writes a file in place of the one that is there, 0600: whoever reads sees the old or the new one whole.
    static func replace(_ path: String, _ content: [UInt8]) throws(StateError) {
        var bytes = content
        try replace(path, SecretBytes(taking: &bytes), mode: 0o600)
    }

    package static func replace(_ path: String, _ content: SecretBytes, mode: UInt32) throws(StateError) {
        let staged = path + ".\(getpid()).\(UInt64.random(in: .min ... .max))"
        guard try create(staged, content, mode: mode) else {
            throw StateError(.notWritable, path: path, detail: "it is being written by another process")
        }
        guard rename(staged, path) == 0 else {
            let problem = failure(path)
            unlink(staged)
            throw problem
        }
        syncFolder(of: path)
    }

    private static func syncFolder(of path: String) {
        guard let slash = path.lastIndex(of: "/") else { return }
        let folder = open(String(path[..<slash]), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { return }
        fsync(folder)
        close(folder)
    }

    private static func failure(_ path: String) -> StateError {
        let code: StateError.Code = errno == ENOSPC || errno == EDQUOT ? .full : .notWritable
        return StateError(code, path: path, detail: String(cString: strerror(errno)))
    }
}
