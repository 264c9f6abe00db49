// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
internal import Declarations
internal import Git
internal import Signatures
package import Vocabulary

/// The person at this host: whose key git signs with.
package struct Signer: Sendable {
    package var person: PersonName
    /// The OpenSSH public key line.
    package var key: String
    /// `SHA256:9xV…`
    package var shownKey: String
    package var groups: [GroupName]

    /// From `gpg.format` and `user.signingKey` of the user's own git.
    ///
    /// - Throws: `NoSigningKey`, `UnknownSigner`, each with the commands that help.
    static func current(_ site: Site, trust: TrustSet) async throws(UserError) -> Signer {
        let key = try await signingKey(site)
        let ring = KeyRing(of: trust)
        guard let holder = ring[key.line]?.holder else {
            throw UserError(
                "UnknownSigner", "your signing key \(key.fingerprintText) belongs to nobody in the trust set in force",
                hint: "git config user.signingKey names the key to sign with; people declare theirs as a Person, which a policy change brings into force")
        }
        switch holder {
        case .person(let name):
            let groups = trust.groups.values.filter { $0.spec.members.contains(name) }.map(\.name).sorted()
            return Signer(person: name, key: key.line, shownKey: key.fingerprintText, groups: groups)
        case .robot(let name): throw UserError("NotAPerson", "\(name) is a robot: it may ask, and never approves")
        case .forge(let name): throw UserError("NotAPerson", "your signing key is that of the forge \(name)")
        case .recorder(let zone): throw UserError("NotAPerson", "your signing key is the recorder's of zone \(zone)")
        }
    }

    /// The public half of what git signs with.
    static func signingKey(_ site: Site) async throws(UserError) -> PublicKey {
        let format = try await explained { () async throws(GitError) in try await site.git.configuration("gpg.format") }
        let configured = try await explained { () async throws(GitError) in
            try await site.git.configuration("user.signingKey")
        }
        let setUp = "git config gpg.format ssh && git config user.signingKey ~/.ssh/id_ed25519.pub"
        guard let configured, !configured.isEmpty else {
            throw UserError("NoSigningKey", "git does not know which key you sign with", hint: setUp)
        }
        guard format == "ssh" else {
            throw UserError(
                "NoSigningKey", "git is set to sign with \(format ?? "openpgp"); this version takes signatures by SSH keys",
                hint: setUp)
        }
        let text = configured.hasPrefix("key::") ? String(configured.dropFirst(5)) : configured
        if text.hasPrefix("ssh-") || text.hasPrefix("sk-") || text.hasPrefix("ecdsa-") {
            return try parsed(text, from: "git config user.signingKey")
        }
        let home = site.options.environment["HOME"] ?? ""
        let path = text.hasPrefix("~/") ? home + text.dropFirst(1) : text
        for candidate in path.hasSuffix(".pub") ? [path] : [path + ".pub", path] {
            guard let bytes = SmallFile.read(candidate), let line = String(validating: bytes, as: UTF8.self),
                !line.contains("PRIVATE KEY")
            else { continue }
            return try parsed(line, from: candidate)
        }
        throw UserError(
            "NoSigningKey", "the key that git signs with cannot be read: \(Shown.text(path))",
            hint: "ssh-keygen -t ed25519 makes one; then: \(setUp)")
    }

    private static func parsed(_ line: String, from place: String) throws(UserError) -> PublicKey {
        do throws(PublicKeyError) {
            return try PublicKey(line: line.split(whereSeparator: \.isNewline).first ?? "")
        } catch {
            throw UserError("NoSigningKey", "\(Shown.text(place)) holds no OpenSSH public key: \(error)")
        }
    }
}
