// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL
package import Vocabulary

/// The one thing that is ever said about a private key that is not usable: a key that is not ours to show is not
/// described, not even by how it fails.
package struct PrivateKeyError: Error, Hashable, Sendable, CustomStringConvertible {
    package var description: String { "private key cannot be read" }
}

/// A private key that has been read, and checked against itself.
///
/// Sendable because all it holds is immutable: OpenSSL's own form is made anew for each use and cleansed after it.
package final class PrivateKey: Sendable {
    /// PKCS#8 DER (RFC 5958), as OpenSSL encodes the key.
    private let encoded: SecretBytes
    /// SHA-256 of the key's SubjectPublicKeyInfo, as OpenSSL encodes it.
    package let publicKeyFingerprint: SPKIFingerprint

    /// Reads exactly one key: PEM (`PRIVATE KEY`, `RSA PRIVATE KEY`, `EC PRIVATE KEY`) or DER of the same forms.
    /// Certificates and EC parameters beside it in PEM are passed over, a second key is an error; so are encrypted
    /// keys, files above 64 KiB, and keys whose public half is not that of the private one.
    package init(_ file: SecretBytes) throws(PrivateKeyError) {
        guard file.count <= 65536 else { throw PrivateKeyError() }
        let found: (encoded: SecretBytes, spki: SPKIFingerprint)? = file.withUnsafeBytes { bytes in
            ERR_clear_error()
            defer { ERR_clear_error() }
            guard let form = KeyForm(bytes) else { return nil }
            guard let key = form.decode(), key.isSound(), let encoded = key.pkcs8(), let spki = key.spki() else {
                return nil
            }
            return (encoded, spki)
        }
        guard let found else { throw PrivateKeyError() }
        (encoded, publicKeyFingerprint) = found
    }

    /// The same of a key that is encrypted with a passphrase: PEM (`ENCRYPTED PRIVATE KEY`, or the older form with `DEK-Info`), or
    /// PKCS#8 DER.
    package convenience init(_ file: SecretBytes, passphrase: SecretBytes) throws(PrivateKeyError) {
        guard file.count <= 65536, passphrase.count <= 1024 else { throw PrivateKeyError() }
        let opened: SecretBytes? = file.withUnsafeBytes { bytes in
            ERR_clear_error()
            defer { ERR_clear_error() }
            return KeyHandle(encrypted: bytes, passphrase)?.pkcs8()
        }
        guard let opened else { throw PrivateKeyError() }
        try self.init(opened)
    }

    /// True if this key is the one whose public half stands in the certificate: the public keys are equal, and what
    /// this key signs verifies under the certificate's.
    package func matches(leaf der: [UInt8]) -> Bool {
        guard let certificate = try? X509Handle(decoding: der) else { return false }
        ERR_clear_error()
        defer { ERR_clear_error() }
        guard let publicKey = X509_get0_pubkey(certificate.raw) else { return false }
        guard let key = KeyHandle(pkcs8: encoded) else { return false }
        return key.proves(publicKey)
    }

    /// `PRIVATE KEY` PEM, 64 columns: the form that is written to devices.
    package func pkcs8PEM() -> SecretBytes {
        encoded.withUnsafeBytes { der in
            let label = "PRIVATE KEY"
            let scratch = UnsafeMutableRawBufferPointer.allocate(
                byteCount: PEM.writtenLength(label: label, der: der.count), alignment: 1)
            defer {
                OPENSSL_cleanse(scratch.baseAddress, scratch.count)
                scratch.deallocate()
            }
            let count = PEM.write(label: label, der: der, to: scratch)
            return SecretBytes(copying: UnsafeRawBufferPointer(rebasing: scratch[..<count]))
        }
    }
}

extension PrivateKey: CustomStringConvertible, CustomReflectable {
    package var description: String { "‹private key \(publicKeyFingerprint.short)›" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
