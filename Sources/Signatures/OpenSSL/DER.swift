// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

/// The little of DER (X.690) that turns SSH's keys and signatures into what OpenSSL reads.
enum DER {
    /// An ECDSA signature: SEQUENCE { r, s }.
    static func signature(r: [UInt8], s: [UInt8]) -> [UInt8] { value(0x30, integer(r) + integer(s)) }

    /// SubjectPublicKeyInfo of an uncompressed point (RFC 5480).
    static func publicKey(_ curve: PublicKey.Curve, point: [UInt8]) -> [UInt8] {
        let name: [UInt8] =
            switch curve {
            case .p256: [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07]
            case .p384: [0x2b, 0x81, 0x04, 0x00, 0x22]
            case .p521: [0x2b, 0x81, 0x04, 0x00, 0x23]
            }
        let ecPublicKey: [UInt8] = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01]
        return value(0x30, value(0x30, value(0x06, ecPublicKey) + value(0x06, name)) + value(0x03, [0] + point))
    }

    /// SubjectPublicKeyInfo of an RSA key (RFC 3279, 2.3.1).
    static func publicKey(exponent: [UInt8], modulus: [UInt8]) -> [UInt8] {
        let rsaEncryption: [UInt8] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01]
        let key = value(0x30, integer(modulus) + integer(exponent))
        return value(0x30, value(0x30, value(0x06, rsaEncryption) + value(0x05, [])) + value(0x03, [0] + key))
    }

    /// - Parameter bytes: positive, big-endian, without leading zeros.
    private static func integer(_ bytes: [UInt8]) -> [UInt8] {
        value(0x02, (bytes.first ?? 0x80) >= 0x80 ? [0] + bytes : bytes)
    }

    private static func value(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        if content.count < 0x80 { return [tag, UInt8(content.count)] + content }
        var (length, rest): ([UInt8], Int) = ([], content.count)
        while rest > 0 {
            length.insert(UInt8(truncatingIfNeeded: rest), at: 0)
            rest >>= 8
        }
        return [tag, 0x80 | UInt8(length.count)] + length + content
    }
}
