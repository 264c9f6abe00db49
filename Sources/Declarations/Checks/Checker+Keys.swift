// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Signatures
internal import Vocabulary

extension Checker {
    /// What makes two declared keys one.
    private enum KeyIdentity: Hashable {
        case ssh(KeyFingerprint)
        case openpgp(String)
    }
    private struct Owner {
        var words: String  // `Person "alice"`
        var isRecorder: Bool
    }

    /// A key speaks for one person, forge or recorder; and for a time that exists.
    mutating func checkKeys() {
        var owners: [KeyIdentity: Owner] = [:]
        for person in set.people.values.sorted(by: { $0.name < $1.name }) {
            if person.spec.robot, person.spec.forge {
                object(
                    to: person, at: ["spec", "forge"], "a Person is a robot or a forge, not both", .choice)
            }
            for (index, key) in person.spec.keys.enumerated() {
                let path: [PathStep] = ["spec", "keys", .entry(index)]
                checkValidity(of: key, person, path)
                claim(key, Owner(words: "Person \(quoted(person.name.text))", isRecorder: false), person, path, &owners)
            }
        }
        for zone in set.zones.values.sorted(by: { $0.name < $1.name }) {
            for (index, key) in zone.spec.recorders.enumerated() {
                let path: [PathStep] = ["spec", "recorders", .entry(index)]
                checkValidity(of: key, zone, path)
                claim(
                    key, Owner(words: "the recorder of Zone \(quoted(zone.name.text))", isRecorder: true), zone, path,
                    &owners)
            }
        }
    }

    private mutating func claim<Spec>(
        _ key: DeclaredKey, _ owner: Owner, _ resource: Declared<Spec>, _ path: [PathStep],
        _ owners: inout [KeyIdentity: Owner]
    ) {
        let identity: KeyIdentity
        let field: PathStep
        switch key.material {
        case .ssh(let line):
            guard let key = try? PublicKey(line: line) else { return }
            (identity, field) = (.ssh(key.fingerprint), "ssh")
        case .openpgp(_, let fingerprint): (identity, field) = (.openpgp(fingerprint), "fingerprint")
        }
        guard let other = owners[identity] else {
            owners[identity] = owner
            return
        }
        // One gateway may serve two zones with one recorder; nobody counts recorders.
        if owner.isRecorder, other.isRecorder, owner.words != other.words { return }
        let whose = other.words == owner.words ? "here already" : "for \(other.words) already"
        object(to: resource, at: path + [field], "this key is declared \(whose): a key belongs to one", .sharedKey)
    }

    private mutating func checkValidity<Spec>(of key: DeclaredKey, _ resource: Declared<Spec>, _ path: [PathStep]) {
        if let begin = key.notBefore, let end = key.notAfter, begin >= end {
            object(
                to: resource, at: path + ["notAfter"], "notAfter is not after notBefore: this key would never count",
                .key)
        }
    }
}
