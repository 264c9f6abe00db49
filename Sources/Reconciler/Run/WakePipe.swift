// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Dispatch
internal import Glibc
internal import Journal
internal import Operations

/// How a hook on this host wakes the service: whoever may write to the state directory may make it look at once. Nothing that comes
/// through it is read as a command.
final class WakePipe {
    private let source: any DispatchSourceRead

    init(_ directory: StateDirectory, _ mailbox: Mailbox) throws(UserError) {
        let path = Self.path(directory)
        guard mkfifo(path, 0o600) == 0 || errno == EEXIST else {
            throw UserError("StateNotWritable", "\(path): \(String(cString: strerror(errno)))")
        }
        // Also open for writing, so that it does not end when a writer goes.
        let pipe = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW)
        var status = stat()
        guard pipe >= 0, fstat(pipe, &status) == 0, status.st_mode & S_IFMT == S_IFIFO else {
            if pipe >= 0 { close(pipe) }
            throw UserError("StateNotWritable", "\(path) is no named pipe", hint: "remove it: it is made anew")
        }
        source = DispatchSource.makeReadSource(fileDescriptor: pipe, queue: .global())
        source.setEventHandler {
            var bytes = [UInt8](repeating: 0, count: 4096)
            while read(pipe, &bytes, bytes.count) > 0 {}
            mailbox.wake("wake")
        }
        source.setCancelHandler { close(pipe) }
        source.activate()
    }

    deinit { source.cancel() }

    /// - Returns: false where no service is at work.
    static func wake(_ directory: StateDirectory) throws(UserError) -> Bool {
        let path = path(directory)
        let pipe = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW)
        guard pipe >= 0 else {
            if errno == ENXIO || errno == ENOENT { return false }
            throw UserError("StateNotWritable", "\(path): \(String(cString: strerror(errno)))")
        }
        defer { close(pipe) }
        // A full pipe has woken it often enough.
        return write(pipe, "w", 1) == 1 || errno == EAGAIN
    }

    private static func path(_ directory: StateDirectory) -> String { directory.path + "/wake" }
}
