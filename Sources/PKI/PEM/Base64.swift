// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

/// Base64 of RFC 4648, 4, into and out of memory that the caller owns (and cleanses, where it is a key's).
enum Base64 {
    /// For each of the four places of a quantum the digit already shifted; bit 31 marks what is no digit. Four
    /// look-ups and three ORs then decode three bytes.
    static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0x8000_0000, count: 4 * 256)
        for (value, digit) in digits.enumerated() {
            for place in 0..<4 { tables[place * 256 + Int(digit)] = UInt32(value) << UInt32(18 - 6 * place) }
        }
        return tables
    }()
    static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// Decodes one line at a time, since a quantum may go over the end of a line.
    struct Decoder {
        private let tables: UnsafePointer<UInt32>
        private let output: UnsafeMutablePointer<UInt8>
        private let capacity: Int
        private(set) var count = 0
        private var pending: UInt32 = 0
        private var held = 0  // digits in `pending`
        private var padding = 0

        /// `output` must have room for three bytes in every four characters, and three more.
        init(tables: UnsafePointer<UInt32>, output: UnsafeMutablePointer<UInt8>, capacity: Int) {
            self.tables = tables
            self.output = output
            self.capacity = capacity
        }

        /// False at the first character that is no digit, or stands after padding.
        mutating func line(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
            guard let base = text.baseAddress else { return true }
            var index = 0
            if held == 0, padding == 0 {
                while index &+ 4 <= text.count, count &+ 3 <= capacity {
                    let bits =
                        tables[Int(base[index])] | tables[256 &+ Int(base[index &+ 1])]
                        | tables[512 &+ Int(base[index &+ 2])] | tables[768 &+ Int(base[index &+ 3])]
                    if bits & 0x8000_0000 != 0 { break }  // padding or a fault: looked at one by one
                    output[count] = UInt8(truncatingIfNeeded: bits >> 16)
                    output[count &+ 1] = UInt8(truncatingIfNeeded: bits >> 8)
                    output[count &+ 2] = UInt8(truncatingIfNeeded: bits)
                    count &+= 3
                    index &+= 4
                }
            }
            while index < text.count {
                guard take(base[index]) else { return false }
                index += 1
            }
            return true
        }

        /// False unless the text ended with a whole quantum and no bits are lost: each DER has one text.
        func isComplete() -> Bool {
            switch (held, padding) {
            case (0, 0): true
            case (2, 2): pending & 0xf == 0
            case (3, 1): pending & 0x3 == 0
            default: false
            }
        }

        /// The bytes of a last quantum that has padding.
        mutating func finish() -> Bool {
            guard isComplete(), count + 2 <= capacity else { return false }
            if held == 2 {
                output[count] = UInt8(truncatingIfNeeded: pending >> 4)
                count += 1
            } else if held == 3 {
                output[count] = UInt8(truncatingIfNeeded: pending >> 10)
                output[count + 1] = UInt8(truncatingIfNeeded: pending >> 2)
                count += 2
            }
            pending = 0
            return true
        }

        private mutating func take(_ character: UInt8) -> Bool {
            if character == 0x3d {
                padding += 1
                return held >= 2 && held + padding <= 4
            }
            let value = tables[768 + Int(character)]
            guard padding == 0, value & 0x8000_0000 == 0, count + 3 <= capacity else { return false }
            pending = pending << 6 | value
            held += 1
            if held == 4 {
                output[count] = UInt8(truncatingIfNeeded: pending >> 16)
                output[count + 1] = UInt8(truncatingIfNeeded: pending >> 8)
                output[count + 2] = UInt8(truncatingIfNeeded: pending)
                count += 3
                (pending, held) = (0, 0)
            }
            return true
        }
    }

    /// How many characters `bytes` bytes take in lines of 64 with a newline each.
    static func linesLength(of bytes: Int) -> Int {
        let characters = (bytes + 2) / 3 * 4
        return characters + (characters + 63) / 64
    }

    /// Writes lines of 64 characters, the last one shorter, each with a newline; `output` has `linesLength` room.
    static func writeLines(of bytes: UnsafeRawBufferPointer, to output: UnsafeMutablePointer<UInt8>) {
        var written = 0
        var index = 0
        var column = 0
        digits.withUnsafeBufferPointer { digits in
            while index < bytes.count {
                let left = bytes.count - index
                let quantum =
                    UInt32(bytes[index]) << 16 | (left > 1 ? UInt32(bytes[index + 1]) << 8 : 0)
                    | (left > 2 ? UInt32(bytes[index + 2]) : 0)
                output[written] = digits[Int(quantum >> 18 & 63)]
                output[written + 1] = digits[Int(quantum >> 12 & 63)]
                output[written + 2] = left > 1 ? digits[Int(quantum >> 6 & 63)] : 0x3d
                output[written + 3] = left > 2 ? digits[Int(quantum & 63)] : 0x3d
                written += 4
                column += 4
                index += 3
                if column == 64 || index >= bytes.count {
                    output[written] = 0x0a
                    written += 1
                    column = 0
                }
            }
        }
    }
}
