// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Synchronization
package import Vocabulary

/// A key of OpenPGP that may sign, primary or subkey, as the file tells that declares it.
package struct OpenPGPSigningKey: Hashable, Sendable {
    /// Its own, 40 upper-case hex digits.
    package var fingerprint: String
    /// That of the primary key which it belongs to: the same for the primary itself.
    package var primary: String
    package var notBefore: Timestamp
    /// Inclusive.
    package var notAfter: Timestamp?
    /// The first second without it: the beginning of time where it was compromised, or no reason is given.
    package var revokedFrom: Timestamp?
    let packet: OpenPGPPublicKey

    /// The same key as SSH writes it.
    package var publicKey: PublicKey? { packet.key }
    package var strength: PublicKey.Strength { packet.strength }
}

/// Why a file does not declare the key that it should.
package struct OpenPGPKeyError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable, CaseIterable { case malformed, privateKey, absent, weak, noSigningKey }
    package var code: Code
    package var description: String
}

/// A file with public keys (RFC 9580, 10.1), each with what it says about itself.
package struct OpenPGPKeyFile: Sendable {
    private let certificates: [String: OpenPGPCertificate]

    package init(parsing bytes: [UInt8]) throws(OpenPGPKeyError) {
        guard bytes.count <= 1 << 20, let content = OpenPGPArmor.publicKeys(bytes),
            let packets = OpenPGPPacket.all(in: content)
        else {
            throw OpenPGPKeyError(
                code: .malformed, description: "it holds no OpenPGP public key (`gpg --armor --export` writes one)")
        }
        guard
            !packets.contains(where: { [OpenPGPPacket.Tag.secretKey, OpenPGPPacket.Tag.secretSubkey].contains($0.tag) })
        else {
            throw OpenPGPKeyError(
                code: .privateKey,
                description: "it holds a private key: take it out of the repository, and replace that key")
        }
        var certificates: [String: OpenPGPCertificate] = [:]
        for certificate in OpenPGPCertificate.all(in: packets) {
            // Of one key twice, each may say what the other leaves out: that it is revoked.
            certificates[certificate.primary.fingerprint] =
                certificates[certificate.primary.fingerprint].map { $0.joined(with: certificate) } ?? certificate
        }
        self.certificates = certificates
    }

    /// The primary key and its subkeys that may sign. Weak ones too: what they sign is refused as such.
    ///
    /// - Parameter fingerprint: the primary's. Other keys in the file are nobody's.
    package func signingKeys(of fingerprint: String) throws(OpenPGPKeyError) -> [OpenPGPSigningKey] {
        guard let certificate = certificates[fingerprint.uppercased()] else {
            throw OpenPGPKeyError(code: .absent, description: "it holds no primary key with this fingerprint")
        }
        return try certificate.signingKeys()
    }
}

extension OpenPGPKeyFile {
    private static let limit = 1024
    private static let knownKeys = Mutex<[Digest<OpenPGPSigningKey>: Result<[OpenPGPSigningKey], OpenPGPKeyError>]>([:])

    /// The keys of one primary key in a file, kept: to verify what a key says about itself takes longer than a record.
    package static func signingKeys(
        of fingerprint: String, in bytes: [UInt8]
    ) throws(OpenPGPKeyError) -> [OpenPGPSigningKey] {
        let name = Digest<OpenPGPSigningKey>(hashing: Array(fingerprint.uppercased().utf8), [0], bytes)
        if let known = knownKeys.withLock({ $0[name] }) { return try known.get() }
        let read: Result<[OpenPGPSigningKey], OpenPGPKeyError>
        do throws(OpenPGPKeyError) {
            read = .success(try OpenPGPKeyFile(parsing: bytes).signingKeys(of: fingerprint))
        } catch {
            read = .failure(error)
        }
        knownKeys.withLock { known in
            if known.count >= limit { known.removeAll(keepingCapacity: true) }
            known[name] = read
        }
        return try read.get()
    }
}
