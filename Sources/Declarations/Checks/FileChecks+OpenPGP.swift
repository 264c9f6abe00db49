// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Signatures
internal import Vocabulary

extension FileChecks {
    /// Whose each OpenPGP key is that can sign: also of a subkey that two primary keys have bound.
    struct OpenPGPOwners {
        fileprivate var people: [String: PersonName] = [:]
    }

    /// A file with the key that is declared, of which something can sign.
    mutating func checkOpenPGP(
        _ path: String, _ fingerprint: String, _ person: Person, _ index: Int, _ owners: inout OpenPGPOwners
    ) {
        let place: [PathStep] = ["spec", "keys", .entry(index)]
        guard let file = checkPlain(path, person, place + ["openpgp"]) else { return }
        do throws(OpenPGPKeyError) {
            let keys = try OpenPGPKeyFile.signingKeys(of: fingerprint, in: file.bytes)
            guard keys.contains(where: { $0.strength == .sound }) else {
                guard case .weak(let why)? = keys.first?.strength else { return }
                return object(to: person, at: place + ["openpgp"], "\(quoted(path)): \(why)", .key)
            }
            for key in keys {
                let owner = owners.people[key.fingerprint]
                owners.people[key.fingerprint] = owner ?? person.name
                // That two declare one primary key is said of the primary key.
                guard let owner, owner != person.name, key.fingerprint != key.primary else { continue }
                object(
                    to: person, at: place + ["openpgp"],
                    "\(quoted(path)): the subkey \(key.fingerprint) is Person \(quoted(owner.text))'s already: a key belongs to one",
                    .sharedKey)
            }
        } catch {
            object(
                to: person, at: place + [error.code == .absent ? "fingerprint" : "openpgp"],
                "\(quoted(path)): \(error)", .key)
        }
    }

    private mutating func object(to person: Person, at place: [PathStep], _ message: String, _ rule: Rule) {
        objections.append(
            Objection(resource: person.position, path: place, severity: .error, message: message, rule: rule))
    }
}
