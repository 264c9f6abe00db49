// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
package import Declarations
package import Git
internal import Signatures
package import Vocabulary

/// Whose commit it is, for the question who asked: the key says who signed, names in git only add people.
package struct CommitIdentities: Sendable {
    package struct Identity: Hashable, Sendable {
        /// nil: unsigned, by a forge's key, or by a key that nobody has.
        package var signer: PersonName?
        package var named: Set<PersonName>
        package var isUnknown: Bool
        package var subjectLine: String
    }

    private let inForce: KeyRing
    private let tip: KeyRing
    private let openpgp: OpenPGPKeys
    private let people: [String: Set<PersonName>]  // by e-mail, lower case

    /// The set in force says who signed. What only the tip declares was approved by nobody: such a key makes its commit that of an
    /// unknown requester, and its holder one more person who may not approve.
    package init(inForce: TrustSet, tip: TrustSet) {
        (self.inForce, self.tip) = (KeyRing(of: inForce), KeyRing(of: tip))
        openpgp = self.inForce.openpgp.union(self.tip.openpgp)
        var people: [String: Set<PersonName>] = [:]
        for set in [inForce, tip] {
            for person in set.people.values {
                for email in person.spec.emails { people[email.lowercased(), default: []].insert(person.name) }
            }
        }
        self.people = people
    }

    package func of(_ raw: RawCommit) -> Identity {
        guard let commit = try? CommitObject(parsing: raw.bytes) else {
            return Identity(signer: nil, named: [], isUnknown: true, subjectLine: "")
        }
        let author = commit.author.map { people[$0.email.lowercased()] ?? [] } ?? []
        let text = commit.messageText ?? ""
        let named = author.union(Self.coAuthors(in: text).flatMap { people[$0] ?? [] })
        var identity = Identity(signer: nil, named: named, isUnknown: true, subjectLine: Self.subject(of: text))
        guard
            let key = (try? commit.verifiedForeignSignature(openpgp: openpgp)).map({ SigningKey.identity(of: $0.key) })
        else { return identity }
        switch inForce[key]?.holder {
        case .person(let name), .robot(let name): (identity.signer, identity.isUnknown) = (name, false)
        // A forge vouches that somebody was logged in, not who: it counts only where it names somebody we know.
        case .forge: identity.isUnknown = author.isEmpty
        case .recorder: break
        case nil:
            if case .person(let name)? = tip[key]?.holder { identity.named.insert(name) }
            if case .robot(let name)? = tip[key]?.holder { identity.named.insert(name) }
        }
        return identity
    }

    private static func coAuthors(in message: String) -> [String] {
        message.split(whereSeparator: \.isNewline).compactMap { line in
            guard line.lowercased().hasPrefix("co-authored-by:"), let open = line.lastIndex(of: "<"),
                let close = line[open...].firstIndex(of: ">")
            else { return nil }
            return line[line.index(after: open)..<close].lowercased()
        }
    }

    private static func subject(of message: String) -> String {
        message.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
    }
}
