// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

/// Values in a compact binary form: unsigned numbers as LEB128, signed ones zigzag, bytes and text with their length before them,
/// options with a byte that says whether something follows. Codable costs ten times as much.
package struct Packer {
    package private(set) var bytes: [UInt8] = []

    package init() {}

    package mutating func tag(_ byte: UInt8) { bytes.append(byte) }
    package mutating func raw(_ more: [UInt8]) { bytes += more }
    package mutating func raw(_ more: UnsafeRawBufferPointer) { bytes += more }

    package mutating func add(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    package mutating func add(_ value: Int64) { add(UInt64(bitPattern: value << 1 ^ value >> 63)) }
    package mutating func add(_ value: Int) { add(Int64(value)) }
    package mutating func add(_ value: Bool) { bytes.append(value ? 1 : 0) }

    package mutating func add(_ text: String) {
        var text = text
        text.withUTF8 { utf8 in
            add(UInt64(utf8.count))
            bytes += utf8
        }
    }

    package mutating func add(_ more: [UInt8]) {
        add(UInt64(more.count))
        bytes += more
    }

    package mutating func add<Value>(_ value: Value?, _ body: (inout Packer, Value) -> Void) {
        guard let value else { return tag(0) }
        tag(1)
        body(&self, value)
    }

    package mutating func add(_ value: String?) { add(value) { $0.add($1) } }
    package mutating func add(_ value: [UInt8]?) { add(value) { $0.add($1) } }
}
