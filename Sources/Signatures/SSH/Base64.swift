// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

/// RFC 4648, section 4, in the one form in which each value has one text: padded, without white space, unused bits zero.
enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 0xff, count: 256)
        for (value, letter) in alphabet.enumerated() { values[Int(letter)] = UInt8(value) }
        return values
    }()

    static func encode(_ bytes: some Collection<UInt8>) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        var (group, count): (UInt32, Int) = (0, 0)
        func append(_ letters: Int) {
            for index in 0..<4 {
                text.append(index < letters ? alphabet[Int(group >> (18 - 6 * UInt32(index)) & 63)] : 0x3d)
            }
        }
        for byte in bytes {
            group |= UInt32(byte) << (16 - 8 * UInt32(count))
            count += 1
            if count == 3 {
                append(4)
                (group, count) = (0, 0)
            }
        }
        if count > 0 { append(count + 1) }
        return text
    }

    /// nil for anything but the canonical text.
    static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        guard text.count.isMultiple(of: 4) else { return nil }
        let padding = text.suffix(2).filter { $0 == 0x3d }.count
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3)
        var (group, count): (UInt32, Int) = (0, 0)
        for letter in text.dropLast(padding) {
            let value = values[Int(letter)]
            guard value != 0xff else { return nil }
            group = group << 6 | UInt32(value)
            count += 1
            if count == 4 {
                bytes.append(UInt8(truncatingIfNeeded: group >> 16))
                bytes.append(UInt8(truncatingIfNeeded: group >> 8))
                bytes.append(UInt8(truncatingIfNeeded: group))
                (group, count) = (0, 0)
            }
        }
        switch (padding, count) {
        case (0, 0): return bytes
        case (1, 3) where group & 3 == 0:
            return bytes + [UInt8(truncatingIfNeeded: group >> 10), UInt8(truncatingIfNeeded: group >> 2)]
        case (2, 2) where group & 15 == 0: return bytes + [UInt8(truncatingIfNeeded: group >> 4)]
        default: return nil
        }
    }
}
