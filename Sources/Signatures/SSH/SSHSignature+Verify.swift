// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Vocabulary

/// A signature that holds. Whose key it is, and whether it counts, is decided elsewhere.
package struct VerifiedSignature: Hashable, Sendable {
    package var key: PublicKey

    package init(key: PublicKey) { self.key = key }

    package var fingerprint: KeyFingerprint { key.fingerprint }
}

extension SSHSignature {
    /// Verifies it over `payload`.
    ///
    /// - Throws: `wrongNamespace`, `weakKey`, `unsupported`, `malformed` (a value that its algorithm does not know),
    ///   `badSignature`.
    package func verify(_ payload: [UInt8], namespace expected: String = gitNamespace) throws(SignatureRefusal) {
        guard namespace.utf8.elementsEqual(expected.utf8) else {
            throw SignatureRefusal(
                code: .wrongNamespace,
                message: "made for \"\(Shown.text(namespace.prefix(60)))\", not for \"\(expected)\"")
        }
        switch key.strength {
        case .sound: break
        case .weak(let why): throw SignatureRefusal(code: .weakKey, message: why)
        case .unsupported(let why): throw SignatureRefusal(code: .unsupported, message: why)
        }
        let data = Self.signedData(payload, namespace: namespace, hash: hash)
        guard let verifier = VerifyingKeys.key(key) else { throw .malformed("its key is none") }
        let holds =
            switch key.material {
            case .ed25519: try verifyEd25519(verifier, over: data)
            case .securityEd25519(_, let application):
                try verifySecurityEd25519(verifier, application: application, over: data)
            case .ecdsa(let curve, _): try verifyECDSA(verifier, curve, over: data)
            case .securityECDSA(_, let application):
                try verifySecurityECDSA(verifier, application: application, over: data)
            case .rsa(_, let modulus): try verifyRSA(verifier, size: modulus.count, over: data)
            case .dsa, .certificate, .unknown: false
            }
        guard holds else {
            throw SignatureRefusal(code: .badSignature, message: "the signature does not fit what it stands under")
        }
    }
}

extension CommitObject {
    /// The signature of the commit, verified: what git calls a good one, and more strictly.
    ///
    /// - Throws: `unsigned`, `malformed` (more than one signature too), and as `SSHSignature.verify`.
    package func verifiedSignature() throws(SignatureRefusal) -> VerifiedSignature {
        guard let signature else {
            guard !headers.contains(where: { $0.name == "gpgsig-sha256" }) else {
                throw .malformed("its signature is for another hash than the repository's")
            }
            throw SignatureRefusal(code: .unsigned, message: "the commit is not signed")
        }
        guard !irregularities.contains(where: { $0.code == .severalSignatures }) else {
            throw .malformed("the commit has several signatures")
        }
        let parsed = try SSHSignature(armor: signature)
        try parsed.verify(signedPayload)
        return VerifiedSignature(key: parsed.key)
    }
}
