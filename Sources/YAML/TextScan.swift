// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

/// The first look at a file's bytes: UTF-8 without BOM, no control characters, no directives; and where tabs are.
///
/// libyaml would say most of this too, but it reports encoding errors at 1:1, takes UTF-16 for granted, lets
/// bidirectional controls pass (they can make a reviewer read another text than the machine does), and compares each
/// `%TAG` line with all before it: a file of nothing else takes seconds.
struct TextScan {
    struct Tab {
        var index: Int  // in code points from the start of the file, as libyaml counts
        var position: YAMLPosition
    }
    private(set) var tabs: [Tab] = []
    private(set) var errors: [YAMLError] = []

    static let mostErrors = 20

    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        if bytes.count >= 2, (bytes[0], bytes[1]) == (0xff, 0xfe) || (bytes[0], bytes[1]) == (0xfe, 0xff) {
            errors = [
                YAMLError(.encoding, at: YAMLPosition(line: 1, column: 1), "this is UTF-16: save the file as UTF-8")
            ]
            return
        }
        var line = 1
        var lineStart = 0
        var continuations = 0  // bytes that begin no code point, in the whole file
        var continuationsBeforeLine = 0
        var index = 0

        func position(_ offset: Int) -> YAMLPosition {
            YAMLPosition(line: line, column: offset - lineStart - (continuations - continuationsBeforeLine) + 1)
        }
        while index < bytes.count {
            guard errors.count < Self.mostErrors else { return }
            let byte = bytes[index]
            switch byte {
            case 0x25 where index == lineStart:
                errors.append(YAMLError(.directive, at: position(index), "directives (%YAML, %TAG) are not accepted"))
                index += 1
            case 0x20..<0x7f:
                index += 1
            case 0x0a:
                index += 1
                line += 1
                lineStart = index
                continuationsBeforeLine = continuations
            case 0x0d where index + 1 < bytes.count && bytes[index + 1] == 0x0a:
                index += 1
            case 0x09:
                if tabs.count < 10_000 { tabs.append(Tab(index: index - continuations, position: position(index))) }
                index += 1
            case 0x80...:
                guard let (scalar, length) = Self.decode(bytes, at: index) else {
                    errors.append(YAMLError(.encoding, at: position(index), "not UTF-8"))
                    return
                }
                if let name = Self.refused(scalar) {
                    errors.append(YAMLError(.control, at: position(index), "\(name) is not accepted"))
                }
                index += length
                continuations += length - 1
            default:
                errors.append(
                    YAMLError(
                        .control, at: position(index),
                        byte == 0
                            ? "a NUL is not accepted (is this file UTF-16?)"
                            : "the control character U+00\(byte < 16 ? "0" : "")\(String(byte, radix: 16, uppercase: true)) is not accepted"
                    ))
                // A file full of NULs is one mistake, not a million.
                if byte == 0 { return }
                index += 1
            }
        }
    }

    /// One scalar value of well-formed UTF-8 (RFC 3629), and its length in bytes.
    private static func decode(_ bytes: UnsafeBufferPointer<UInt8>, at index: Int) -> (UInt32, Int)? {
        let first = UInt32(bytes[index])
        let length: Int
        var value: UInt32
        let least: UInt32
        switch first {
        case 0xc2...0xdf: (length, value, least) = (2, first & 0x1f, 0x80)
        case 0xe0...0xef: (length, value, least) = (3, first & 0x0f, 0x800)
        case 0xf0...0xf4: (length, value, least) = (4, first & 0x07, 0x10000)
        default: return nil
        }
        guard index + length <= bytes.count else { return nil }
        for offset in 1..<length {
            let byte = UInt32(bytes[index + offset])
            guard byte & 0xc0 == 0x80 else { return nil }
            value = value << 6 | byte & 0x3f
        }
        guard value >= least, value <= 0x10ffff, !(0xd800...0xdfff).contains(value) else { return nil }
        return (value, length)
    }

    /// What a code point above ASCII is called if it is not accepted.
    static func refused(_ scalar: UInt32) -> String? {
        switch scalar {
        case 0xfeff: "a byte order mark (U+FEFF)"
        case 0x7f...0x9f: "a control character (U+00\(String(scalar, radix: 16, uppercase: true)))"
        case 0x2028, 0x2029: "a line separator (U+\(String(scalar, radix: 16)))"
        case 0x061c, 0x200e, 0x200f, 0x202a...0x202e, 0x2066...0x2069:
            "a bidirectional control (U+\(String(scalar, radix: 16, uppercase: true)))"
        case 0xfffe, 0xffff: "a code point that is no character"
        default: nil
        }
    }
}
