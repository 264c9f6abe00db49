// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Glibc
internal import Vocabulary

/// A backup is a folder of the same names.
extension StateDirectory {
    private static let keys: [(name: String, mode: UInt32)] = [
        ("recorder", 0o600), ("recorder.pub", 0o644), ("recipient", 0o600), ("recipient.pem", 0o644), ("secret", 0o600),
    ]

    package var isEmpty: Bool { ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? ["?"]).isEmpty }

    /// Nobody else may read what lies in it.
    package func requirePrivate() throws(StateError) {
        guard chmod(path, 0o700) == 0 else {
            throw StateError(.notWritable, path: path, detail: String(cString: strerror(errno)))
        }
    }

    /// Copies what is there of keys; their names.
    ///
    /// - Throws: `wrongKind` where another one lies there already; nothing is overwritten.
    package func copyKeys(to other: StateDirectory) throws(StateError) -> [String] {
        var copied: [String] = []
        for (name, mode) in Self.keys {
            let (from, to) = (path + "/" + name, other.path + "/" + name)
            guard let content = try Self.content(from) else { continue }
            if let present = try Self.content(to) {
                guard present.isSame(as: content) else {
                    throw StateError(.wrongKind, path: to, detail: "there is another one already")
                }
            } else {
                _ = try PrivateFile.create(to, content, mode: mode)
            }
            copied.append(name)
        }
        return copied
    }

    /// Small, and made by us: read whole, whoever may read its public half.
    private static func content(_ path: String) throws(StateError) -> SecretBytes? {
        guard access(path, F_OK) == 0 else { return nil }
        if !path.hasSuffix(".pub"), !path.hasSuffix(".pem") { return try PrivateFile.read(path, limit: 64 << 10) }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw StateError(.notWritable, path: path, detail: "it cannot be read")
        }
        var bytes = Array(data)
        return SecretBytes(taking: &bytes)
    }

    package func copyJournal(to other: StateDirectory) throws(StateError) {
        do {
            try FileManager.default.copyItem(atPath: journal, toPath: other.journal)
        } catch {
            throw StateError(.notWritable, path: other.journal, detail: "\(error.localizedDescription)")
        }
        guard chmod(other.journal, 0o600) == 0 else {
            throw StateError(.notWritable, path: other.journal, detail: String(cString: strerror(errno)))
        }
    }

    package func keep(_ content: [UInt8], as name: String) throws(StateError) {
        var bytes = content
        _ = try PrivateFile.create(path + "/" + name, SecretBytes(taking: &bytes), mode: 0o600)
    }

    package func kept(_ name: String) throws(StateError) -> [UInt8]? {
        try PrivateFile.read(path + "/" + name, limit: 64 << 10)?.withUnsafeBytes { Array($0) }
    }
}

extension SecretBytes {
    fileprivate func isSame(as other: SecretBytes) -> Bool {
        count == other.count && withUnsafeBytes { mine in other.withUnsafeBytes { mine.elementsEqual($0) } }
    }
}
