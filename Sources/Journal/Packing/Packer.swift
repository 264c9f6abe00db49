// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

/// A value with a compact binary form of its own. Codable costs ten times as much, and ten thousand heads are read at each start.
protocol Packed {
    func pack(into packer: inout Packer)
    init(from unpacker: inout Unpacker) throws(UnpackError)
}

/// The bytes are not what was packed: the file is damaged.
struct UnpackError: Error, Equatable {
    var detail: String
}

/// Appends values: unsigned numbers as LEB128, signed ones zigzag, bytes and text with their length before them, options with a
/// byte that says whether something follows.
struct Packer {
    private(set) var bytes: [UInt8] = []

    static func pack(_ value: some Packed) -> [UInt8] {
        var packer = Packer()
        packer.add(value)
        return packer.bytes
    }

    mutating func add(_ value: some Packed) { value.pack(into: &self) }
    mutating func tag(_ byte: UInt8) { bytes.append(byte) }
    mutating func raw(_ more: [UInt8]) { bytes += more }
    mutating func raw(_ more: UnsafeRawBufferPointer) { bytes += more }

    mutating func add(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    mutating func add(_ value: Int64) { add(UInt64(bitPattern: value << 1 ^ value >> 63)) }
    mutating func add(_ value: Int) { add(Int64(value)) }
    mutating func add(_ value: Bool) { bytes.append(value ? 1 : 0) }

    mutating func add(_ text: String) {
        var text = text
        text.withUTF8 { utf8 in
            add(UInt64(utf8.count))
            bytes += utf8
        }
    }

    mutating func add(_ more: [UInt8]) {
        add(UInt64(more.count))
        bytes += more
    }

    mutating func add<Value>(_ value: Value?, _ body: (inout Packer, Value) -> Void) {
        guard let value else { return tag(0) }
        tag(1)
        body(&self, value)
    }

    mutating func add(_ value: (some Packed)?) { add(value) { $0.add($1) } }
    mutating func add(_ value: String?) { add(value) { $0.add($1) } }
    mutating func add(_ value: [UInt8]?) { add(value) { $0.add($1) } }

    mutating func add(_ values: [some Packed]) {
        add(UInt64(values.count))
        for value in values { add(value) }
    }
}
