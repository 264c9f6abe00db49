// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Vocabulary

/// A primary key with all that stands under it in a file: what it says of itself and of its subkeys, nothing verified yet.
struct OpenPGPCertificate: Sendable {
    private typealias Kind = OpenPGPSignature.Kind
    private typealias SignatureType = OpenPGPSignature.SignatureType

    /// What signatures stand under: the key itself, a user ID, a subkey.
    private struct Component: Sendable {
        /// As it follows the primary key in what is hashed; empty for the key itself.
        var hashed: [UInt8]
        var subkey: OpenPGPPublicKey?
        var signatures: [OpenPGPSignature] = []
    }
    let primary: OpenPGPPublicKey
    private var own = Component(hashed: [])
    private var userIDs: [Component] = []
    private var subkeys: [Component] = []

    private init(_ primary: OpenPGPPublicKey) { self.primary = primary }

    /// What is not of version 4 is passed over with all that stands under it.
    static func all(in packets: [OpenPGPPacket]) -> [OpenPGPCertificate] {
        var (found, current): ([OpenPGPCertificate], OpenPGPCertificate?) = ([], nil)
        var place = Place.nowhere
        for packet in packets {
            switch packet.tag {
            case OpenPGPPacket.Tag.publicKey:
                if let current { found.append(current) }
                current = OpenPGPPublicKey(body: packet.body).map(OpenPGPCertificate.init)
                place = .own
            case OpenPGPPacket.Tag.userID, OpenPGPPacket.Tag.userAttribute:
                let mark: UInt8 = packet.tag == OpenPGPPacket.Tag.userID ? 0xb4 : 0xd1
                current?.userIDs.append(Component(hashed: [mark] + Wire.uint32(packet.body.count) + packet.body))
                place = .userID
            case OpenPGPPacket.Tag.publicSubkey:
                let subkey = OpenPGPPublicKey(body: packet.body)
                if let subkey { current?.subkeys.append(Component(hashed: subkey.hashed, subkey: subkey)) }
                place = subkey == nil ? .nowhere : .subkey
            case OpenPGPPacket.Tag.signature:
                guard let signature = try? OpenPGPSignature(body: packet.body) else { continue }
                current?.add(signature, at: place)
            default: break
            }
        }
        if let current { found.append(current) }
        return found
    }

    private enum Place { case own, userID, subkey, nowhere }

    private mutating func add(_ signature: OpenPGPSignature, at place: Place) {
        switch place {
        case .own: own.signatures.append(signature)
        case .userID: userIDs[userIDs.count - 1].signatures.append(signature)
        case .subkey: subkeys[subkeys.count - 1].signatures.append(signature)
        case .nowhere: break
        }
    }

    func joined(with other: Self) -> Self {
        var joined = self
        joined.own.signatures += other.own.signatures
        joined.userIDs += other.userIDs
        joined.subkeys += other.subkeys
        return joined
    }
}

extension OpenPGPCertificate {
    /// Verifies what the key says of itself and its subkeys.
    func signingKeys() throws(OpenPGPKeyError) -> [OpenPGPSigningKey] {
        switch primary.strength {
        case .sound: break
        case .weak(let why), .unsupported(let why): throw OpenPGPKeyError(code: .weak, description: why)
        }
        guard let whole = selfDescription() else {
            let isWeak = (own.signatures + userIDs.flatMap(\.signatures)).contains {
                !$0.hasStrongHash && isByPrimary($0)
            }
            throw isWeak
                ? OpenPGPKeyError(
                    code: .weak,
                    description:
                        "what this key says about itself is signed with SHA-1 or MD5 (`gpg --quick-set-expire` signs it anew)"
                )
                : OpenPGPKeyError(code: .malformed, description: "the key has no user ID that it signed itself")
        }
        let revokedFrom = revocation(of: own, type: SignatureType.keyRevocation)
        var keys: [OpenPGPSigningKey] = []
        if whole.maySign {
            keys.append(
                OpenPGPSigningKey(
                    fingerprint: primary.fingerprint, primary: primary.fingerprint, notBefore: primary.created,
                    notAfter: whole.notAfter, revokedFrom: revokedFrom, packet: primary))
        }
        // Of one subkey twice, that it is revoked once revokes it.
        for (fingerprint, parts) in Dictionary(grouping: subkeys, by: { $0.subkey?.fingerprint ?? "" }) {
            guard let subkey = parts.first?.subkey else { continue }
            let component = Component(hashed: subkey.hashed, subkey: subkey, signatures: parts.flatMap(\.signatures))
            guard fingerprint != primary.fingerprint, let binding = binding(of: component, subkey) else { continue }
            let revocations = [revokedFrom, revocation(of: component, type: SignatureType.subkeyRevocation)]
            keys.append(
                OpenPGPSigningKey(
                    fingerprint: fingerprint, primary: primary.fingerprint,
                    notBefore: max(primary.created, subkey.created),
                    notAfter: [whole.notAfter, end(of: subkey, binding)].compactMap(\.self).min(),
                    revokedFrom: revocations.compactMap(\.self).min(), packet: subkey))
        }
        guard !keys.isEmpty else {
            throw OpenPGPKeyError(code: .noSigningKey, description: "neither the key nor a subkey of it may sign")
        }
        return keys.sorted { $0.fingerprint < $1.fingerprint }
    }

