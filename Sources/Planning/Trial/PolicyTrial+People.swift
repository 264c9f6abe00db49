// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
package import Declarations
internal import Vocabulary

extension PolicyTestSpec {
    /// What is tried: what is declared, with the groups of the test in place of those of the same name. Whoever is only named gets a
    /// key of which nobody has the private half; who is declared keeps his keys, with their dates.
    package func trustSet(from declared: DeclarationSet) -> TrustSet {
        var set = declared
        let place = SourcePosition(file: "")
        if set.repository == nil, let name = Name<RepositoryNamed>("tried") {
            set.repository = Repository(
                name: name, spec: RepositorySpec(id: "00000000-0000-4000-8000-000000000000", branch: "main"), raw: [:],
                position: place)
        }
        for (name, members) in groups {
            set.groups[name] = Group(name: name, spec: GroupSpec(members: members), raw: [:], position: place)
        }
        for name in named(in: set) where set.people[name] == nil {
            guard let key = SigningKey.imaginary(name) else { continue }
            set.people[name] = Person(
                name: name, spec: PersonSpec(keys: [DeclaredKey(material: .ssh(key))], robot: robots.contains(name)), raw: [:], position: place)
        }
        return TrustSet(of: set)
    }

    /// Everybody to whom something is given: who only signs stays unknown.
    private func named(in set: DeclarationSet) -> Set<PersonName> {
        var names = Set(set.groups.values.flatMap(\.spec.members) + robots)
        var approvers: [Approver] = set.standingApprovals.values.flatMap(\.spec.requesters)
        for policy in set.policies.values {
            approvers += policy.spec.levels.flatMap(\.approvers) + (policy.spec.policyChange?.approvers ?? [])
            approvers += policy.spec.emergency?.approvers ?? []
        }
        for case .person(let name) in approvers { names.insert(name) }
        return names
    }
}
