// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

/// What YAML 1.1 or 1.2 takes an unquoted scalar for. Where the schema wants text, only what everybody reads as text
/// may stand without quotes: else `no` is a country here and false elsewhere, and `0640` is 416.
enum PlainScalar: String {
    case text = "text"
    case null = "nothing"
    case boolean = "true or false"
    case number = "a number"
    case timestamp = "a time"

    private static let words: [String: PlainScalar] = [
        "null": .null, "yes": .boolean, "no": .boolean, "on": .boolean, "off": .boolean, "true": .boolean,
        "false": .boolean,
        "y": .boolean, "n": .boolean,
    ]

    static func reading(_ text: String) -> PlainScalar {
        guard let first = text.utf8.first else { return .null }
        switch first {
        case 0x30...0x39, 0x2b, 0x2d, 0x2e:  // 0-9 + - .
            let bytes = Array(text.utf8)
            if isNumber(bytes) { return .number }
            return isTimestamp(bytes) ? .timestamp : .text
        case 0x7e: return text.utf8.count == 1 ? .null : .text
        case 0x4e, 0x6e, 0x59, 0x79, 0x4f, 0x6f, 0x54, 0x74, 0x46, 0x66:  // N Y O T F
            return text.utf8.count <= 5 ? words[text.lowercased()] ?? .text : .text
        case 0x3d: return text.utf8.count == 1 ? .number : .text  // `=` is a type of its own in YAML 1.1
        default: return .text
        }
    }

    private static func isNumber(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        if rest.first == 0x2b || rest.first == 0x2d { rest = rest.dropFirst() }
        guard let first = rest.first else { return false }
        if rest.count > 2, first == 0x30 {
            let digits = rest.dropFirst(2)
            switch rest[rest.startIndex + 1] {
            case 0x78, 0x58: return digits.allSatisfy { TextForm.isHexDigit($0) || $0 == 0x5f }
            case 0x62, 0x42: return digits.allSatisfy { $0 == 0x30 || $0 == 0x31 || $0 == 0x5f }
            case 0x6f, 0x4f: return digits.allSatisfy { (0x30...0x37).contains($0) || $0 == 0x5f }
            default: break
            }
        }
        if first == 0x2e, rest.count == 4 {
            let word = rest.dropFirst().map { $0 | 0x20 }
            if word == Array("inf".utf8) || word == Array("nan".utf8) { return true }
        }
        // Digits with at most one point and one exponent, or groups of digits between colons (base 60).
        var (digits, points, colons) = (0, 0, 0)
        var index = rest.startIndex
        while index < rest.endIndex {
            let byte = rest[index]
            switch byte {
            case 0x30...0x39: digits += 1
            case 0x5f where digits > 0: break
            case 0x2e where points == 0: points += 1
            case 0x3a where digits > 0 && points == 0 && rest[index - 1] != 0x3a: colons += 1
            case 0x65, 0x45:
                guard digits > 0, colons == 0 else { return false }
                var exponent = rest[(index + 1)...]
                if exponent.first == 0x2b || exponent.first == 0x2d { exponent = exponent.dropFirst() }
                return !exponent.isEmpty && exponent.allSatisfy(TextForm.isDigit)
            default: return false
            }
            index += 1
        }
        return digits > 0 && rest.last != 0x3a
    }

    /// `2026-01-31`, and the same with a time behind it.
    private static func isTimestamp(_ bytes: [UInt8]) -> Bool {
        guard bytes.count >= 8, bytes[0..<4].allSatisfy(TextForm.isDigit), bytes[4] == 0x2d else { return false }
        let date = bytes.prefix { TextForm.isDigit($0) || $0 == 0x2d }
        guard (8...10).contains(date.count), date.count(where: { $0 == 0x2d }) == 2 else { return false }
        guard bytes.count > date.count else { return true }
        return [0x54, 0x74, 0x20, 0x09].contains(bytes[date.count])
    }
}
