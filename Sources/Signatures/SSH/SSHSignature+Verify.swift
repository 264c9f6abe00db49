// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Vocabulary

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
        let holds =
            switch key.material {
            case .ed25519(let raw): try verifyEd25519(raw, over: data)
            case .securityEd25519(let raw, let application):
                try verifySecurityEd25519(raw, application: application, over: data)
            case .ecdsa(let curve, _): try verifyECDSA(try verifier(), curve, over: data)
            case .securityECDSA(_, let application):
                try verifySecurityECDSA(try verifier(), application: application, over: data)
            case .rsa(_, let modulus): try verifyRSA(try verifier(), size: modulus.count, over: data)
            case .dsa, .certificate, .unknown: false
            }
        guard holds else {
            throw SignatureRefusal(code: .badSignature, message: "the signature does not fit what it stands under")
        }
    }

    private func verifier() throws(SignatureRefusal) -> EVPKey {
        guard let verifier = VerifyingKeys.key(key) else { throw .malformed("its key is none") }
        return verifier
    }
}
