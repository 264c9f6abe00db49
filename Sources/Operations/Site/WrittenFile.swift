// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Vocabulary

/// A file that a user asked for by name.
package enum WrittenFile {
    /// - Parameter isNew: a file that is there already is an error, not overwritten.
    /// - Throws: `NotWritable`.
    package static func write(_ text: String, to path: String, isNew: Bool = false) throws(UserError) {
        let file = open(path, O_WRONLY | O_CREAT | (isNew ? O_EXCL : O_TRUNC) | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw refused(path) }
        defer { close(file) }
        let bytes = Array(text.utf8)
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(file, $0.baseAddress.map { $0 + done }, bytes.count - done)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw refused(path) }
            done += count
        }
    }

    private static func refused(_ path: String) -> UserError {
        UserError("NotWritable", "\(Shown.text(path)): \(String(cString: strerror(errno)))")
    }
}
