// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Vocabulary

/// The key that a signature names.
package enum SignatureKey: Hashable, Sendable {
    case ssh(PublicKey)
    /// The fingerprint of the primary key or subkey that signed, 40 upper-case hex digits.
    case openpgp(String)

    /// As people compare keys: `SHA256:9xV…` as `ssh-keygen -l` shows it, or `openpgp:` and the whole fingerprint.
    package var fingerprintText: String {
        switch self {
        case .ssh(let key): key.fingerprintText
        case .openpgp(let fingerprint): "openpgp:" + fingerprint
        }
    }
}

/// A signature that holds. Whose key it is, and whether it counts, is decided elsewhere.
package struct VerifiedSignature: Hashable, Sendable {
    package var key: SignatureKey

    package init(key: SignatureKey) { self.key = key }
}

extension CommitObject {
    /// The signature of the commit, verified: what git calls a good one, and more strictly.
    ///
    /// - Parameter openpgp: the keys that an OpenPGP signature may be by; an SSH signature brings its own.
    /// - Throws: `unsigned`, `malformed` (more than one signature too), and as `SSHSignature.verify`.
    package func verifiedSignature(openpgp keys: OpenPGPKeys = .none) throws(SignatureRefusal) -> VerifiedSignature {
        let armor = try onlySignature()
        guard armor.last != 0x0a else { throw .malformed("something stands after its end") }
        guard Self.isOpenPGP(armor) else {
            let parsed = try SSHSignature(armor: armor)
            try parsed.verify(signedPayload)
            return VerifiedSignature(key: .ssh(parsed.key))
        }
        return VerifiedSignature(
            key: .openpgp(try OpenPGPCommitSignature(armor: armor).verify(signedPayload, keys).fingerprint))
    }

    /// As `verifiedSignature`, for commits that are no records: also OpenPGP signatures that forges and other programs wrote.
    package func verifiedForeignSignature(openpgp keys: OpenPGPKeys) throws(SignatureRefusal) -> VerifiedSignature {
        let armor = try onlySignature()
        guard Self.isOpenPGP(armor) else { return try verifiedSignature() }
        let signature = try OpenPGPCommitSignature(foreignArmor: armor)
        return VerifiedSignature(key: .openpgp(try signature.verify(signedPayload, keys).fingerprint))
    }

    /// A signature that was parsed and not yet verified: whose it says that it is.
    package struct NamedSignature: Sendable {
        package let key: SignatureKey
        /// nil for one of OpenPGP.
        fileprivate let ssh: SSHSignature?
    }

    package func namedSignature() throws(SignatureRefusal) -> NamedSignature {
        let armor = try onlySignature()
        guard Self.isOpenPGP(armor) else {
            let parsed = try SSHSignature(armor: armor)
            return NamedSignature(key: .ssh(parsed.key), ssh: parsed)
        }
        guard let fingerprint = try OpenPGPCommitSignature(armor: armor).fingerprint else {
            throw .malformed("it names no key")
        }
        return NamedSignature(key: .openpgp(fingerprint), ssh: nil)
    }

    /// As `verifiedSignature`, of what `namedSignature` parsed already.
    package func verified(
        _ named: NamedSignature, openpgp keys: OpenPGPKeys
    ) throws(SignatureRefusal) -> VerifiedSignature {
        guard let parsed = named.ssh, try onlySignature().last != 0x0a else {
            return try verifiedSignature(openpgp: keys)
        }
        try parsed.verify(signedPayload)
        return VerifiedSignature(key: .ssh(parsed.key))
    }

    private static func isOpenPGP(_ armor: [UInt8]) -> Bool { armor.starts(with: openPGPMark) }
    private static let openPGPMark = Array("-----BEGIN PGP ".utf8)

    private func onlySignature() throws(SignatureRefusal) -> [UInt8] {
        guard let signature else {
            guard !headers.contains(where: { $0.name == "gpgsig-sha256" }) else {
                throw .malformed("its signature is for another hash than the repository's")
            }
            throw SignatureRefusal(code: .unsigned, message: "the commit is not signed")
        }
        guard !irregularities.contains(where: { $0.code == .severalSignatures }) else {
            throw .malformed("the commit has several signatures")
        }
        return signature
    }
}
