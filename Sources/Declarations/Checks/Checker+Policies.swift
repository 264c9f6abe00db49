// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Vocabulary

extension Checker {
    mutating func checkPolicies() {
        let policies = set.policies.values.sorted { $0.name < $1.name }
        for policy in policies {
            checkLevels(of: policy)
            checkPolicyChange(of: policy)
            check(policy.spec.rollout, of: policy)
            for (index, freeze) in policy.spec.freezes.enumerated() where freeze.until <= freeze.from {
                object(
                    to: policy, at: ["spec", "freezes", .entry(index), "until"],
                    "a freeze until \(freeze.until) ends before it begins at \(freeze.from)", .value)
            }
            if let emergency = policy.spec.emergency {
                checkCount(emergency.count, of: emergency.approvers, policy, ["spec", "emergency", "count"])
            }
        }
        checkPriorities(policies)
        let isKnown =
            set.policies.keys.contains { $0.text == "default" } || isBroken(.approvalPolicy, "default") || isTorn
        if !isKnown, let repository = set.repository {
            object(
                .warning, to: repository, at: [],
                "no ApprovalPolicy is named default: nothing says who may change the trust set, so nobody can",
                .defaultPolicy)
        }
    }

    /// The people whom approvers name, robots and forges left out; nil if some of them did not decode.
    func people(in approvers: [Approver]) -> Set<PersonName>? {
        var people: Set<PersonName> = []
        for approver in approvers {
            switch approver {
            case .person(let name):
                guard set.people[name] != nil else { return nil }
                people.insert(name)
            case .group(let name):
                guard let group = set.groups[name], group.spec.members.allSatisfy({ set.people[$0] != nil }) else {
                    return nil
                }
                people.formUnion(group.spec.members)
            }
        }
        return people.filter { name in
            guard let person = set.people[name]?.spec else { return false }
            return !person.robot && !person.forge
        }
    }

    private mutating func checkLevels(of policy: ApprovalPolicy) {
        var names: Set<String> = []
        for (index, level) in policy.spec.levels.enumerated() {
            if !names.insert(level.name).inserted {
                object(
                    to: policy, at: ["spec", "levels", .entry(index), "name"],
                    "two levels of this policy are named \(quoted(level.name))", .level)
            }
            checkCount(level.count, of: level.approvers, policy, ["spec", "levels", .entry(index), "count"])
        }
        checkSeparation(of: policy)
    }

    private mutating func checkCount(
        _ count: Int, of approvers: [Approver], _ policy: ApprovalPolicy, _ path: [PathStep]
    ) {
        guard let people = people(in: approvers), people.count < count else { return }
        let words = people.isEmpty ? "nobody" : people.count == 1 ? "one person" : "\(people.count) people"
        object(
            to: policy, at: path,
            "\(count) must sign, but \(listed(approvers.map(\.description), "and")) \(approvers.count == 1 ? "names" : "name") \(words) (robots left out)",
            .count)
    }

    /// Where one person signs at one level only, or whoever asked may not sign: is somebody left for every level?
    private mutating func checkSeparation(of policy: ApprovalPolicy) {
        let spec = policy.spec
        var seats: [Set<PersonName>] = []
        for level in spec.levels {
            guard let people = people(in: level.approvers), people.count >= level.count else { return }
            if spec.separation.distinctAcrossLevels {
                seats += Array(repeating: people, count: level.count)
            } else if !spec.separation.requesterMayApprove, people.count == level.count, let person = people.min() {
                object(
                    .warning, to: policy, at: ["spec", "levels"],
                    "level \(level.name) needs all of its people: what one of them (\(person)) asks for, nobody can approve",
                    .separation)
                return
            }
        }
        guard spec.separation.distinctAcrossLevels else { return }
        var seating = Seating(seats)
        guard seating.isComplete else {
            object(
                .warning, to: policy, at: ["spec", "levels"],
                "the levels need \(seats.count) different people and name too few: nobody is left for some level",
                .separation)
            return
        }
        guard !spec.separation.requesterMayApprove, let person = seating.indispensable() else { return }
        object(
            .warning, to: policy, at: ["spec", "levels"],
            "what \(person) asks for, nobody can approve: without \(person) too few people are left", .separation)
    }

    private mutating func checkPolicyChange(of policy: ApprovalPolicy) {
        if let change = policy.spec.policyChange {
            if policy.name.text != "default" {
                object(
                    to: policy, at: ["spec", "policyChange"],
                    "policyChange stands only in the ApprovalPolicy named default",
                    .policyChange)
            }
            checkCount(change.count, of: change.approvers, policy, ["spec", "policyChange", "count"])
        } else if policy.name.text == "default", let people = people(in: policy.spec.levels.flatMap(\.approvers)),
            people.count < 2
        {
            object(
                .warning, to: policy, at: ["spec", "levels"],
                "a change of the trust set needs two people of these levels, and they name \(people.count): declare policyChange",
                .policyChange)
        }
    }

    /// Two policies of one priority could both be the highest that matches. Device, zone, labels and names do not keep
    /// them apart: a policy is matched over every slot that holds the same key, and those may lie anywhere. Only the
    /// class of change is one for each work order.
    private mutating func checkPriorities(_ policies: [ApprovalPolicy]) {
        for (_, equals) in Dictionary(grouping: policies, by: \.spec.priority) where equals.count > 1 {
            for (index, policy) in equals.enumerated() {
                let other = equals[..<index].first { !Self.areDisjoint($0.spec.match, policy.spec.match) }
                guard let other else { continue }
                object(
                    to: policy, at: ["spec", "priority"],
                    "priority \(policy.spec.priority) is that of ApprovalPolicy \(quoted(other.name.text)) too, and both can match one change: the higher decides, so they must differ",
                    .priority)
            }
        }
    }

    private static func areDisjoint(_ left: ApprovalPolicySpec.Match, _ right: ApprovalPolicySpec.Match) -> Bool {
        !left.changes.isEmpty && !right.changes.isEmpty && Set(left.changes).isDisjoint(with: right.changes)
    }

    mutating func checkStandingApprovals() {
        for standing in set.standingApprovals.values where standing.spec.maxPerHour > standing.spec.maxPerDay {
            object(
                .warning, to: standing, at: ["spec", "maxPerHour"],
                "maxPerHour is above maxPerDay: the day's budget decides",
                .value)
        }
    }
}
