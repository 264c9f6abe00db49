// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

/// An OpenPGP signature over a document, as it stands in a commit.
struct OpenPGPCommitSignature: Hashable, Sendable {
    private typealias Kind = OpenPGPSignature.Kind
    private let signature: OpenPGPSignature

    /// Canonical armor around one packet that says, where it is signed, when and by which key it was made, and nothing that must be
    /// known to understand it.
    ///
    /// - Throws: `malformed`; `unsupported` for another version of signature.
    init(armor: [UInt8]) throws(SignatureRefusal) {
        try self.init(packets: try OpenPGPArmor.signature(armor))
        guard signature.issuerFingerprint != nil else {
            throw .malformed("it does not say the full fingerprint of its key, where it is signed")
        }
        // What is not signed could be anything: nothing may stand there but what GnuPG repeats.
        guard signature.unhashed.count <= 1, signature.unhashed.allSatisfy({ $0.type == Kind.issuer }),
            signature.issuerKeyID.map({ signature.issuerFingerprint?.hasSuffix($0) ?? false }) ?? true
        else { throw .malformed("something stands in it that is not signed") }
    }

    /// As other programs write it: for reading history, where a name can only restrict.
    init(foreignArmor armor: [UInt8]) throws(SignatureRefusal) {
        guard let packets = OpenPGPArmor.foreignSignature(armor) else { throw .malformed("not one OpenPGP signature") }
        try self.init(packets: packets)
    }

    private init(packets: [UInt8]) throws(SignatureRefusal) {
        guard let packets = OpenPGPPacket.all(in: packets), packets.count == 1,
            packets[0].tag == OpenPGPPacket.Tag.signature
        else {
            throw .malformed("not one OpenPGP signature packet")
        }
        signature = try OpenPGPSignature(body: packets[0].body)
        guard signature.type == OpenPGPSignature.SignatureType.document else {
            throw .malformed("an OpenPGP signature of type \(signature.type); one over a document is 0")
        }
        guard signature.isSimple else {
            throw .malformed("it has no time, ends by itself, or has something that must be understood and is not")
        }
    }

    /// 40 upper-case hex digits of the primary key or subkey that it says it is by.
    var fingerprint: String? { signature.issuerFingerprint }

    /// - Returns: the key that it is by.
    /// - Throws: `weakKey`, `unsupported` (also where none of `keys` is the one that it names), `badSignature`.
    func verify(_ payload: [UInt8], _ keys: OpenPGPKeys) throws(SignatureRefusal) -> OpenPGPSigningKey {
        switch signature.hashAlgorithm {
        case 1, 2, 3:
            throw SignatureRefusal(
                code: .weakKey, message: "signed over MD5, SHA-1 or RIPEMD-160 (OpenPGP); use SHA-256 or SHA-512")
        default: break
        }
        guard signature.hasStrongHash else {
            throw SignatureRefusal(
                code: .unsupported,
                message: "signed over the OpenPGP hash \(signature.hashAlgorithm), which is not verified")
        }
        guard let key = fingerprint.map({ keys[$0] }) ?? signature.issuerKeyID.flatMap(keys.key(endingIn:)) else {
            let name = fingerprint ?? signature.issuerKeyID ?? "that it does not name"
            throw SignatureRefusal(
                code: .unsupported, message: "signed with the OpenPGP key \(name), which no declared key file holds")
        }
        switch key.strength {
        case .sound: break
        case .weak(let why): throw SignatureRefusal(code: .weakKey, message: why)
        case .unsupported(let why): throw SignatureRefusal(code: .unsupported, message: why)
        }
        guard signature.holds(over: payload, by: key.packet) else {
            throw SignatureRefusal(code: .badSignature, message: "the signature does not fit what it stands under")
        }
        return key
    }
}
