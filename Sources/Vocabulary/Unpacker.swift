// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

/// The bytes are not what was packed: they are damaged.
package struct UnpackError: Error, Equatable, Sendable {
    package var detail: String
    package init(detail: String) { self.detail = detail }
}

/// Reads what `Packer` wrote, in the same order. Borrows the bytes: use it only inside the closure that gave them.
package struct Unpacker {
    @usableFromInline let bytes: UnsafeRawBufferPointer
    @usableFromInline var position = 0

    @inlinable package init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    @inlinable package var isAtEnd: Bool { position == bytes.count }
    /// How many bytes are left.
    @inlinable package var left: Int { bytes.count - position }

    @inlinable package mutating func tag() throws(UnpackError) -> UInt8 {
        guard position < bytes.count else { throw UnpackError(detail: "the bytes end too early") }
        defer { position += 1 }
        return bytes[position]
    }

    @inlinable package mutating func take(_ count: Int) throws(UnpackError) -> UnsafeRawBufferPointer {
        guard count >= 0, bytes.count - position >= count else { throw UnpackError(detail: "the bytes end too early") }
        defer { position += count }
        return UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
    }

    @inlinable package mutating func unsigned() throws(UnpackError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let byte = try tag()
            guard shift < 63 || byte <= 1 else { throw UnpackError(detail: "a number is too long") }
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
    }

    @inlinable package mutating func integer() throws(UnpackError) -> Int64 {
        let value = try unsigned()
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    @inlinable package mutating func int() throws(UnpackError) -> Int { Int(try integer()) }

    @inlinable package mutating func bool() throws(UnpackError) -> Bool {
        switch try tag() {
        case 0: return false
        case 1: return true
        default: throw UnpackError(detail: "neither yes nor no")
        }
    }

    @inlinable package mutating func length() throws(UnpackError) -> Int {
        guard let count = Int(exactly: try unsigned()) else { throw UnpackError(detail: "a length is too long") }
        return count
    }

    /// How many values follow. Each has a byte at least: a damaged length reserves no memory for what cannot follow.
    @inlinable package mutating func count() throws(UnpackError) -> Int {
        let count = try length()
        guard count <= left else { throw UnpackError(detail: "a list is too long") }
        return count
    }

    @inlinable package mutating func text() throws(UnpackError) -> String {
        String(decoding: try take(try length()), as: UTF8.self)
    }

    @inlinable package mutating func data() throws(UnpackError) -> [UInt8] { Array(try take(try length())) }

    @inlinable package mutating func optional<Value>(
        _ body: (inout Unpacker) throws(UnpackError) -> Value
    ) throws(UnpackError) -> Value? {
        try bool() ? try body(&self) : nil
    }
}
