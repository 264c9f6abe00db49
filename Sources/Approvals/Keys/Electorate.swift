// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Declarations
package import Vocabulary

/// Who may sign, by the set in force and the tip together: giving a right needs the set in force, taking it away the tip alone.
package struct Electorate: Sendable {
    package let inForce: KeyRing
    package let tip: KeyRing
    private let groups: [GroupName: [PersonName]]
    private let people: Set<PersonName>
    private let robots: Set<PersonName>
    /// When each person has a key that stands in both sets: (key in force, the same key in the tip).
    private let keys: [PersonName: [(KeyRing.Entry, KeyRing.Entry)]]

    package init(inForce: TrustSet, tip: TrustSet) {
        let (forceRing, tipRing) = (KeyRing(of: inForce), KeyRing(of: tip))
        (self.inForce, self.tip) = (forceRing, tipRing)
        people = Set(inForce.people.keys).intersection(tip.people.keys)
        let sets = [inForce, tip]
        robots = Set(sets.flatMap { $0.people.values.filter { $0.spec.robot || $0.spec.forge }.map(\.name) })
        groups = inForce.groups.mapValues { group in
            // A group that the tip no longer declares keeps its members, so that nobody can delete those who must decide.
            guard let remaining = tip.groups[group.name] else { return group.spec.members }
            let members = Set(remaining.spec.members)
            return group.spec.members.filter(members.contains)
        }
        var keys: [PersonName: [(KeyRing.Entry, KeyRing.Entry)]] = [:]
        for (identity, entry) in forceRing.entries {
            guard case .person(let name) = entry.holder, let tipEntry = tipRing[identity],
                tipEntry.holder == entry.holder
            else {
                continue
            }
            keys[name, default: []].append((entry, tipEntry))
        }
        self.keys = keys
    }

    /// Whose record this is, by its key and when it was first seen. Fails with `UnknownKey`, `KeyRevoked` or `KeyNotValidAtFirstSeen`.
    ///
    /// A robot is a person here; that it may not approve is for `mayApprove`.
    package func signer(_ signingKey: String, at time: Timestamp) -> Result<PersonName, Refusal> {
        guard let entry = inForce[signingKey] else {
            return .failure(Words.unknownKey(SigningKey.shown(signingKey)))
        }
        guard let person = entry.holder.approver else {
            return .failure(Words.keyOfMachine(entry.fingerprint, entry.holder))
        }
        guard let tipEntry = tip[signingKey], tipEntry.holder.approver == person else {
            return .failure(Words.keyTakenAway(entry.fingerprint, person))
        }
        if let refusal = entry.refusal(at: time) ?? tipEntry.refusal(at: time) { return .failure(refusal) }
        return .success(person)
    }

    /// Whose approvals a `revoke` with this key takes back: either set is enough, for taking away works at once.
    package func revokers(_ signingKey: String, at time: Timestamp) -> Set<PersonName> {
        Set(
            [inForce, tip].compactMap { ring in
                ring.holder(forKey: signingKey, at: time)?.approver
            })
    }

    package func isRobot(_ person: PersonName) -> Bool { robots.contains(person) }

    package func isAmong(_ approvers: [Approver], _ person: PersonName) -> Bool {
        guard people.contains(person), !robots.contains(person) else { return false }
        return approvers.contains { approver in
            switch approver {
            case .person(let name): name == person
            case .group(let name): groups[name]?.contains(person) ?? false
            }
        }
    }

    /// Everybody whom `approvers` name and who has a key that is valid now, by name.
    package func available(_ approvers: [Approver], at now: Timestamp) -> [PersonName] {
        var names: Set<PersonName> = []
        for approver in approvers {
            switch approver {
            case .person(let name): names.insert(name)
            case .group(let name): names.formUnion(groups[name] ?? [])
            }
        }
        return names.filter { people.contains($0) && !robots.contains($0) && canSign($0, at: now) }.sorted()
    }

    private func canSign(_ person: PersonName, at now: Timestamp) -> Bool {
        keys[person, default: []].contains { $0.0.refusal(at: now) == nil && $0.1.refusal(at: now) == nil }
    }
}

extension KeyHolder {
    var approver: PersonName? {
        switch self {
        case .person(let name), .robot(let name): name
        case .forge, .recorder: nil
        }
    }
}
