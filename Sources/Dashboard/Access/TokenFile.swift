// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Glibc
package import Operations
internal import Synchronization
internal import Vocabulary

/// Hashes of the tokens that let somebody read, a line each: `NAME sha256:` and 64 hex digits. Read again when the file changes, so
/// that a token is taken back without a restart. Tokens are long and random (`openssl rand -hex 32`): one plain hash is enough.
package final class TokenFile: Sendable {
    package enum TokenTag {}
    private struct Content {
        var hashes: [Digest<TokenTag>] = []
        var stamp: [Int] = []
    }
    private let path: String
    private let content: Mutex<Content>

    /// - Throws: `TokenFile` where it cannot be read, others may write to it, or a line is no token.
    package init(_ path: String) throws(UserError) {
        self.path = path
        let (text, stamp) = try Self.read(path)
        content = Mutex(Content(hashes: try Self.hashes(text, path), stamp: stamp))
    }

    func knows(_ token: String) -> Bool {
        let hash = Digest<TokenTag>(hashing: Array(token.utf8))
        // Comparing hashes tells nothing of a token: who tries to guess does not choose what is compared.
        return current.contains(hash)
    }

    private var current: [Digest<TokenTag>] {
        var status = stat()
        guard stat(path, &status) == 0 else { return [] }
        let stamp = Self.stamp(status)
        if let known = content.withLock({ $0.stamp == stamp ? $0.hashes : nil }) { return known }
        // What cannot be read any more lets nobody in.
        var hashes: [Digest<TokenTag>] = []
        if let read = try? Self.read(path), let found = try? Self.hashes(read.text, path) { hashes = found }
        content.withLock { $0 = Content(hashes: hashes, stamp: stamp) }
        return hashes
    }

    private static func stamp(_ status: stat) -> [Int] {
        [Int(status.st_mtim.tv_sec), status.st_mtim.tv_nsec, Int(status.st_size), Int(status.st_ino)]
    }

    private static func read(_ path: String) throws(UserError) -> (text: String, stamp: [Int]) {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw UserError("TokenFile", "\(path): \(String(cString: strerror(errno)))") }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size <= 1 << 20 else {
            throw UserError("TokenFile", "\(path) is no file of at most 1 MiB")
        }
        guard status.st_mode & 0o022 == 0 else {
            throw UserError("TokenFile", "\(path) can be written by others", hint: "chmod go-w \(path)")
        }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        let count = Glibc.read(file, &bytes, bytes.count)
        guard count >= 0 else { throw UserError("TokenFile", "\(path): \(String(cString: strerror(errno)))") }
        return (String(decoding: bytes.prefix(count), as: UTF8.self), stamp(status))
    }

    private static func hashes(_ text: String, _ path: String) throws(UserError) -> [Digest<TokenTag>] {
        var hashes: [Digest<TokenTag>] = []
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let words = line.split(whereSeparator: \.isWhitespace)
            if words.isEmpty || words[0].hasPrefix("#") { continue }
            guard words.count == 2, let hash = Digest<TokenTag>(text: words[1]) else {
                throw UserError(
                    "TokenFile",
                    "\(path):\(number + 1): a line is a name and the token's hash, sha256: and 64 hex digits",
                    hint: "printf %s \"$TOKEN\" | sha256sum")
            }
            hashes.append(hash)
        }
        guard !hashes.isEmpty else { throw UserError("TokenFile", "\(path) holds no token, so nobody could read") }
        return hashes
    }
}
