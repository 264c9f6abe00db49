// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Vocabulary

/// A signature packet of version 4 (RFC 9580, 5.2.3), parsed and not yet verified.
struct OpenPGPSignature: Hashable, Sendable {
    struct Subpacket: Hashable, Sendable {
        var type: UInt8
        var isCritical: Bool
        var value: [UInt8]
    }
    enum Kind {
        static let creationTime: UInt8 = 2, expiration: UInt8 = 3, keyExpiration: UInt8 = 9, issuer: UInt8 = 16
        static let primaryUserID: UInt8 = 25, keyFlags: UInt8 = 27, signersUserID: UInt8 = 28,
            revocationReason: UInt8 = 29
        static let features: UInt8 = 30, embedded: UInt8 = 32, issuerFingerprint: UInt8 = 33
        /// Those whose meaning is held here. Any other that says that it must be understood makes its signature none.
        static let understood: Set<UInt8> = [
            creationTime, expiration, keyExpiration, issuer, primaryUserID, keyFlags, signersUserID, revocationReason,
            features,
            embedded, issuerFingerprint,
        ]
    }
    enum SignatureType {
        static let document: UInt8 = 0x00, directKey: UInt8 = 0x1f, subkeyBinding: UInt8 = 0x18,
            primaryBinding: UInt8 = 0x19
        static let keyRevocation: UInt8 = 0x20, subkeyRevocation: UInt8 = 0x28, certificationRevocation: UInt8 = 0x30
        static let certifications: ClosedRange<UInt8> = 0x10...0x13
    }

    let type: UInt8
    let algorithm: UInt8
    let hashAlgorithm: UInt8
    let hashed: [Subpacket]
    let unhashed: [Subpacket]
    /// The first two bytes of what was signed.
    let check: [UInt8]
    /// What the algorithm made of it.
    let value: [UInt8]
    /// What follows the data in what is hashed.
    let trailer: [UInt8]

    /// - Throws: `malformed`; `unsupported` for another version.
    init(body: [UInt8]) throws(SignatureRefusal) {
        var reader = WireReader(body)
        guard let version = reader.byte() else { throw .malformed("an OpenPGP signature that is empty") }
        guard version == 4 else {
            throw SignatureRefusal(code: .unsupported, message: "an OpenPGP signature of version \(version); 4 is read")
        }
        guard let type = reader.byte(), let algorithm = reader.byte(), let hashAlgorithm = reader.byte(),
            let count = reader.uint16(), let area = reader.take(count).map(Array.init),
            let hashed = Self.subpackets(area),
            let unhashedCount = reader.uint16(), let rest = reader.take(unhashedCount).map(Array.init),
            let unhashed = Self.subpackets(rest), let check = reader.take(2)
        else { throw .malformed("an OpenPGP signature that is cut off") }
        (self.type, self.algorithm, self.hashAlgorithm) = (type, algorithm, hashAlgorithm)
        (self.hashed, self.unhashed, self.check) = (hashed, unhashed, Array(check))
        value = reader.rest()
        let covered = [4, type, algorithm, hashAlgorithm, UInt8(count >> 8), UInt8(count & 0xff)] + area
        trailer = covered + [4, 0xff] + Wire.uint32(covered.count)
    }

    private static func subpackets(_ area: [UInt8]) -> [Subpacket]? {
        var (reader, found) = (WireReader(area), [Subpacket]())
        while !reader.isAtEnd {
            guard let first = reader.byte() else { return nil }
            let length: Int?
            switch first {
            case 0..<192: length = Int(first)
            case 255: length = reader.uint32().map(Int.init)
            default: length = reader.byte().map { (Int(first) - 192) << 8 + Int($0) + 192 }
            }
            guard let length, length > 0, let kind = reader.byte(), let value = reader.take(length - 1) else {
                return nil
            }
            found.append(Subpacket(type: kind & 0x7f, isCritical: kind & 0x80 != 0, value: Array(value)))
        }
        return found
    }
}

extension OpenPGPSignature {
    /// The one hashed subpacket of a kind; nil for none or several.
    func only(_ type: UInt8) -> [UInt8]? {
        let found = hashed.filter { $0.type == type }
        return found.count == 1 ? found[0].value : nil
    }

