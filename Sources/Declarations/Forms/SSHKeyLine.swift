// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

/// An OpenSSH public key line (`TYPE BASE64 [COMMENT]`), as far as a declaration must judge it (RFC 4253, 6.6; RFC 8709; RFC 5656).
struct SSHKeyLine: Hashable, Sendable {
    var type: String
    var blob: [UInt8]  // the key: what is compared

    enum Problem: Error, Equatable {
        case malformed(String)
        case weak(String)
    }

    init(_ line: String) throws(Problem) {
        guard !line.contains("PRIVATE KEY") else { throw .malformed("this is a private key: it must never be in a repository") }
        guard !line.utf8.contains(where: { $0 == 0x0a || $0 == 0x0d || $0 == 0x09 }) else {
            throw .malformed("a public key is one line: TYPE BASE64 [COMMENT]")
        }
        let parts = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count >= 2, !parts[0].isEmpty else {
            throw .malformed("a public key is one line: TYPE BASE64 [COMMENT], as in a .pub file")
        }
        type = String(parts[0])
        if type.hasSuffix("-cert-v01@openssh.com") {
            throw .malformed("OpenSSH certificates are not accepted: declare the key itself")
        }
        guard let blob = Base64.decode(parts[1].utf8) else { throw .malformed("the second word is not base64") }
        self.blob = blob
        var reader = WireReader(blob)
        guard let inner = reader.string(), inner.elementsEqual(type.utf8) else {
            throw .malformed("the key inside is not of type \(type)")
        }
        switch type {
        case "ssh-ed25519":
            guard reader.string()?.count == 32, reader.isAtEnd else { throw .malformed("not an ed25519 key") }
        case "sk-ssh-ed25519@openssh.com":
            guard reader.string()?.count == 32, let application = reader.string(), !application.isEmpty, reader.isAtEnd
            else { throw .malformed("not an ed25519 key of a security key") }
        case "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384":
            guard let curve = reader.string(), curve.elementsEqual(type.utf8.dropFirst("ecdsa-sha2-".utf8.count)),
                let point = reader.string(), point.first == 4, point.count == (type.hasSuffix("256") ? 65 : 97),
                reader.isAtEnd
            else { throw .malformed("not an uncompressed point on its curve") }
        case "ssh-rsa":
            guard reader.string() != nil, let modulus = reader.string(), reader.isAtEnd else {
                throw .malformed("not an RSA key")
            }
            let bits = Self.bits(modulus)
            guard bits >= 3072 else { throw .weak("RSA of \(bits) bits: 3072 are the least") }
            guard bits <= 16384 else { throw .malformed("RSA of \(bits) bits: 16384 are the most") }
        case "ecdsa-sha2-nistp521", "ssh-dss":
            throw .weak("\(type) keys are not accepted: use ssh-ed25519")
        default:
            throw .malformed(
                "keys of this type are not accepted: use ssh-ed25519, sk-ssh-ed25519@openssh.com, ecdsa-sha2-nistp256, ecdsa-sha2-nistp384 or ssh-rsa (3072 bits)")
        }
    }

    private static func bits(_ modulus: ArraySlice<UInt8>) -> Int {
        let digits = modulus.drop { $0 == 0 }
        guard let first = digits.first else { return 0 }
        return digits.count * 8 - first.leadingZeroBitCount
    }
}

/// Strings of the SSH wire format (RFC 4251, 5): a 32-bit length, then as many bytes.
private struct WireReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func string() -> ArraySlice<UInt8>? {
        guard rest.count >= 4 else { return nil }
        let length = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
        guard rest.count - 4 >= length else { return nil }
        let bytes = rest.dropFirst(4).prefix(length)
        rest = rest.dropFirst(4 + length)
        return bytes
    }
}

/// Base64 with padding (RFC 4648, 4), strict: no white space, no bits set behind the end.
enum Base64 {
    static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        guard !text.isEmpty, text.count % 4 == 0, text.count <= 16_384 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3)
        var bits: UInt32 = 0
        var (count, padding) = (0, 0)
        for character in text {
            let value: UInt8
            switch character {
            case 0x41...0x5a: value = character - 0x41
            case 0x61...0x7a: value = character - 0x61 + 26
            case 0x30...0x39: value = character - 0x30 + 52
            case 0x2b: value = 62
            case 0x2f: value = 63
            case 0x3d:
                (value, padding) = (0, padding + 1)
            default: return nil
            }
            if padding > 0, character != 0x3d || padding > 2 { return nil }
            bits = bits << 6 | UInt32(value)
            count += 1
            if count % 4 == 0 {
                bytes += [UInt8(truncatingIfNeeded: bits >> 16), UInt8(truncatingIfNeeded: bits >> 8), UInt8(truncatingIfNeeded: bits)]
                if padding > 0 {
                    guard bytes.suffix(padding).allSatisfy({ $0 == 0 }) else { return nil }
                    bytes.removeLast(padding)
                }
                bits = 0
            }
        }
        return bytes
    }
}
