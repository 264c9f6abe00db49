// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

/// `rsa-sha2-256` and `rsa-sha2-512` (RFC 8332).
extension SSHSignature {
    func verifyRSA(_ verifier: EVPKey, size: Int, over data: [UInt8]) throws(SignatureRefusal) -> Bool {
        let hash: EVPKey.Hash
        switch algorithm {
        case "rsa-sha2-256": hash = .sha256
        case "rsa-sha2-512": hash = .sha512
        case "ssh-rsa":
            throw SignatureRefusal(code: .weakKey, message: "ssh-rsa signs with SHA-1; use rsa-sha2-512 or ssh-ed25519")
        default: throw .malformed("not an RSA signature")
        }
        var reader = WireReader(value)
        // OpenSSH pads shorter ones; a canonical one has the length of the modulus.
        guard let signature = reader.string(), reader.isAtEnd, signature.count == size else {
            throw .malformed("not an RSA signature")
        }
        return verifier.verify(signature, over: data, hash: hash)
    }
}
