// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

/// Why a text is not JSON as we accept it, and where (byte offset from 0).
package struct JSONError: Error, Equatable, Sendable {
    package var offset: Int
    package var message: String
}

extension JSONValue {
    /// Reads strict JSON (RFC 8259): UTF-8 without BOM, no duplicate keys, integers only, at most 64 deep, nothing after the value.
    package init(parsing bytes: [UInt8]) throws(JSONError) {
        self = try bytes.withUnsafeBufferPointer { (bytes) throws(JSONError) in
            var parser = JSONParser(bytes: bytes)
            return try parser.parseDocument()
        }
    }
}

/// Borrows the bytes: used only inside the closure that gave them.
private struct JSONParser {
    let bytes: UnsafeBufferPointer<UInt8>
    var position = 0
    static let deepest = 64

    init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    func failure(_ message: String) -> JSONError { JSONError(offset: position, message: message) }

    mutating func parseDocument() throws(JSONError) -> JSONValue {
        let value = try parseValue(depth: 0)
        skipSpace()
        guard position == bytes.count else { throw failure("something stands after the value") }
        return value
    }

    mutating func skipSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0a, 0x0d: position += 1
            default: return
            }
        }
    }

    mutating func parseValue(depth: Int) throws(JSONError) -> JSONValue {
        guard depth <= Self.deepest else { throw failure("nested deeper than \(Self.deepest)") }
        skipSpace()
        guard position < bytes.count else { throw failure("a value is missing") }
        switch bytes[position] {
        case 0x7b: return try parseObject(depth: depth)
        case 0x5b: return try parseArray(depth: depth)
        case 0x22: return .string(try parseString())
        case 0x74: return try parseWord("true", .bool(true))
        case 0x66: return try parseWord("false", .bool(false))
        case 0x6e: return try parseWord("null", .null)
        default: return try parseInteger()
        }
    }

    mutating func parseWord(_ word: String, _ value: JSONValue) throws(JSONError) -> JSONValue {
        guard bytes[position...].starts(with: word.utf8) else { throw failure("not a value") }
        position += word.utf8.count
        return value
    }

    mutating func parseInteger() throws(JSONError) -> JSONValue {
        let start = position
        if position < bytes.count, bytes[position] == 0x2d { position += 1 }
        let firstDigit = position
        while position < bytes.count, (0x30...0x39).contains(bytes[position]) { position += 1 }
        let digits = position - firstDigit
        guard digits > 0, digits == 1 || bytes[firstDigit] != 0x30 else { throw failure("not a value") }
        if position < bytes.count, [0x2e, 0x65, 0x45].contains(bytes[position]) {
            throw failure("only whole numbers are used here")
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        guard text != "-0", let value = Int64(text), value.magnitude < 1 << 53 else {
            throw failure("a whole number within ±(2^53 − 1) is needed")
        }
        return .integer(value)
    }

    mutating func parseArray(depth: Int) throws(JSONError) -> JSONValue {
        position += 1
        var items: [JSONValue] = []
        skipSpace()
        if position < bytes.count, bytes[position] == 0x5d { position += 1; return .array(items) }
        while true {
            items.append(try parseValue(depth: depth + 1))
            skipSpace()
            guard position < bytes.count else { throw failure("the list is not closed") }
            position += 1
            if bytes[position - 1] == 0x5d { return .array(items) }
            guard bytes[position - 1] == 0x2c else { throw failure("a comma or ] is missing") }
        }
    }

    mutating func parseObject(depth: Int) throws(JSONError) -> JSONValue {
        position += 1
        var object = JSONObject()
        skipSpace()
        if position < bytes.count, bytes[position] == 0x7d { position += 1; return .object(object) }
        while true {
            skipSpace()
            guard position < bytes.count, bytes[position] == 0x22 else { throw failure("a key is missing") }
            let key = try parseString()
            let afterKey = position
            skipSpace()
            guard position < bytes.count, bytes[position] == 0x3a else { throw failure("a colon is missing") }
            position += 1
            let value = try parseValue(depth: depth + 1)
            guard object.add(key, value) else {
                position = afterKey
                throw failure("a key stands twice")
            }
            skipSpace()
            guard position < bytes.count else { throw failure("the object is not closed") }
            position += 1
            if bytes[position - 1] == 0x7d { return .object(object) }
            guard bytes[position - 1] == 0x2c else { throw failure("a comma or } is missing") }
        }
    }

    mutating func parseString() throws(JSONError) -> String {
        position += 1
        let start = position
        while position < bytes.count, bytes[position] != 0x22, bytes[position] != 0x5c, bytes[position] >= 0x20 {
            position += 1
        }
        if position < bytes.count, bytes[position] == 0x22 {  // no escapes: the common case
            defer { position += 1 }
            return try text(UnsafeBufferPointer(rebasing: bytes[start..<position]))
        }
        var content = Array(bytes[start..<position])
        while true {
            guard position < bytes.count else { throw failure("the string is not closed") }
            let byte = bytes[position]
            position += 1
            switch byte {
            case 0x22: return try content.withUnsafeBufferPointer { (content) throws(JSONError) in try text(content) }
            case 0x5c: try parseEscape(into: &content)
            case 0..<0x20: throw failure("a control character in a string must be escaped")
            default: content.append(byte)
            }
        }
    }

    func text(_ bytes: UnsafeBufferPointer<UInt8>) throws(JSONError) -> String {
        // What is ASCII is valid: half a million strings of a status branch do not take the validation's generic detour.
        let text =
            bytes.allSatisfy { $0 < 0x80 }
            ? String(decoding: bytes, as: UTF8.self) : String(validating: bytes, as: UTF8.self)
        guard let text else { throw failure("not UTF-8") }
        return text
    }

    mutating func parseEscape(into content: inout [UInt8]) throws(JSONError) {
        guard position < bytes.count else { throw failure("the string is not closed") }
        let byte = bytes[position]
        position += 1
        switch byte {
        case 0x22, 0x5c, 0x2f: content.append(byte)
        case 0x62: content.append(0x08)
        case 0x66: content.append(0x0c)
        case 0x6e: content.append(0x0a)
        case 0x72: content.append(0x0d)
        case 0x74: content.append(0x09)
        case 0x75:
            var scalar = UInt32(try parseFourDigits())
            if (0xd800...0xdbff).contains(scalar) {
                guard bytes[position...].starts(with: [0x5c, 0x75]) else { throw failure("half a surrogate pair") }
                position += 2
                let low = UInt32(try parseFourDigits())
                guard (0xdc00...0xdfff).contains(low) else { throw failure("half a surrogate pair") }
                scalar = 0x10000 + (scalar - 0xd800) << 10 + (low - 0xdc00)
            }
            guard let value = Unicode.Scalar(scalar) else { throw failure("half a surrogate pair") }
            content += String(Character(value)).utf8
        default: throw failure("an unknown escape")
        }
    }

    mutating func parseFourDigits() throws(JSONError) -> UInt16 {
        guard position + 4 <= bytes.count,
            bytes[position..<position + 4].allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
            let value = UInt16(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16)
        else { throw failure("four hex digits are needed") }
        position += 4
        return value
    }
}
