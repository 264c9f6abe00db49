// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

/// A git object id (SHA-1): 20 bytes, shown as 40 lower-case hex digits.
package struct ObjectID: Hashable, Comparable, Sendable {
    @usableFromInline let high: UInt64, middle: UInt64, low: UInt32

    package init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 20 else { return nil }
        if let value = bytes.withContiguousStorageIfAvailable({ Self(raw: UnsafeRawBufferPointer($0)) }) {
            guard let value else { return nil }
            self = value
            return
        }
        var words: (UInt64, UInt64, UInt32) = (0, 0, 0)
        for (index, byte) in bytes.enumerated() {
            switch index / 8 {
            case 0: words.0 = words.0 << 8 | UInt64(byte)
            case 1: words.1 = words.1 << 8 | UInt64(byte)
            default: words.2 = words.2 << 8 | UInt32(byte)
            }
        }
        (high, middle, low) = words
    }

    /// nil unless there are exactly 20 bytes. Inlined, because stores read them by the hundred thousand.
    @inlinable package init?(raw: UnsafeRawBufferPointer) {
        guard raw.count == 20 else { return nil }
        high = UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: 0, as: UInt64.self))
        middle = UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        low = UInt32(bigEndian: raw.loadUnaligned(fromByteOffset: 16, as: UInt32.self))
    }

    /// nil unless `hex` is exactly 40 lower-case hex digits.
    package init?(hex: some StringProtocol) {
        guard let bytes = Hex.decode(hex), let value = Self(bytes: bytes) else { return nil }
        self = value
    }

    package var bytes: [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: high >> (56 - 8 * UInt64($0))) }
            + (0..<8).map { UInt8(truncatingIfNeeded: middle >> (56 - 8 * UInt64($0))) }
            + (0..<4).map { UInt8(truncatingIfNeeded: low >> (24 - 8 * UInt32($0))) }
    }
    package var hex: String { Hex.encode(bytes) }
    /// The first seven digits: for people, never for a decision.
    package var short: String { String(hex.prefix(7)) }

    package static func < (left: Self, right: Self) -> Bool {
        (left.high, left.middle, left.low) < (right.high, right.middle, right.low)
    }
}

extension ObjectID: CustomStringConvertible {
    package var description: String { hex }
}

extension ObjectID: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let value = Self(hex: try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not 40 lower-case hex digits")
        }
        self = value
    }
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(hex)
    }
}
