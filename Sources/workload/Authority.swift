// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL
internal import PKI
internal import Vocabulary

/// A root and an issuing CA that exist for one run, and the leaves that they issue: P-256, in process, because a child
/// process for each of ten thousand certificates would take minutes.
struct Authority: Sendable {
    struct Leaf: Sendable {
        var der: [UInt8]
        /// PKCS#8 as PEM, where it was asked for.
        var key: [UInt8]?
    }
    private let issuer: Signer
    /// What stands after every leaf.
    private let intermediate: [UInt8]

    init(now: Timestamp) throws {
        let root = try P256Key(), issuing = try P256Key()
        let validity = (now - .days(1000), now + .days(1000))
        let usage: [(Int32, String)] = [
            (NID_basic_constraints, "critical,CA:true"), (NID_key_usage, "critical,keyCertSign,cRLSign"),
            (NID_subject_key_identifier, "hash"),
        ]
        let rootSigner = Signer(name: "Benchmark Root", key: root)
        intermediate = try Self.certificate(
            serial: 1, name: "Benchmark Issuing CA", key: issuing, validity: validity, extensions: usage, by: rootSigner
        )
        issuer = Signer(name: "Benchmark Issuing CA", key: issuing)
    }

    struct Signer: Sendable {
        var name: String
        var key: P256Key
    }

    /// Of the key that issues.
    var publicKey: SPKIFingerprint {
        get throws { try CertificateFacts(der: intermediate).spki }
    }

    func chain(_ leaf: Leaf) -> [UInt8] { ChainFile.pem(of: [leaf.der, intermediate]) }

    func issue(
        serial: Int, names: [String], from: Timestamp, to: Timestamp, withKey: Bool
    ) throws -> Leaf {
        let key = try P256Key()
        let extensions: [(Int32, String)] = [
            (NID_basic_constraints, "critical,CA:false"), (NID_key_usage, "critical,digitalSignature"),
            (NID_ext_key_usage, "serverAuth"),
            (NID_subject_alt_name, names.map { "DNS:\($0)" }.joined(separator: ",")),
        ]
        let der = try Self.certificate(
            serial: serial, name: names[0], key: key, validity: (from, to), extensions: extensions, by: issuer)
        return Leaf(der: der, key: withKey ? try key.pem() : nil)
    }

    private static func certificate(
        serial: Int, name: String, key: P256Key, validity: (Timestamp, Timestamp), extensions: [(Int32, String)],
        by signer: Signer
    ) throws -> [UInt8] {
        guard let certificate = X509_new() else { throw WorkloadError("OpenSSL: no certificate") }
        defer { X509_free(certificate) }
        var context = X509V3_CTX()
        X509V3_set_ctx(&context, nil, certificate, nil, nil, 0)
        guard X509_set_version(certificate, 2) == 1,
            ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial) == 1,
            ASN1_TIME_set(X509_getm_notBefore(certificate), Int(validity.0.secondsSince1970)) != nil,
            ASN1_TIME_set(X509_getm_notAfter(certificate), Int(validity.1.secondsSince1970)) != nil,
            set(X509_get_subject_name(certificate), name), set(X509_get_issuer_name(certificate), signer.name),
            X509_set_pubkey(certificate, key.raw) == 1
        else { throw WorkloadError("OpenSSL: no certificate for \(name)") }
        for (kind, value) in extensions {
            guard let made = X509V3_EXT_conf_nid(nil, &context, kind, value) else {
                throw WorkloadError("OpenSSL: no extension \(value)")
            }
            defer { X509_EXTENSION_free(made) }
            guard X509_add_ext(certificate, made, -1) == 1 else {
                throw WorkloadError("OpenSSL: no extension \(value)")
            }
        }
        guard X509_sign(certificate, signer.key.raw, EVP_sha256()) > 0 else {
            throw WorkloadError("OpenSSL: not signed")
        }
        var bytes: UnsafeMutablePointer<UInt8>?
        let count = i2d_X509(certificate, &bytes)
        guard count > 0, let bytes else { throw WorkloadError("OpenSSL: no DER") }
        defer { CRYPTO_free(bytes, nil, 0) }
        return Array(UnsafeBufferPointer(start: bytes, count: Int(count)))
    }

    private static func set(_ subject: OpaquePointer?, _ name: String) -> Bool {
        X509_NAME_add_entry_by_NID(
            subject, NID_commonName, MBSTRING_ASC, Array(name.utf8), Int32(name.utf8.count), -1, 0) == 1
    }
}

/// Owns one `EVP_PKEY *` of P-256.
// Sendable because it never changes once it is made; what OpenSSL keeps in it for itself, it locks.
final class P256Key: @unchecked Sendable {
    let raw: OpaquePointer

    init() throws {
        guard let context = EVP_PKEY_CTX_new_id(EVP_PKEY_EC, nil) else { throw WorkloadError("OpenSSL: no P-256") }
        defer { EVP_PKEY_CTX_free(context) }
        var key: OpaquePointer?
        guard EVP_PKEY_keygen_init(context) == 1,
            EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context, NID_X9_62_prime256v1) == 1,
            EVP_PKEY_keygen(context, &key) == 1, let key
        else { throw WorkloadError("OpenSSL: no key") }
        raw = key
    }

    deinit { EVP_PKEY_free(raw) }

    func pem() throws -> [UInt8] {
        guard let memory = BIO_new(BIO_s_mem()) else { throw WorkloadError("OpenSSL: no memory") }
        defer { BIO_free(memory) }
        guard PEM_write_bio_PKCS8PrivateKey(memory, raw, nil, nil, 0, nil, nil) == 1 else {
            throw WorkloadError("OpenSSL: no PEM")
        }
        var start: UnsafeMutablePointer<CChar>?
        let count = countersign_bio_get_mem_data(memory, &start)
        guard let start, count > 0 else { throw WorkloadError("OpenSSL: no PEM") }
        return UnsafeRawBufferPointer(start: start, count: count).map { $0 }
    }
}