    private func seconds(_ type: UInt8) -> Int64? {
        guard let value = only(type), value.count == 4 else { return nil }
        return value.reduce(0) { $0 << 8 | Int64($1) }
    }

    var created: Timestamp? { seconds(Kind.creationTime).map { Timestamp(secondsSince1970: $0) } }

    /// How long the key that it is over is valid from its creation; 0 for ever.
    var keyLifetime: Int64 { seconds(Kind.keyExpiration) ?? 0 }

    /// Whether it says of itself that it ends, or has something that must be understood and is not.
    var isSimple: Bool {
        seconds(Kind.expiration) ?? 0 == 0 && hashed.allSatisfy { !$0.isCritical || Kind.understood.contains($0.type) }
            && hashed.count { $0.type == Kind.creationTime } == 1 && hashed.count { $0.type == Kind.keyExpiration } <= 1
    }

    /// 40 upper-case hex digits: whose it says that it is, in what is signed.
    var issuerFingerprint: String? {
        guard let value = only(Kind.issuerFingerprint), value.count == 21, value.first == 4 else { return nil }
        return Hex.encode(Array(value.dropFirst())).uppercased()
    }

    /// 16 upper-case hex digits: the end of a fingerprint, which older programs write instead.
    var issuerKeyID: String? {
        guard let value = (hashed + unhashed).first(where: { $0.type == Kind.issuer })?.value, value.count == 8 else {
            return nil
        }
        return Hex.encode(value).uppercased()
    }

    /// nil: no hash that is verified here.
    var hash: EVPKey.Hash? {
        switch hashAlgorithm {
        case 2: .sha1
        case 8: .sha256
        case 9: .sha384
        case 10: .sha512
        default: nil
        }
    }

    /// Whether two different texts with one digest are out of reach.
    var hasStrongHash: Bool { hash.map { $0 != .sha1 } ?? false }

    /// Whether `key` made it over `data`. Asks for no strength: what is weak can still take away.
    func holds(over data: [UInt8], by signer: OpenPGPPublicKey) -> Bool {
        guard let hash, let key = signer.key else { return false }
        guard algorithm == signer.algorithm || isRSA(algorithm) && isRSA(signer.algorithm) else { return false }
        let input = data + trailer
        guard MessageDigest.hash(input, hash).prefix(2).elementsEqual(check) else { return false }
        if case .ed25519(let raw) = key.material {
            guard let signature = edwards() else { return false }
            return Ed25519.verify(signature, over: MessageDigest.hash(input, hash), by: raw)
        }
        guard let verifier = VerifyingKeys.key(key) else { return false }
        switch key.material {
        case .ecdsa:
            guard let (r, s) = pair(most: 66) else { return false }
            return verifier.verify(DER.signature(r: r, s: s), over: input, hash: hash)
        case .rsa(_, let modulus):
            var reader = WireReader(value)
            guard let number = reader.multiprecision(), reader.isAtEnd, number.count <= modulus.count else {
                return false
            }
            let padded = [UInt8](repeating: 0, count: modulus.count - number.count) + number
            return verifier.verify(padded, over: input, hash: hash)
        case .ed25519, .securityEd25519, .securityECDSA, .dsa, .certificate, .unknown: return false
        }
    }

    private func isRSA(_ algorithm: UInt8) -> Bool {
        algorithm == OpenPGPPublicKey.Algorithm.rsa || algorithm == OpenPGPPublicKey.Algorithm.rsaSignOnly
    }

    /// Two numbers, neither of them zero.
    private func pair(most: Int) -> ([UInt8], [UInt8])? {
        var reader = WireReader(value)
        guard let r = reader.multiprecision(), let s = reader.multiprecision(), reader.isAtEnd,
            (1...most).contains(r.count), (1...most).contains(s.count)
        else { return nil }
        return (r, s)
    }

    private func edwards() -> [UInt8]? {
        if algorithm == OpenPGPPublicKey.Algorithm.ed25519 { return value.count == 64 ? value : nil }
        guard let (r, s) = pair(most: 32) else { return nil }
        return [UInt8](repeating: 0, count: 32 - r.count) + r + [UInt8](repeating: 0, count: 32 - s.count) + s
    }
}
