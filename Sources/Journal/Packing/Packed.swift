// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Vocabulary

/// A value with a compact binary form of its own: ten thousand heads are read at each start.
protocol Packed {
    func pack(into packer: inout Packer)
    init(from unpacker: inout Unpacker) throws(UnpackError)
}

extension Packer {
    static func pack(_ value: some Packed) -> [UInt8] {
        var packer = Packer()
        packer.add(value)
        return packer.bytes
    }

    mutating func add(_ value: some Packed) { value.pack(into: &self) }
    mutating func add(_ value: (some Packed)?) { add(value) { $0.add($1) } }

    mutating func add(_ values: [some Packed]) {
        add(UInt64(values.count))
        for value in values { add(value) }
    }
}

extension Unpacker {
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

    mutating func value<Value: Packed>(_: Value.Type = Value.self) throws(UnpackError) -> Value {
        try Value(from: &self)
    }

    mutating func optional<Value: Packed>(_: Value.Type = Value.self) throws(UnpackError) -> Value? {
        try bool() ? try Value(from: &self) : nil
    }

    mutating func list<Value: Packed>(_: Value.Type = Value.self) throws(UnpackError) -> [Value] {
        let count = try count()
        var values: [Value] = []
        values.reserveCapacity(count)
        for _ in 0..<count { values.append(try Value(from: &self)) }
        return values
    }
}
