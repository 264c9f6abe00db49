// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Operations
internal import Synchronization
internal import Vocabulary

/// A small file with a line for each who may do something. Read again when it changes, so that a line that is taken out counts no more
/// without a restart; what cannot be read any more lets nobody in.
final class ListFile<Value: Sendable>: Sendable {
    struct Rule: Sendable {
        /// Of what is thrown.
        var code: String
        /// Bits of the mode that the file must not have, what they would let others do, and how it is mended.
        var forbidden: mode_t
        var danger: String
        var remedy: String
        /// What a line is, and how one is made.
        var line: String
        var hint: String
        /// What follows where there is none.
        var empty: String
        /// nil for what is no line.
        var parse: @Sendable ([Substring]) -> Value?
    }
    private struct Content {
        var values: [Value]
        var stamp: [Int]
    }
    private let path: String
    private let rule: Rule
    private let content: Mutex<Content>

    /// - Throws: the rule's code where it cannot be read, its mode is not safe, or a line is none.
    init(_ path: String, _ rule: Rule) throws(UserError) {
        (self.path, self.rule) = (path, rule)
        let (text, stamp) = try Self.read(path, rule)
        content = Mutex(Content(values: try Self.values(text, path, rule), stamp: stamp))
    }

    var current: [Value] {
        var status = stat()
        guard stat(path, &status) == 0 else { return [] }
        let stamp = Self.stamp(status)
        if let known = content.withLock({ $0.stamp == stamp ? $0.values : nil }) { return known }
        var values: [Value] = []
        if let read = try? Self.read(path, rule), let found = try? Self.values(read.text, path, rule) { values = found }
        content.withLock { $0 = Content(values: values, stamp: stamp) }
        return values
    }

    private static func stamp(_ status: stat) -> [Int] {
        [
            Int(status.st_mtim.tv_sec), status.st_mtim.tv_nsec, Int(status.st_size), Int(status.st_ino),
            Int(status.st_mode),
        ]
    }

    private static func read(_ path: String, _ rule: Rule) throws(UserError) -> (text: String, stamp: [Int]) {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw UserError(rule.code, "\(path): \(String(cString: strerror(errno)))") }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size <= 1 << 20 else {
            throw UserError(rule.code, "\(path) is no file of at most 1 MiB")
        }
        guard status.st_mode & rule.forbidden == 0 else {
            throw UserError(rule.code, "\(path) can be \(rule.danger) by others", hint: "\(rule.remedy) \(path)")
        }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        let count = Glibc.read(file, &bytes, bytes.count)
        guard count >= 0 else { throw UserError(rule.code, "\(path): \(String(cString: strerror(errno)))") }
        return (String(decoding: bytes.prefix(count), as: UTF8.self), stamp(status))
    }

    private static func values(_ text: String, _ path: String, _ rule: Rule) throws(UserError) -> [Value] {
        var values: [Value] = []
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let words = line.split(whereSeparator: \.isWhitespace)
            if words.isEmpty || words[0].hasPrefix("#") { continue }
            guard let value = rule.parse(words) else {
                throw UserError(rule.code, "\(path):\(number + 1): a line is \(rule.line)", hint: rule.hint)
            }
            values.append(value)
        }
        guard !values.isEmpty else { throw UserError(rule.code, "\(path) \(rule.empty)") }
        return values
    }
}