    private struct SelfDescription {
        var maySign: Bool
        var notAfter: Timestamp?
    }

    /// By the newest certification of a user ID that is not taken back; what is signed over the key directly can only narrow it.
    private func selfDescription() -> SelfDescription? {
        let certifications = userIDs.compactMap { userID -> OpenPGPSignature? in
            let isTakenBack = userID.signatures.contains {
                $0.type == SignatureType.certificationRevocation && isByPrimary($0)
                    && $0.holds(over: primary.hashed + userID.hashed, by: primary)
            }
            return isTakenBack ? nil : newest(in: userID) { SignatureType.certifications.contains($0.type) }
        }
        let direct = newest(in: own) { $0.type == SignatureType.directKey }
        guard let decisive = Self.newest(certifications) ?? direct else { return nil }
        let all = [decisive] + [direct].compactMap(\.self)
        return SelfDescription(
            maySign: all.allSatisfy(Self.maySign), notAfter: all.compactMap { end(of: primary, $0) }.min())
    }

    /// The newest that binds the subkey for signing; nil unless the subkey itself agrees to it.
    private func binding(of component: Component, _ subkey: OpenPGPPublicKey) -> OpenPGPSignature? {
        guard let binding = newest(in: component, where: { $0.type == SignatureType.subkeyBinding }),
            Self.maySign(binding)
        else {
            return nil
        }
        // Otherwise anybody could take somebody else's signing key for a subkey of theirs.
        let isAgreed = (binding.hashed + binding.unhashed).contains { part in
            guard part.type == Kind.embedded, let back = try? OpenPGPSignature(body: part.value) else { return false }
            return back.type == SignatureType.primaryBinding && back.isSimple && back.hasStrongHash
                && back.holds(over: primary.hashed + component.hashed, by: subkey)
        }
        return isAgreed ? binding : nil
    }

    /// From when it is revoked: that it is superseded or retired, from then on; otherwise it never was good.
    private func revocation(of component: Component, type: UInt8) -> Timestamp? {
        component.signatures.compactMap { signature -> Timestamp? in
            guard signature.type == type, isByPrimary(signature),
                signature.holds(over: primary.hashed + component.hashed, by: primary)
            else { return nil }
            let reason = signature.only(Kind.revocationReason)?.first
            guard reason == 1 || reason == 3, let created = signature.created else {
                return Timestamp(secondsSince1970: 0)
            }
            return created
        }.min()
    }

    private func newest(in component: Component, where isOf: (OpenPGPSignature) -> Bool) -> OpenPGPSignature? {
        Self.newest(
            component.signatures.filter {
                isOf($0) && $0.isSimple && $0.hasStrongHash && isByPrimary($0)
                    && $0.holds(over: primary.hashed + component.hashed, by: primary)
            })
    }

    /// By date; of two of one second the later in the file.
    private static func newest(_ signatures: [OpenPGPSignature]) -> OpenPGPSignature? {
        signatures.enumerated().max {
            ($0.element.created ?? Timestamp(secondsSince1970: 0), $0.offset)
                < ($1.element.created ?? Timestamp(secondsSince1970: 0), $1.offset)
        }?.element
    }

    /// A hint only, so that strangers' certifications cost nothing.
    private func isByPrimary(_ signature: OpenPGPSignature) -> Bool {
        if let issuer = signature.issuerFingerprint { return issuer == primary.fingerprint }
        return signature.issuerKeyID.map { primary.fingerprint.hasSuffix($0) } ?? true
    }

    /// Bit 2 of the key flags; a key without any may do what its kind can.
    private static func maySign(_ signature: OpenPGPSignature) -> Bool {
        let flags = signature.hashed.filter { $0.type == Kind.keyFlags }
        return flags.isEmpty || flags.allSatisfy { ($0.value.first ?? 0) & 2 != 0 }
    }

    private func end(of key: OpenPGPPublicKey, _ signature: OpenPGPSignature) -> Timestamp? {
        signature.keyLifetime == 0
            ? nil : Timestamp(secondsSince1970: key.created.secondsSince1970 + signature.keyLifetime - 1)
    }
}
