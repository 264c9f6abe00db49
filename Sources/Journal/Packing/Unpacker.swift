// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

/// Reads what `Packer` wrote, in the same order. Borrows the bytes: use it only inside the closure that gave them.
struct Unpacker {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    static func unpack<Value: Packed>(_: Value.Type, from bytes: UnsafeRawBufferPointer) throws(UnpackError) -> Value {
        var unpacker = Unpacker(bytes)
        let value = try unpacker.value(Value.self)
        guard unpacker.isAtEnd else { throw UnpackError(detail: "\(Value.self): bytes are left over") }
        return value
    }

    static func unpack<Value: Packed>(_: Value.Type, from bytes: [UInt8]) throws(UnpackError) -> Value {
        let result: Result<Value, UnpackError> = bytes.withUnsafeBytes { raw in
            do throws(UnpackError) { return .success(try unpack(Value.self, from: raw)) } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    var isAtEnd: Bool { position == bytes.count }

    mutating func value<Value: Packed>(_: Value.Type = Value.self) throws(UnpackError) -> Value {
        try Value(from: &self)
    }

    mutating func tag() throws(UnpackError) -> UInt8 {
        guard position < bytes.count else { throw UnpackError(detail: "the bytes end too early") }
        defer { position += 1 }
        return bytes[position]
    }

    mutating func take(_ count: Int) throws(UnpackError) -> UnsafeRawBufferPointer {
        guard count >= 0, bytes.count - position >= count else { throw UnpackError(detail: "the bytes end too early") }
        defer { position += count }
        return UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
    }

    mutating func unsigned() throws(UnpackError) -> UInt64 {
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

    mutating func integer() throws(UnpackError) -> Int64 {
        let value = try unsigned()
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    mutating func int() throws(UnpackError) -> Int { Int(try integer()) }

    mutating func bool() throws(UnpackError) -> Bool {
        switch try tag() {
        case 0: return false
        case 1: return true
        default: throw UnpackError(detail: "neither yes nor no")
        }
    }

    private mutating func length() throws(UnpackError) -> Int {
        guard let count = Int(exactly: try unsigned()) else { throw UnpackError(detail: "a length is too long") }
        return count
    }

    mutating func text() throws(UnpackError) -> String { String(decoding: try take(try length()), as: UTF8.self) }

    mutating func data() throws(UnpackError) -> [UInt8] { Array(try take(try length())) }

    mutating func optional<Value>(
        _ body: (inout Unpacker) throws(UnpackError) -> Value
    ) throws(UnpackError) -> Value? {
        try bool() ? try body(&self) : nil
    }

    mutating func optional<Value: Packed>(_: Value.Type = Value.self) throws(UnpackError) -> Value? {
        try bool() ? try Value(from: &self) : nil
    }

    mutating func list<Value: Packed>(_: Value.Type = Value.self) throws(UnpackError) -> [Value] {
        let count = try length()
        // Each element has a byte at least: a damaged length reserves no memory for what cannot follow.
        guard count <= bytes.count - position else { throw UnpackError(detail: "a list is too long") }
        var values: [Value] = []
        values.reserveCapacity(count)
        for _ in 0..<count { values.append(try Value(from: &self)) }
        return values
    }
}
