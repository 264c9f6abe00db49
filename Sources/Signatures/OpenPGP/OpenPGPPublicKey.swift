// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Vocabulary

/// A public key packet of version 4 (RFC 9580, 5.5.2.2).
struct OpenPGPPublicKey: Hashable, Sendable {
    /// 40 upper-case hex digits, as `gpg --fingerprint` shows them, without spaces.
    let fingerprint: String
    let created: Timestamp
    let algorithm: UInt8
    /// The same key as SSH writes it, so that there is one rule for what is strong enough; nil for what signs nothing here.
    let key: PublicKey?
    /// As it stands in what certifications and bindings are over.
    let hashed: [UInt8]

    enum Algorithm {
        static let rsa: UInt8 = 1, rsaSignOnly: UInt8 = 3, dsa: UInt8 = 17, ecdsa: UInt8 = 19, eddsa: UInt8 = 22,
            ed25519: UInt8 = 27
    }

    /// nil for another version, and for a key that is cut off.
    init?(body: [UInt8]) {
        var reader = WireReader(body)
        guard body.count <= 0xffff, reader.byte() == 4, let created = reader.uint32(), let algorithm = reader.byte()
        else {
            return nil
        }
        hashed = [0x99, UInt8(body.count >> 8), UInt8(body.count & 0xff)] + body
        fingerprint = Hex.encode(MessageDigest.hash(hashed, .sha1)).uppercased()
        self.created = Timestamp(secondsSince1970: Int64(created))
        self.algorithm = algorithm
        key = Self.wireForm(algorithm, &reader).flatMap { reader.isAtEnd ? try? PublicKey(blob: $0) : nil }
    }

    var strength: PublicKey.Strength {
        key?.strength
            ?? .unsupported(
                "OpenPGP keys of kind \(algorithm) are not verified; ed25519, NIST P-256 and P-384, and RSA are")
    }

    private static func wireForm(_ algorithm: UInt8, _ reader: inout WireReader) -> [UInt8]? {
        switch algorithm {
        case Algorithm.rsa, Algorithm.rsaSignOnly:
            guard let modulus = reader.multiprecision(), let exponent = reader.multiprecision() else { return nil }
            return Wire.string("ssh-rsa") + Wire.positiveInteger(exponent) + Wire.positiveInteger(modulus)
        case Algorithm.dsa:
            _ = reader.rest()
            return Wire.string("ssh-dss")
        case Algorithm.ecdsa:
            guard let size = reader.byte(), let name = reader.take(Int(size)), let curve = curves[Array(name)],
                let point = reader.multiprecision()
            else { return nil }
            return Wire.string("ecdsa-sha2-" + curve.rawValue) + Wire.string(curve.rawValue) + Wire.string(point)
        case Algorithm.eddsa:
            guard let size = reader.byte(), let name = reader.take(Int(size)), Array(name) == ed25519,
                let point = reader.multiprecision(), point.count == 33, point.first == 0x40
            else { return nil }
            return Wire.string("ssh-ed25519") + Wire.string(Array(point.dropFirst()))
        case Algorithm.ed25519:
            guard let point = reader.take(32) else { return nil }
            return Wire.string("ssh-ed25519") + Wire.string(Array(point))
        default: return nil
        }
    }

    private static let curves: [[UInt8]: PublicKey.Curve] = [
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07]: .p256, [0x2b, 0x81, 0x04, 0x00, 0x22]: .p384,
        [0x2b, 0x81, 0x04, 0x00, 0x23]: .p521,
    ]
    private static let ed25519: [UInt8] = [0x2b, 0x06, 0x01, 0x04, 0x01, 0xda, 0x47, 0x0f, 0x01]
}

extension Wire {
    /// Positive, big-endian, without leading zeros.
    static func positiveInteger(_ bytes: [UInt8]) -> [UInt8] {
        string(bytes.first.map { $0 >= 0x80 } ?? false ? [0] + bytes : bytes)
    }
}
