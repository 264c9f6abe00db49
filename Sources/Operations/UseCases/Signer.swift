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
    /// As records name it (`SigningKey`).
    package var key: String
    /// Other keys of this person that git could sign with instead: which subkey it takes is gpg's choice.
    package var others: Set<String>
    /// `SHA256:9xV…`, or `openpgp:` and the fingerprint.
    package var shownKey: String
    package var groups: [GroupName]

    /// With its kind, where that is not told by the key itself.
    package var keyWords: String { shownKey.hasPrefix("SHA256:") ? "ssh " + shownKey : shownKey }

    /// From the user's own git: an SSH key in a file or in an agent, a security key, or what gpg signs with.
    ///
    /// - Throws: `NoSigningKey`, `UnknownSigner`, each with the commands that help.
    static func current(_ site: Site, trust: TrustSet) async throws(UserError) -> Signer {
        let keys = try await keys(site)
        let ring = KeyRing(of: trust)
        guard let key = keys.first, let holder = ring[key]?.holder else {
            let shown = keys.first.map(SigningKey.shown) ?? ""
            throw UserError(
                "UnknownSigner", "your signing key \(shown) belongs to nobody in the trust set in force",
                hint:
                    "git config user.signingKey names the key to sign with; people declare theirs as a Person, which a policy change brings into force"
            )
        }
        switch holder {
        case .person(let name):
            let groups = trust.groups.values.filter { $0.spec.members.contains(name) }.map(\.name).sorted()
            return Signer(
                person: name, key: key, others: Set(keys.filter { ring[$0]?.holder == holder }).subtracting([key]),
                shownKey: SigningKey.shown(key), groups: groups)
        case .robot(let name): throw UserError("NotAPerson", "\(name) is a robot: it may ask, and never approves")
        case .forge(let name): throw UserError("NotAPerson", "your signing key is that of the forge \(name)")
        case .recorder(let zone): throw UserError("NotAPerson", "your signing key is the recorder's of zone \(zone)")
        }
    }

    /// What git signs with here, as records name it; of gpg's keys its own choice first. Never empty.
    static func keys(_ site: Site) async throws(UserError) -> [String] {
        switch try await format(site) {
        case .ssh: [SigningKey.identity(of: try await signingKey(site))]
        case .openpgp: try await openPGPKeys(site).map { SigningKey.identity(of: .openpgp($0)) }
        }
    }

    private enum Format { case ssh, openpgp }

    private static func format(_ site: Site) async throws(UserError) -> Format {
        switch try await configured("gpg.format", site) ?? "openpgp" {
        case "ssh": return .ssh
        case "openpgp": return .openpgp
        case let other:
            throw UserError(
                "NoSigningKey", "git is set to sign with \(Shown.text(other)); signatures by ssh and openpgp are read",
                hint: setUp)
        }
    }

    static let setUp = "git config gpg.format ssh && git config user.signingKey ~/.ssh/id_ed25519.pub"

    /// nil for what is not set, and for what is set to nothing.
    static func configured(_ name: String, _ site: Site) async throws(UserError) -> String? {
        let value = try await explained { () async throws(GitError) in try await site.git.configuration(name) }
        return value.flatMap { $0.isEmpty ? nil : $0 }
    }
}
