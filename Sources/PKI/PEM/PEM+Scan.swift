// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Vocabulary

extension PEM {
    /// Decodes the body of a block into memory of the capacity that was given with it, and sets the count; false, with
    /// the problem noted, if it is not what it should be. The memory may hold half a block then.
    typealias Body = (UnsafeMutablePointer<UInt8>, inout Int) -> Bool

    /// Walks the lines once and hands each closed block to `visit`, which decides where its bytes go.
    static func scan(
        _ text: UnsafeBufferPointer<UInt8>,
        visit: (_ label: String, _ line: Int, _ body: Body, _ capacity: Int) -> Void
    ) -> [Problem] {
        var problems: [Problem] = []
        func report(_ code: Problem.Code, _ line: Int, _ label: String?, _ message: String) {
            if problems.count < 20 {
                problems.append(Problem(code: code, line: line, label: label, message: message))
            }
        }
        var lines = Lines(text)
        var open: (label: String, line: Int, body: Int)?  // body: offset of the first line after BEGIN
        while let line = lines.next() {
            guard line.mayHoldBoundary || open == nil else { continue }
            switch Boundary(line.content) {
            case .none: continue
            case .malformed(let message):
                report(.malformedBoundary, line.number, open?.label, message)
                open = nil
            case .begin(let label):
                if let open {
                    report(
                        .beginInsideBlock, line.number, open.label,
                        "a block begins before the one of line \(open.line) has ended")
                }
                open = (label, line.number, lines.offset)
            case .end(let label):
                guard let begun = open else {
                    report(.endWithoutBegin, line.number, label, "a block ends that has not begun")
                    continue
                }
                open = nil
                guard begun.label == label else {
                    report(
                        .labelsDiffer, line.number, begun.label,
                        "the block of line \(begun.line) is \(begun.label), its end says \(Shown.text(label))")
                    continue
                }
                let body = UnsafeBufferPointer(rebasing: text[begun.body..<line.offset])
                visit(
                    label, begun.line,
                    { output, count in
                        let capacity = Self.capacity(for: body.count)
                        switch decode(body, firstLine: begun.line + 1, to: output, capacity: capacity, count: &count) {
                        case .none: return true
                        case .some(let fault):
                            report(fault.code, fault.line, label, fault.message)
                            return false
                        }
                    }, capacity(for: body.count))
            }
        }
        if let open { report(.unclosed, open.line, open.label, "the block has no END line") }
        return problems
    }

    private static func capacity(for characters: Int) -> Int { characters / 4 * 3 + 6 }

    private static func decode(
        _ body: UnsafeBufferPointer<UInt8>, firstLine: Int, to output: UnsafeMutablePointer<UInt8>, capacity: Int,
        count: inout Int
    ) -> (code: Problem.Code, line: Int, message: String)? {
        Base64.tables.withUnsafeBufferPointer { tables in
            guard let tables = tables.baseAddress else { return (.empty, firstLine, "the block is empty") }
            var decoder = Base64.Decoder(tables: tables, output: output, capacity: capacity)
            var lines = Lines(body)
            var last = firstLine - 1
            while let line = lines.next() {
                last = firstLine + line.number - 1
                // Said before the count is set, so that no half of a block is taken for the whole.
                guard decoder.line(line.content) else { return (.invalidBase64, last, "this is not base64") }
            }
            guard decoder.finish() else { return (.invalidBase64, last, "the base64 text is cut short") }
            guard decoder.count > 0 else { return (.empty, firstLine - 1, "the block is empty") }
            count = decoder.count
            return nil
        }
    }
}

/// Lines without their end (LF or CR LF) and the blanks before it.
private struct Lines {
    struct Line {
        var number: Int
        var offset: Int
        var content: UnsafeBufferPointer<UInt8>
        /// Base64 has no hyphen, so that a line of it is passed over at one look.
        var mayHoldBoundary: Bool
    }
    private let text: UnsafeBufferPointer<UInt8>
    private(set) var offset = 0
    private var number = 0

    init(_ text: UnsafeBufferPointer<UInt8>) { self.text = text }

    mutating func next() -> Line? {
        guard offset < text.count, let base = text.baseAddress else { return nil }
        let start = offset
        number += 1
        let rest = text.count - start
        var end = text.count
        if let newline = memchr(base + start, 0x0a, rest) {
            end = UnsafeRawPointer(newline) - UnsafeRawPointer(base)
            offset = end + 1
        } else {
            offset = end
        }
        while end > start, base[end - 1] == 0x20 || base[end - 1] == 0x09 || base[end - 1] == 0x0d { end -= 1 }
        let content = UnsafeBufferPointer(start: base + start, count: end - start)
        let hyphen = end > start && (base[start] == 0x2d || base[end - 1] == 0x2d || base[start] <= 0x20)
        return Line(number: number, offset: start, content: content, mayHoldBoundary: hyphen)
    }
}

private enum Boundary {
    case none, begin(String), end(String), malformed(String)

    private static let beginning = Array("-----BEGIN ".utf8)
    private static let ending = Array("-----END ".utf8)
    private static let hyphens = Array("-----".utf8)

    init(_ line: UnsafeBufferPointer<UInt8>) {
        if let label = Self.label(of: line, after: Self.beginning) {
            self = .begin(label)
        } else if let label = Self.label(of: line, after: Self.ending) {
            self = .end(label)
        } else if Self.holds(line, Self.beginning) || Self.holds(line, Self.ending) {
            self = .malformed("a BEGIN or END line stands alone on its line, between five hyphens on either side")
        } else {
            self = .none
        }
    }

    /// RFC 7468, 3: printable characters, with single hyphens and spaces inside only.
    private static func label(of line: UnsafeBufferPointer<UInt8>, after prefix: [UInt8]) -> String? {
        guard line.count > prefix.count + 5, line.count <= prefix.count + 5 + 64,
            line.prefix(prefix.count).elementsEqual(prefix), line.suffix(5).elementsEqual(hyphens)
        else { return nil }
        let label = line[prefix.count..<(line.count - 5)]
        var last: UInt8 = 0x20
        for character in label {
            guard (0x20...0x7e).contains(character) else { return nil }
            let separator = character == 0x20 || character == 0x2d
            if separator, last == 0x20 || last == 0x2d { return nil }
            last = character
        }
        guard last != 0x20, last != 0x2d else { return nil }
        return String(decoding: label, as: UTF8.self)
    }

    private static func holds(_ line: UnsafeBufferPointer<UInt8>, _ needle: [UInt8]) -> Bool {
        guard line.count >= needle.count else { return false }
        return (0...(line.count - needle.count)).contains { start in
            line[start] == 0x2d && line[start..<(start + needle.count)].elementsEqual(needle)
        }
    }
}
