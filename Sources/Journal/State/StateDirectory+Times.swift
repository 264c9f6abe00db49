// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Glibc
package import Vocabulary

/// Points of time that views remember from one run to the next. Nothing is decided by them: losing one costs a longer list.
extension StateDirectory {
    /// nil where none was kept under this name (`report-default`).
    /// - Throws: `damaged` where the file holds something else.
    package func time(_ name: String) throws(StateError) -> Timestamp? {
        let path = self.path + "/" + name
        guard let file = try PrivateFile.read(path, limit: 64) else { return nil }
        let text = file.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
        guard let time = Timestamp(rfc3339: text.filter { !$0.isNewline }) else {
            throw StateError(.damaged, path: path, detail: "it holds no time; remove it to begin anew")
        }
        return time
    }

    package func keep(_ time: Timestamp, as name: String) throws(StateError) {
        let path = self.path + "/" + name
        try PrivateFile.replace(path, Array("\(time)\n".utf8))
    }
}
