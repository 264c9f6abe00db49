// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

extension JSONValue {
    /// RFC 8785 (JSON Canonicalization Scheme): no white space, members sorted by UTF-16, the shortest escapes.
    package var canonicalBytes: [UInt8] {
        var writer = JSONWriter(style: .canonical)
        writer.write(self)
        return writer.bytes
    }

    /// Two-space indented, members in canonical order, closing newline: what people and diffs read.
    package var prettyBytes: [UInt8] {
        var writer = JSONWriter(style: .pretty)
        writer.write(self)
        writer.bytes.append(0x0a)
        return writer.bytes
    }
}

/// The one JSON writer of the house.
package struct JSONWriter {
    package enum Style: Sendable { case canonical, pretty }
    package fileprivate(set) var bytes: [UInt8] = []
    private let style: Style
    private var depth = 0
    private static let indent: [UInt8] = [0x20, 0x20]

    package init(style: Style) { self.style = style }

    package mutating func write(_ value: JSONValue) {
        switch value {
        case .null: bytes += "null".utf8
        case .bool(let value): bytes += (value ? "true" : "false").utf8
        case .integer(let value): bytes += String(value).utf8
        case .string(let text): write(text)
        case .array(let items):
            writeList(open: 0x5b, close: 0x5d, items) { writer, item in writer.write(item) }
        case .object(let object):
            writeList(open: 0x7b, close: 0x7d, object.members) { writer, member in
                writer.write(member.key)
                writer.bytes.append(0x3a)
                if writer.style == .pretty { writer.bytes.append(0x20) }
                writer.write(member.value)
            }
        }
    }

    private mutating func writeList<Element>(
        open: UInt8, close: UInt8, _ items: [Element], _ body: (inout Self, Element) -> Void
    ) {
        bytes.append(open)
        depth += 1
        for (index, item) in items.enumerated() {
            if index > 0 { bytes.append(0x2c) }
            breakLine()
            body(&self, item)
        }
        depth -= 1
        if !items.isEmpty { breakLine() }
        bytes.append(close)
    }

    private mutating func breakLine() {
        guard style == .pretty else { return }
        bytes.append(0x0a)
        for _ in 0..<depth { bytes += Self.indent }
    }

    private mutating func write(_ text: String) {
        var text = text
        bytes.append(0x22)
        text.withUTF8 { utf8 in
            // Nearly every text stands as it is: in one piece, not byte by byte.
            if utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x22 && $0 != 0x5c }) {
                bytes += utf8
            } else {
                for byte in utf8 { writeEscaped(byte) }
            }
        }
        bytes.append(0x22)
    }

    private mutating func writeEscaped(_ byte: UInt8) {
        switch byte {
        case 0x22: bytes += [0x5c, 0x22]
        case 0x5c: bytes += [0x5c, 0x5c]
        case 0x08: bytes += [0x5c, 0x62]
        case 0x09: bytes += [0x5c, 0x74]
        case 0x0a: bytes += [0x5c, 0x6e]
        case 0x0c: bytes += [0x5c, 0x66]
        case 0x0d: bytes += [0x5c, 0x72]
        case 0..<0x20: bytes += [0x5c, 0x75, 0x30, 0x30] + Hex.encode([byte]).utf8
        default: bytes.append(byte)
        }
    }
}
