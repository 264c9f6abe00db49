// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Vocabulary

/// What a key's fingerprint is over: its public part in the SSH wire encoding.
package enum PublicKeyBlob {}
package typealias KeyFingerprint = Digest<PublicKeyBlob>

/// An OpenSSH public key (sshd(8), AUTHORIZED_KEYS FILE FORMAT; RFC 4253, 6.6; PROTOCOL.u2f). Equal by its blob.
package struct PublicKey: Sendable {
    /// `ssh-ed25519`
    package let type: String
    package let blob: [UInt8]
    package let fingerprint: KeyFingerprint
    /// What follows the key on its line: for people. Empty for a key out of a signature.
    package let comment: String
    package let material: Material

    /// The decoded key, by what is needed to verify with it.
    package enum Material: Hashable, Sendable {
        case ed25519([UInt8])
        /// A security key's: signs over its application, too.
        case securityEd25519([UInt8], application: [UInt8])
        case ecdsa(Curve, point: [UInt8])
        case securityECDSA(point: [UInt8], application: [UInt8])
        case rsa(exponent: [UInt8], modulus: [UInt8])
        case dsa
        /// An OpenSSH certificate: somebody else's statement about a key.
        case certificate
        case unknown
    }
    package enum Curve: String, Hashable, Sendable {
        case p256 = "nistp256"
        case p384 = "nistp384"
        case p521 = "nistp521"
    }

    package enum Strength: Hashable, Sendable {
        case sound
        /// Never to be relied on, with why.
        case weak(String)
        /// Not verified here, with why.
        case unsupported(String)
    }

    /// As `ssh-keygen -l` shows it: `SHA256:` and base64 without padding.
    package var fingerprintText: String {
        "SHA256:" + String(decoding: Base64.encode(fingerprint.bytes).filter { $0 != 0x3d }, as: UTF8.self)
    }

    /// `type base64`, without comment.
    package var line: String { "\(type) \(String(decoding: Base64.encode(blob), as: UTF8.self))" }
}

extension PublicKey: Hashable {
    package static func == (left: Self, right: Self) -> Bool { left.blob == right.blob }
    package func hash(into hasher: inout Hasher) { hasher.combine(fingerprint) }
}

extension PublicKey: CustomStringConvertible {
    package var description: String { "\(type) \(fingerprintText)" }
}

/// Why a line or blob is no key.
package struct PublicKeyError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable { case notAKeyLine, malformed, privateKey }
    package var code: Code
    package var description: String
}

extension PublicKey {
    /// Parses `type base64 [comment]`: one line, a line feed may end it; options before the type are not taken.
    package init(line: some StringProtocol) throws(PublicKeyError) {
        var text = Substring(line)
        if text.utf8.last == 0x0a { text = Substring(text.unicodeScalars.dropLast()) }
        if text.contains("PRIVATE KEY") {
            throw PublicKeyError(
                code: .privateKey, description: "this is a private key; the public one is in the .pub file")
        }
        let parts = text.utf8.split(separator: 0x20, maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count >= 2, !parts[0].isEmpty, !text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) else {
            throw PublicKeyError(
                code: .notAKeyLine, description: "expected one line like `ssh-ed25519 AAAA… comment`")
        }
        guard let blob = Base64.decode(parts[1]) else {
            throw PublicKeyError(code: .malformed, description: "the key is not base64")
        }
        try self.init(blob: blob, comment: parts.count == 3 ? String(Substring(parts[2])) : "")
        guard parts[0].elementsEqual(type.utf8) else {
            throw PublicKeyError(
                code: .malformed, description: "the line says \(Shown.text(Substring(parts[0]))), the key \(type)")
        }
    }

    /// Parses the wire form; nothing may be left over.
    package init(blob: [UInt8], comment: String = "") throws(PublicKeyError) {
        var reader = WireReader(blob)
        guard blob.count <= 16 << 10, let type = reader.name(), !type.isEmpty, type.utf8.count <= 64 else {
            throw PublicKeyError(code: .malformed, description: "the key does not begin with its type")
        }
        guard let material = Material(type: type, &reader) else {
            throw PublicKeyError(code: .malformed, description: "not a well-formed \(type) key")
        }
        self.type = type
        self.blob = blob
        self.comment = comment
        self.material = material
        fingerprint = KeyFingerprint(hashing: blob)
    }

    /// Whether a signature by it may count: RSA from 3072 bits, P-256, P-384 and Ed25519 do.
    package var strength: Strength {
        switch material {
        case .ed25519, .securityEd25519, .securityECDSA: .sound
        case .ecdsa(.p521, _): .weak("ecdsa-sha2-nistp521 is not accepted; use ssh-ed25519")
        case .ecdsa: .sound
        case .rsa(let exponent, let modulus): Self.rsaStrength(exponent: exponent, modulus: modulus)
        case .dsa: .weak("DSA is not accepted; use ssh-ed25519")
        case .certificate: .unsupported("an OpenSSH certificate is not accepted as a key; declare the key itself")
        case .unknown: .unsupported("keys of type \(type) are not known")
        }
    }

    private static func rsaStrength(exponent: [UInt8], modulus: [UInt8]) -> Strength {
        let bits = modulus.count * 8 - (modulus.first?.leadingZeroBitCount ?? 0)
        if bits < 3072 { return .weak("RSA with \(bits) bits is not accepted; 3072 or more, or ssh-ed25519") }
        // More makes each verification cost what a flood of them could abuse; an even exponent is no key.
        if bits > 16384 { return .unsupported("RSA with \(bits) bits is not accepted; at most 16384") }
        guard exponent.count <= 4, let last = exponent.last, last & 1 == 1, exponent != [1] else {
            return .weak("an RSA exponent like this is not accepted")
        }
        return .sound
    }
}

extension PublicKey.Material {
    fileprivate init?(type: String, _ reader: inout WireReader) {
        switch type {
        case "ssh-ed25519":
            guard let key = reader.string(), key.count == 32 else { return nil }
            self = .ed25519(key)
        case "sk-ssh-ed25519@openssh.com":
            guard let key = reader.string(), key.count == 32, let application = reader.string() else { return nil }
            self = .securityEd25519(key, application: application)
        case "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521":
            guard let name = reader.name(), type == "ecdsa-sha2-\(name)", let curve = PublicKey.Curve(rawValue: name),
                let point = reader.string(), Self.isUncompressed(point, curve)
            else { return nil }
            self = .ecdsa(curve, point: point)
        case "sk-ecdsa-sha2-nistp256@openssh.com":
            guard reader.name() == "nistp256", let point = reader.string(), Self.isUncompressed(point, .p256),
                let application = reader.string()
            else { return nil }
            self = .securityECDSA(point: point, application: application)
        case "ssh-rsa":
            guard let exponent = reader.positiveInteger(), let modulus = reader.positiveInteger() else { return nil }
            self = .rsa(exponent: exponent, modulus: modulus)
        case "ssh-dss":
            self = .dsa
            return
        default:
            // Their inner form is nobody's business here: they are never verified with.
            self = type.hasSuffix("-cert-v01@openssh.com") ? .certificate : .unknown
            return
        }
        guard reader.isAtEnd else { return nil }
    }

    private static func isUncompressed(_ point: [UInt8], _ curve: PublicKey.Curve) -> Bool {
        let size =
            switch curve {
            case .p256: 32
            case .p384: 48
            case .p521: 66
            }
        return point.count == 1 + 2 * size && point[0] == 4
    }
}
