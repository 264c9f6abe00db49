// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Vocabulary

extension CertificateFacts {
    /// Why nobody should rely on it, or nil. What the contract calls `WeakCertificate`, for each certificate that is
    /// sent: RSA below 2048 bits; a key that is neither RSA, P-256, P-384, P-521 nor Ed25519; SHA-1 or MD5 in its
    /// signature, unless it is self-signed: nobody relies on that signature.
    package var weakness: String? {
        switch keyType {
        case .rsa(let bits) where bits < 2048: return "RSA with \(bits) bits"
        case .other(let name): return "a key of type \(name)"
        case .rsa, .p256, .p384, .p521, .ed25519: break
        }
        if !isSelfSigned, case .weak(let name) = signature { return "signed with \(name)" }
        return nil
    }
}
