// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import CSodium

/// `ssh-ed25519` (RFC 8709) and `sk-ssh-ed25519@openssh.com` (OpenSSH, PROTOCOL.u2f).
extension SSHSignature {
    func verifyEd25519(_ key: [UInt8], over data: [UInt8]) throws(SignatureRefusal) -> Bool {
        var reader = WireReader(value)
        guard algorithm == "ssh-ed25519", let signature = reader.string(), signature.count == 64, reader.isAtEnd else {
            throw .malformed("not an ssh-ed25519 signature")
        }
        return Ed25519.verify(signature, over: data, by: key)
    }

    func verifySecurityEd25519(
        _ key: [UInt8], application: [UInt8], over data: [UInt8]
    ) throws(SignatureRefusal) -> Bool {
        var reader = WireReader(value)
        guard algorithm == "sk-ssh-ed25519@openssh.com", let signature = reader.string(), signature.count == 64,
            let flags = reader.byte(), let counter = reader.take(4), reader.isAtEnd
        else { throw .malformed("not an sk-ssh-ed25519 signature") }
        let signed = try Self.securityKeyData(application, flags: flags, counter: Array(counter), over: data)
        return Ed25519.verify(signature, over: signed, by: key)
    }

    /// What the security key itself signs.
    static func securityKeyData(
        _ application: [UInt8], flags: UInt8, counter: [UInt8], over data: [UInt8]
    ) throws(SignatureRefusal) -> [UInt8] {
        // Bit 0 of the flags: somebody touched it. A signature that a program could make alone is nobody's word.
        guard flags & 1 == 1 else {
            throw SignatureRefusal(code: .badSignature, message: "the security key was not touched for it")
        }
        return MessageDigest.hash(application, .sha256) + [flags] + counter + MessageDigest.hash(data, .sha256)
    }
}

/// Pure Ed25519 (RFC 8032, 5.1.7) by libsodium, which takes half of OpenSSL's time for it: in a pass over ten thousand new records that is
/// nearly all there is. It also refuses what OpenSSL lets through: keys and points of small order, and points not written canonically.
enum Ed25519 {
    private static let isReady = sodium_init() >= 0

    static func verify(_ signature: [UInt8], over data: [UInt8], by key: [UInt8]) -> Bool {
        guard isReady, signature.count == crypto_sign_ed25519_bytes(), key.count == crypto_sign_ed25519_publickeybytes()
        else { return false }
        return crypto_sign_ed25519_verify_detached(signature, data, UInt64(data.count), key) == 0
    }
}
