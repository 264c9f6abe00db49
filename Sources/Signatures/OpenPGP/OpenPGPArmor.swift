// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

/// The text around OpenPGP's packets (RFC 9580, 6).
enum OpenPGPArmor {
    static let beginSignature = "-----BEGIN PGP SIGNATURE-----"
    static let endSignature = "-----END PGP SIGNATURE-----"
    private static let width = 64

    /// The one text that GnuPG writes for a signature: no armor headers, an empty line, base64 in lines of 64 columns, the checksum
    /// (which may be absent), the last line, nothing after it.
    static func signature(_ armor: [UInt8]) throws(SignatureRefusal) -> [UInt8] {
        guard armor.count <= 64 << 10 else { throw .malformed("a signature of \(armor.count) bytes") }
        let lines = armor.split(separator: 0x0a, omittingEmptySubsequences: false)
        guard lines.count >= 4, lines[0].elementsEqual(beginSignature.utf8) else {
            throw .malformed("it does not begin with \(beginSignature)")
        }
        guard lines[1].isEmpty else {
            throw .malformed(
                "its armor has headers, such as Comment or Version (gpg.conf: no-comments, no-emit-version)")
        }
        guard let last = lines.last, last.elementsEqual(endSignature.utf8) else {
            throw .malformed("something stands after its end, or it has none")
        }
        var body = lines[2..<(lines.count - 1)]
        var checksum: [UInt8]?
        if let line = body.last, line.first == 0x3d {
            checksum = Base64.decode(line.dropFirst())
            guard checksum?.count == 3 else { throw .malformed("the checksum of its armor is none") }
            body.removeLast()
        }
        guard let tail = body.last, (1...width).contains(tail.count), body.dropLast().allSatisfy({ $0.count == width }),
            let bytes = Base64.decode(body.joined())
        else { throw .malformed("its armor is not canonical: base64 in lines of \(width) columns") }
        guard checksum.map({ $0 == crc24(bytes) }) ?? true else {
            throw .malformed("the checksum of its armor is wrong")
        }
        return bytes
    }

    /// What a forge or another program wrote, for reading history: armor headers, other line lengths, blank lines at the end.
    static func foreignSignature(_ armor: [UInt8]) -> [UInt8]? {
        guard armor.count <= 64 << 10 else { return nil }
        let blocks = blocks(armor, named: "SIGNATURE")
        return blocks.count == 1 ? blocks[0] : nil
    }

    /// The content of each `PGP PUBLIC KEY BLOCK`; a file without armor is its own content.
    static func publicKeys(_ file: [UInt8]) -> [UInt8]? {
        if let first = file.first, first & 0x80 != 0 { return file }
        let blocks = blocks(file, named: "PUBLIC KEY BLOCK")
        return blocks.isEmpty ? nil : Array(blocks.joined())
    }

    private static func blocks(_ text: [UInt8], named name: String) -> [[UInt8]] {
        let (begin, end) = (Array("-----BEGIN PGP \(name)-----".utf8), Array("-----END PGP \(name)-----".utf8))
        var (blocks, body, isHeader): ([[UInt8]], [UInt8]?, Bool) = ([], nil, false)
        for raw in text.split(separator: 0x0a, omittingEmptySubsequences: false) {
            var line = raw
            while let last = line.last, last == 0x0d || last == 0x20 || last == 0x09 { line.removeLast() }
            if line.elementsEqual(begin) {
                (body, isHeader) = ([], true)
            } else if line.elementsEqual(end) {
                if let body, let bytes = Base64.decode(body) { blocks.append(bytes) }
                body = nil
            } else if isHeader {
                isHeader = !line.isEmpty
            } else if line.first != 0x3d {
                body?.append(contentsOf: line)
            }
        }
        return blocks
    }

    /// RFC 9580, 6.1.1.
    private static func crc24(_ bytes: [UInt8]) -> [UInt8] {
        var crc: UInt32 = 0xb704ce
        for byte in bytes {
            crc ^= UInt32(byte) << 16
            for _ in 0..<8 {
                crc <<= 1
                if crc & 0x100_0000 != 0 { crc ^= 0x186_4cfb }
            }
        }
        return [
            UInt8(truncatingIfNeeded: crc >> 16), UInt8(truncatingIfNeeded: crc >> 8), UInt8(truncatingIfNeeded: crc),
        ]
    }
}
