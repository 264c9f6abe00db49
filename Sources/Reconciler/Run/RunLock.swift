// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Journal
internal import Operations

/// One service for each state directory. Held as long as the process lives, however it ends.
final class RunLock: Sendable {
    private let descriptor: Int32

    /// - Throws: `AlreadyRunning`.
    init(_ directory: StateDirectory) throws(UserError) {
        let path = directory.path + "/run.lock"
        let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw UserError("StateNotWritable", "\(path): \(String(cString: strerror(errno)))") }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            var text = [UInt8](repeating: 0, count: 32)
            let count = read(file, &text, text.count)
            close(file)
            let holder = String(
                decoding: text.prefix(max(0, count)).filter { (0x30...0x39).contains($0) }, as: UTF8.self)
            throw UserError(
                "AlreadyRunning",
                "countersign run is at work on this state directory already\(holder.isEmpty ? "" : " (process \(holder))")",
                hint: "one service for each state directory; another zone needs another --state")
        }
        let line = Array("\(getpid())\n".utf8)
        if ftruncate(file, 0) == 0 { _ = write(file, line, line.count) }
        descriptor = file
    }

    deinit { close(descriptor) }
}
