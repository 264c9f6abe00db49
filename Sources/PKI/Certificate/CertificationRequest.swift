// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL
package import Vocabulary

/// A PKCS#10 request (RFC 2986): who made it holds the key that it names.
package struct CertificationRequest: Sendable, Hashable {
    /// `CERTIFICATE REQUEST`, written anew.
    package let pem: [UInt8]
    package let spki: SPKIFingerprint
    /// As in `CertificateFacts`.
    package let dnsNames: [String]
    package let ipAddresses: [String]
    /// nil: none that `CertificateFacts` knows.
    package let keyType: CertificateFacts.KeyType?

    /// - Throws: also where the request is not signed by its own key.
    package init(pem: [UInt8]) throws(PKIError) {
        let blocks = PEM.read(pem).blocks.filter {
            $0.label == "CERTIFICATE REQUEST" || $0.label == "NEW CERTIFICATE REQUEST"
        }
        guard blocks.count == 1 else { throw PKIError(.invalidContent, "this is not one certificate request") }
        let der = blocks[0].der
        ERR_clear_error()
        defer { ERR_clear_error() }
        let decoded = der.withUnsafeBufferPointer { bytes in
            var cursor = bytes.baseAddress
            return d2i_X509_REQ(nil, &cursor, bytes.count)
        }
        guard let request = decoded else {
            throw PKIError(.invalidContent, "not a certificate request: \(ErrorQueue.drain())")
        }
        defer { X509_REQ_free(request) }
        guard let key = X509_REQ_get0_pubkey(request), X509_REQ_verify(request, key) == 1 else {
            throw PKIError(.invalidContent, "the request is not signed by its own key: \(ErrorQueue.drain())")
        }
        var encoded: UnsafeMutablePointer<UInt8>?
        let length = i2d_PUBKEY(key, &encoded)
        guard length > 0, let encoded else {
            throw PKIError(.invalidContent, "the public key cannot be encoded: \(ErrorQueue.drain())")
        }
        defer { CRYPTO_free(encoded, #file, #line) }
        spki = SPKIFingerprint(hashing: Array(UnsafeBufferPointer(start: encoded, count: Int(length))))
        let names = Self.names(of: request)
        (dnsNames, ipAddresses) = (names.dns, names.ip)
        keyType = Self.keyType(of: key)
        self.pem = PEM.write(label: "CERTIFICATE REQUEST", der: der)
    }

    private static func names(of request: OpaquePointer) -> SubjectAlternativeNames {
        guard let extensions = X509_REQ_get_extensions(request) else { return SubjectAlternativeNames() }
        defer { countersign_extensions_free(extensions) }
        return SubjectAlternativeNames(takingOwnershipOf: X509V3_get_d2i(extensions, NID_subject_alt_name, nil, nil))
    }

    private static func keyType(of key: OpaquePointer) -> CertificateFacts.KeyType? {
        switch EVP_PKEY_get_base_id(key) {
        case EVP_PKEY_RSA: return .rsa(bits: Int(EVP_PKEY_get_bits(key)))
        case EVP_PKEY_ED25519: return .ed25519
        case EVP_PKEY_EC:
            var name = [CChar](repeating: 0, count: 64)
            var length = 0
            guard EVP_PKEY_get_group_name(key, &name, name.count, &length) == 1 else { return nil }
            switch String(decoding: name.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self) {
            case "prime256v1", "P-256": return .p256
            case "secp384r1", "P-384": return .p384
            case "secp521r1", "P-521": return .p521
            default: return nil
            }
        default: return nil
        }
    }
}
