// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

/// What a certificate says, as far as anything is decided or shown by it. Made by `PKI`, cached by `leaf`.
package struct CertificateFacts: Hashable, Sendable, Codable {
    package var fingerprint: Fingerprint
    package var spki: SPKIFingerprint
    package var subject: String  // RFC 2253 text, for people
    package var issuer: String
    package var issuerSPKI: SPKIFingerprint?  // of the next certificate sent, where its signature verified
    package var serial: String  // lower-case hex
    package var notBefore: Timestamp
    package var notAfter: Timestamp
    /// DNS names of the subjectAltName, lower case, in the certificate's order.
    package var dnsNames: [String]
    package var ipAddresses: [String]
    package var keyType: KeyType
    package var signature: SignatureAlgorithm
    package var isCA: Bool
    package var isSelfSigned: Bool
    package var extendedKeyUsage: ExtendedKeyUsage

    package enum KeyType: Hashable, Sendable, Codable {
        case rsa(bits: Int), p256, p384, p521, ed25519
        case other(String)
    }
    package enum SignatureAlgorithm: Hashable, Sendable, Codable {
        case sound(String)
        case weak(String)  // SHA-1 or MD5
    }
    package enum ExtendedKeyUsage: String, Hashable, Sendable, Codable {
        case absent, withServerAuth, withoutServerAuth
    }

    package init(
        fingerprint: Fingerprint, spki: SPKIFingerprint, subject: String, issuer: String, issuerSPKI: SPKIFingerprint?,
        serial: String, notBefore: Timestamp, notAfter: Timestamp, dnsNames: [String], ipAddresses: [String],
        keyType: KeyType, signature: SignatureAlgorithm, isCA: Bool, isSelfSigned: Bool,
        extendedKeyUsage: ExtendedKeyUsage
    ) {
        self.fingerprint = fingerprint
        self.spki = spki
        self.subject = subject
        self.issuer = issuer
        self.issuerSPKI = issuerSPKI
        self.serial = serial
        self.notBefore = notBefore
        self.notAfter = notAfter
        self.dnsNames = dnsNames
        self.ipAddresses = ipAddresses
        self.keyType = keyType
        self.signature = signature
        self.isCA = isCA
        self.isSelfSigned = isSelfSigned
        self.extendedKeyUsage = extendedKeyUsage
    }
}
