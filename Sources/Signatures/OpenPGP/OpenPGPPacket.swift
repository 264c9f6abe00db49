// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

/// One packet of OpenPGP (RFC 9580, 4.2), its length known beforehand.
struct OpenPGPPacket {
    enum Tag {
        static let signature: UInt8 = 2, secretKey: UInt8 = 5, publicKey: UInt8 = 6, secretSubkey: UInt8 = 7
        static let userID: UInt8 = 13, publicSubkey: UInt8 = 14, userAttribute: UInt8 = 17
    }
    var tag: UInt8
    var body: [UInt8]

    /// Far above what people's keys have; a file with more is not taken apart.
    static let most = 4000

    /// nil where something is cut off, has a length that is told in parts or not at all, or there are too many.
    static func all(in bytes: [UInt8]) -> [OpenPGPPacket]? {
        var (reader, packets) = (WireReader(bytes), [OpenPGPPacket]())
        while !reader.isAtEnd {
            guard packets.count < most, let packet = next(&reader) else { return nil }
            packets.append(packet)
        }
        return packets
    }

    private static func next(_ reader: inout WireReader) -> OpenPGPPacket? {
        guard let first = reader.byte(), first & 0x80 != 0 else { return nil }
        let (tag, length): (UInt8, Int?)
        if first & 0x40 != 0 {
            (tag, length) = (first & 0x3f, newLength(&reader))
        } else {
            tag = first >> 2 & 0x0f
            length =
                switch first & 3 {
                case 0: reader.byte().map(Int.init)
                case 1: reader.uint16()
                case 2: reader.uint32().map(Int.init)
                default: nil
                }
        }
        guard let length, let body = reader.take(length) else { return nil }
        return OpenPGPPacket(tag: tag, body: Array(body))
    }

    private static func newLength(_ reader: inout WireReader) -> Int? {
        guard let first = reader.byte() else { return nil }
        switch first {
        case 0..<192: return Int(first)
        case 192..<224: return reader.byte().map { (Int(first) - 192) << 8 + Int($0) + 192 }
        case 255: return reader.uint32().map(Int.init)
        default: return nil
        }
    }
}

extension WireReader {
    mutating func uint16() -> Int? { take(2)?.reduce(0) { $0 << 8 | Int($1) } }

    /// A multiprecision integer of OpenPGP (RFC 9580, 3.2), without leading zeros; nil where its bits are counted wrongly.
    mutating func multiprecision() -> [UInt8]? {
        guard let bits = uint16(), let bytes = take((bits + 7) / 8) else { return nil }
        guard let first = bytes.first else { return [] }
        return bits == bytes.count * 8 - first.leadingZeroBitCount ? Array(bytes) : nil
    }

    mutating func rest() -> [UInt8] { take(remaining).map(Array.init) ?? [] }
}
