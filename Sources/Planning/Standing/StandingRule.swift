// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
package import Declarations
package import Vocabulary

/// The standing approvals of one trust set, as of one instant. It takes everything narrowly: where something cannot be shown,
/// people sign.
package struct StandingRule: Sendable {
    private let inForce: TrustSet
    private let tip: TrustSet
    private let now: Timestamp
    /// By name, so that every pass chooses the same.
    package let approvals: [StandingApproval]

    package init(inForce: TrustSet, tip: TrustSet, now: Timestamp) {
        (self.inForce, self.tip, self.now) = (inForce, tip, now)
        approvals = inForce.standingApprovals.values.sorted { $0.name < $1.name }
    }

    /// Whether it is meant for such a place at all: else nobody is told of it.
    package func concerns(_ approval: StandingApproval, _ facts: StandingFacts, levels: [String]) -> Bool {
        !Set(approval.spec.levels).isDisjoint(with: levels)
            && facts.places.first.map { approval.spec.match.takesIn($0) } ?? false
    }

    /// Each condition that is not met, in a fixed order; empty: it stands.
    package func objections(to approval: StandingApproval, _ facts: StandingFacts) -> [StandingObjection] {
        let spec = approval.spec
        var found = facts.differs.map { StandingObjection($0.key, $0.value) }
        func object(_ condition: StandingCondition, _ message: String) {
            found.append(StandingObjection(condition, message))
        }
        // Taking away works at once: what the tip no longer says, or says otherwise, stands no more.
        if tip.standingApprovals[approval.name].map({ $0.raw != approval.raw || $0.spec != spec }) ?? true {
            object(.inForce, "the tip of the branch does not declare it as it is in force")
        }
        if now > spec.notAfter { object(.notAfter, "it ended at \(spec.notAfter)") }
        if let place = facts.places.first(where: { !spec.match.takesIn($0) }) {
            object(
                .place, "its match does not take in \(place.device.name) with all names there, where the same key is")
        }
        if !spec.changes.contains(facts.change)
            || !spec.match.changes.isEmpty && !spec.match.changes.contains(facts.change)
        {
            object(
                .change,
                "it is for \(Block.list(spec.changes.map(\.rawValue))), and this is of class \(facts.change.rawValue)")
        }
        if let message = strangers(facts.requesters, spec.requesters) { object(.requester, message) }
        let isKnownIssuer = spec.issuers.contains { issuer in
            switch issuer {
            case .spki(let key): facts.issuer == key
            case .root(let path): facts.roots.contains(path)
            }
        }
        if !isKnownIssuer { object(.issuer, "the new certificate was issued by none of those that it lists") }
        return found.sorted()
    }

    /// What of a change's levels it stands for, and until when; nil where none does.
    package func standing(
        for facts: StandingFacts, levels: [String], leavingOut spent: Set<StandingApprovalName> = []
    ) -> (levels: [String: StandingApprovalName], until: Timestamp)? {
        var chosen: [String: StandingApprovalName] = [:]
        var until: Timestamp?
        for approval in approvals where !spent.contains(approval.name) {
            let own = approval.spec.levels.filter { levels.contains($0) && chosen[$0] == nil }
            guard !own.isEmpty, objections(to: approval, facts).isEmpty else { continue }
            for level in own { chosen[level] = approval.name }
            let end = approval.spec.notAfter + 1
            until = min(until ?? end, end)
        }
        return until.map { (chosen, $0) }
    }

    /// Requesters: at least one, everybody known, everybody listed in the set in force and in the tip. Robots may be.
    private func strangers(_ requesters: Requesters, _ listed: [Approver]) -> String? {
        if let unknown = requesters.unknown {
            return
                "commit \(unknown.commit.short) on \(Shown.text(unknown.what)) is not signed by anybody who is declared"
        }
        guard !requesters.people.isEmpty else { return "nobody asked for it" }
        let allowed = people(listed, in: inForce).intersection(people(listed, in: tip))
        let others = requesters.people.keys.filter { !allowed.contains($0) }.sorted()
        return others.isEmpty ? nil : "asked for by \(Block.list(others.map(\.text))), whom it does not list"
    }

    private func people(_ listed: [Approver], in set: TrustSet) -> Set<PersonName> {
        var names: Set<PersonName> = []
        for approver in listed {
            switch approver {
            case .person(let name): names.insert(name)
            case .group(let name): names.formUnion(set.groups[name]?.spec.members ?? [])
            }
        }
        return names.filter { set.people[$0] != nil }
    }
}

extension ApprovalPolicySpec.Match {
    /// Narrowly: the device and *every* name there. A policy that guards is matched by some name, one that lets pass by all.
    fileprivate func takesIn(_ place: StandingFacts.Place) -> Bool {
        guard matches(place.device) else { return false }
        guard !names.isEmpty else { return true }
        return !place.names.isEmpty
            && place.names.allSatisfy { name in names.contains { NamePattern.covers($0, name) } }
    }
}
