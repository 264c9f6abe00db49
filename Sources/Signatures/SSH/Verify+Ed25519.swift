// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

/// `ssh-ed25519` (RFC 8709) and `sk-ssh-ed25519@openssh.com` (OpenSSH, PROTOCOL.u2f).
extension SSHSignature {
    func verifyEd25519(_ verifier: EVPKey, over data: [UInt8]) throws(SignatureRefusal) -> Bool {
        var reader = WireReader(value)
        guard algorithm == "ssh-ed25519", let signature = reader.string(), signature.count == 64, reader.isAtEnd else {
            throw .malformed("not an ssh-ed25519 signature")
        }
        return verifier.verify(signature, over: data, hash: nil)
    }

    func verifySecurityEd25519(
        _ verifier: EVPKey, application: [UInt8], over data: [UInt8]
    ) throws(SignatureRefusal) -> Bool {
        var reader = WireReader(value)
        guard algorithm == "sk-ssh-ed25519@openssh.com", let signature = reader.string(), signature.count == 64,
            let flags = reader.byte(), let counter = reader.take(4), reader.isAtEnd
        else { throw .malformed("not an sk-ssh-ed25519 signature") }
        let signed = try Self.securityKeyData(application, flags: flags, counter: Array(counter), over: data)
        return verifier.verify(signature, over: signed, hash: nil)
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
