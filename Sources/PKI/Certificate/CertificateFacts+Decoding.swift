// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL
package import Vocabulary

extension CertificateFacts {
    /// What a certificate says (RFC 5280), from its DER: one certificate, no byte before or after it.
    ///
    /// A name of the subjectAltName that holds anything but printable ASCII is shown with `\xNN` for those bytes and
    /// for the backslash, and therefore never matches a host. Costs about 0.1 ms: decode what differs, and each
    /// distinct DER once. `issuerSPKI` is nil: see `CertificateChain`.
    package init(der: [UInt8]) throws(PKIError) {
        let certificate = try X509Handle(decoding: der)
        try self.init(certificate, der: der)
    }

    init(_ certificate: borrowing X509Handle, der: [UInt8]) throws(PKIError) {
        let raw = certificate.raw
        ERR_clear_error()
        defer { ERR_clear_error() }
        let names = try SubjectAlternativeNames(of: certificate)
        self.init(
            fingerprint: Fingerprint(hashing: der),
            spki: certificate.outline.publicKeyFingerprint(in: der),
            subject: DistinguishedName.text(X509_get_subject_name(raw)),
            issuer: DistinguishedName.text(X509_get_issuer_name(raw)),
            issuerSPKI: nil,
            serial: Self.serial(of: raw),
            notBefore: try CertificateTime.timestamp(X509_get0_notBefore(raw)),
            notAfter: try CertificateTime.timestamp(X509_get0_notAfter(raw)),
            dnsNames: names.dns,
            ipAddresses: names.ip,
            keyType: try Self.keyType(of: raw),
            signature: Self.signature(of: raw),
            isCA: X509_check_ca(raw) == 1,
            isSelfSigned: X509_self_signed(raw, 1) == 1,
            extendedKeyUsage: Self.extendedKeyUsage(of: raw))
    }

    private static func serial(of raw: OpaquePointer) -> String {
        guard let serial = X509_get0_serialNumber(raw) else { return "00" }
        let length = Int(ASN1_STRING_length(serial))
        guard length > 0, let data = ASN1_STRING_get0_data(serial) else { return "00" }
        let hex = Hex.encode(UnsafeBufferPointer(start: data, count: length))
        return serial.pointee.type & V_ASN1_NEG != 0 ? "-" + hex : hex
    }

    private static func keyType(of raw: OpaquePointer) throws(PKIError) -> KeyType {
        var algorithm: OpaquePointer?
        var info: UnsafeMutablePointer<X509_ALGOR>?
        guard X509_PUBKEY_get0_param(&algorithm, nil, nil, &info, X509_get_X509_PUBKEY(raw)) == 1, let algorithm else {
            throw PKIError(.invalidContent, "the public key cannot be decoded: \(ErrorQueue.drain())")
        }
        let kind = OBJ_obj2nid(algorithm)
        guard [NID_rsaEncryption, NID_rsassaPss, NID_X9_62_id_ecPublicKey, NID_ED25519].contains(kind) else {
            return .other(ObjectName.text(algorithm))
        }
        guard let key = X509_get0_pubkey(raw) else {
            throw PKIError(.invalidContent, "the public key cannot be decoded: \(ErrorQueue.drain())")
        }
        switch kind {
        case NID_rsaEncryption, NID_rsassaPss: return .rsa(bits: Int(EVP_PKEY_get_bits(key)))
        case NID_ED25519: return .ed25519
        default:
            // Only a named curve counts: explicit parameters can be those of P-256 but for the generator
            // (CVE-2020-0601).
            var type: Int32 = 0
            var value: UnsafeRawPointer?
            X509_ALGOR_get0(nil, &type, &value, info)
            guard type == V_ASN1_OBJECT, let value else { return .other("EC with explicit parameters") }
            let curve = OpaquePointer(value)
            switch OBJ_obj2nid(curve) {
            case NID_X9_62_prime256v1: return .p256
            case NID_secp384r1: return .p384
            case NID_secp521r1: return .p521
            default: return .other("EC on \(ObjectName.text(curve))")
            }
        }
    }

    /// What is known to be sound is; the rest is weak, unknown hashes with it.
    private static func signature(of raw: OpaquePointer) -> SignatureAlgorithm {
        let name = ObjectName.text(X509_get_signature_nid(raw))
        var hash: Int32 = 0
        var key: Int32 = 0
        guard X509_get_signature_info(raw, &hash, &key, nil, nil) == 1 else { return .weak(name) }
        switch hash {
        case NID_sha256, NID_sha384, NID_sha512, NID_sha224, NID_sha512_224, NID_sha512_256, NID_sha3_224,
            NID_sha3_256, NID_sha3_384, NID_sha3_512:
            return .sound(name)
        case NID_undef where key == NID_ED25519 || key == NID_ED448: return .sound(name)
        default: return .weak(key == NID_rsassaPss ? "\(name) over \(ObjectName.text(hash))" : name)
        }
    }

    /// As OpenSSL's own server purpose: anyExtendedKeyUsage alone is not serverAuth.
    private static func extendedKeyUsage(of raw: OpaquePointer) -> ExtendedKeyUsage {
        guard X509_get_extension_flags(raw) & UInt32(EXFLAG_XKUSAGE) != 0 else { return .absent }
        return X509_get_extended_key_usage(raw) & UInt32(XKU_SSL_SERVER) != 0 ? .withServerAuth : .withoutServerAuth
    }
}

/// The name of an object identifier: OpenSSL's long name, else the numbers.
enum ObjectName {
    static func text(_ object: OpaquePointer) -> String {
        var buffer = [CChar](repeating: 0, count: 128)
        let length = OBJ_obj2txt(&buffer, Int32(buffer.count), object, 0)
        guard length > 0 else { return "an unknown algorithm" }
        return String(
            decoding: buffer.prefix(min(Int(length), buffer.count - 1)).map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    static func text(_ nid: Int32) -> String {
        OBJ_nid2ln(nid).map { String(cString: $0) } ?? "an unknown algorithm"
    }
}
