// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Declarations
package import Signatures
package import Vocabulary

/// To whom a declared key belongs.
package enum KeyHolder: Hashable, Sendable {
    case person(PersonName)
    /// A robot may ask and never approves.
    case robot(PersonName)
    /// A forge's own key neither asks nor approves.
    case forge(PersonName)
    case recorder(ZoneName)
}

/// The keys that one trust set declares, by identity (`SigningKey.identity`).
///
/// A key that two declare, as persons or as person and recorder, belongs to nobody: `validate` refuses such a set, and
/// where one is met all the same (a partial tip) nothing may count twice through it.
package struct KeyRing: Sendable {
    package struct Entry: Hashable, Sendable {
        package var holder: KeyHolder
        package var notBefore: Timestamp?
        package var notAfter: Timestamp?
        package var revokedFrom: Timestamp?
        /// As people compare keys.
        package var fingerprint: String

        /// Both `notBefore` and `notAfter` are inclusive, as in X.509; `revokedFrom` is the first second without the key.
        func refusal(at time: Timestamp) -> Refusal? {
            if let revokedFrom, time >= revokedFrom { return Words.keyRevoked(holder, from: revokedFrom, at: time) }
            if let notBefore, time < notBefore { return Words.keyNotYetValid(holder, from: notBefore, at: time) }
            if let notAfter, time > notAfter { return Words.keyNoLongerValid(holder, until: notAfter, at: time) }
            return nil
        }

        fileprivate func named(_ fingerprint: String) -> Self {
            var named = self
            named.fingerprint = fingerprint
            return named
        }

        /// The same key of one holder, said twice: the narrower dates.
        fileprivate func tightened(by other: Self) -> Self {
            Self(
                holder: holder, notBefore: [notBefore, other.notBefore].compactMap(\.self).max(),
                notAfter: [notAfter, other.notAfter].compactMap(\.self).min(),
                revokedFrom: [revokedFrom, other.revokedFrom].compactMap(\.self).min(), fingerprint: fingerprint)
        }
    }

    let entries: [String: Entry]
    /// What its OpenPGP keys verify with: an OpenPGP signature brings no key of its own.
    package let openpgp: OpenPGPKeys

    package init(of set: TrustSet) {
        var entries: [String: Entry] = [:]
        var (contested, openpgp): (Set<String>, [OpenPGPSigningKey]) = ([], [])
        func add(_ identity: String, _ entry: Entry) {
            guard let other = entries[identity] else { return entries[identity] = entry }
            if other.holder == entry.holder {
                entries[identity] = entry.tightened(by: other)
            } else {
                contested.insert(identity)
            }
        }
        func add(_ key: DeclaredKey, of holder: KeyHolder) {
            let declared = Entry(
                holder: holder, notBefore: key.notBefore, notAfter: key.notAfter, revokedFrom: key.revokedFrom,
                fingerprint: "")
            switch key.material {
            case .ssh(let line):
                // A weak one is no key, an OpenSSH certificate neither: nobody can have signed with it.
                guard let key = try? PublicKey(line: line), key.strength == .sound else { return }
                add(SigningKey.identity(of: key), declared.named(key.fingerprintText))
            case .openpgp(let path, let fingerprint):
                for key in set.openpgpKeys(path, fingerprint) {
                    openpgp.append(key)
                    guard key.strength == .sound else { continue }
                    let name = SigningKey.identity(of: .openpgp(key.fingerprint))
                    let file = Entry(
                        holder: holder, notBefore: key.notBefore, notAfter: key.notAfter, revokedFrom: key.revokedFrom,
                        fingerprint: name)
                    add(name, declared.named(name).tightened(by: file))
                }
            }
        }
        for (name, person) in set.people {
            let holder: KeyHolder =
                person.spec.forge ? .forge(name) : person.spec.robot ? .robot(name) : .person(name)
            for key in person.spec.keys { add(key, of: holder) }
        }
        for (name, zone) in set.zones {
            for key in zone.spec.recorders { add(key, of: .recorder(name)) }
        }
        for identity in contested { entries[identity] = nil }
        (self.entries, self.openpgp) = (entries, OpenPGPKeys(openpgp))
    }

    package subscript(signingKey: String) -> Entry? { entries[signingKey] }

    /// A key of this person: one that is valid at a time, else any; nil: they have none that could count.
    package func key(of person: PersonName, at time: Timestamp) -> String? {
        let own = entries.filter { $0.value.holder.approver == person }.sorted { $0.key < $1.key }
        return (own.first { $0.value.refusal(at: time) == nil } ?? own.first)?.key
    }

    /// To whom `signingKey` belonged at a time; nil: to nobody then.
    package func holder(forKey signingKey: String, at time: Timestamp) -> KeyHolder? {
        guard let entry = entries[signingKey], entry.refusal(at: time) == nil else { return nil }
        return entry.holder
    }

    /// Who asked, by the key that signed a commit: a person or a robot. A forge and a recorder ask for nothing.
    package func person(forKey signingKey: String, at time: Timestamp) -> PersonName? {
        switch holder(forKey: signingKey, at: time) {
        case .person(let name), .robot(let name): name
        case .forge, .recorder, nil: nil
        }
    }

    /// The zone whose recorder this key was at a time.
    package func recorder(forKey signingKey: String, at time: Timestamp) -> ZoneName? {
        if case .recorder(let zone) = holder(forKey: signingKey, at: time) { zone } else { nil }
    }
}

extension TrustSet {
    /// What the file that a key is declared by holds of it; nothing where the file is none, which `validate` says.
    fileprivate func openpgpKeys(_ path: String, _ fingerprint: String) -> [OpenPGPSigningKey] {
        guard let file = contents[path] else { return [] }
        return (try? OpenPGPKeyFile.signingKeys(of: fingerprint, in: file.bytes)) ?? []
    }
}
