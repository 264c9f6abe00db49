// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
internal import Vocabulary

/// Who could still sign, and whether enough people are there at all.
struct Seats {
    private let ballot: Ballot
    private let given: [[Vote]]

    init(of ballot: Ballot, given: [[Vote]]) { (self.ballot, self.given) = (ballot, given) }

    private var rules: Rules { ballot.rules }

    /// By name: those who may sign at this level, have not counted there, nor elsewhere where that keeps them out.
    func candidates(at level: Int) -> [PersonName] {
        var seated = Set(given[level].map(\.person))
        if rules.distinctAcrossLevels { seated.formUnion(given.joined().map(\.person)) }
        let isFullOfRequesters = given[level].filter(\.isRequester).count >= rules.mostRequesters
        return people(at: level).filter { !seated.contains($0) && !(isFullOfRequesters && isRequester($0)) }
    }

    private func people(at level: Int) -> [PersonName] {
        ballot.judge.available(ballot.case.levels[level].approvers).filter {
            rules.mostRequesters > 0 || !isRequester($0)
        }
    }

    private func isRequester(_ person: PersonName) -> Bool {
        !ballot.case.separation.requesterMayApprove && ballot.case.requesters.people[person] != nil
    }

    /// The first level that nobody is left to complete, whoever takes which seat; whoever has signed could take that back.
    func unsatisfiable() -> String? {
        let people = rules.levels.indices.map { level in
            let those = self.people(at: level)
            return those + given[level].map(\.person).filter { !those.contains($0) }
        }
        for (level, those) in people.enumerated() {
            let asked = those.filter(isRequester).count
            if those.count - asked + min(asked, rules.mostRequesters) < rules.levels[level].needed {
                return rules.levels[level].name
            }
        }
        guard rules.distinctAcrossLevels else { return nil }
        // The usual case at once: at each level more people than all levels together need.
        let needed = rules.levels.reduce(0) { $0 + $1.needed }
        if people.allSatisfy({ $0.count >= needed }) { return nil }
        var seating = Seating(people: people)
        for (level, rule) in rules.levels.enumerated() {
            for _ in 0..<rule.needed where !seating.fillOne(at: level) { return rule.name }
        }
        return nil
    }
}

/// A bipartite matching of people to the levels' seats by augmenting paths: each new seat may move those who sit to another level.
private struct Seating {
    let people: [[PersonName]]
    private var level: [PersonName: Int] = [:]

    init(people: [[PersonName]]) { self.people = people }

    mutating func fillOne(at target: Int) -> Bool {
        var visited: Set<PersonName> = []
        return find(target, &visited)
    }

    private mutating func find(_ target: Int, _ visited: inout Set<PersonName>) -> Bool {
        for person in people[target] where visited.insert(person).inserted {
            if let current = level[person] {
                guard current != target, find(current, &visited) else { continue }
            }
            level[person] = target
            return true
        }
        return false
    }
}
