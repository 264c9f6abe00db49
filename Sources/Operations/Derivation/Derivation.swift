// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
package import Commits
package import Declarations
package import Planning
package import Vocabulary

/// Everything that a plan is derived from, gathered. The one derivation that plan, approve, reconcile and the check right
/// before a push share: who calls it decides where history and observations come from, nothing else.
package struct Derivation: Sendable {
    /// What is planned: the last valid tip, or the commit that was asked for.
    package var desired: LoadedTree
    /// The tip itself, which may be invalid: takes rights away at once.
    package var tip: LoadedTree
    /// The trust set that decides.
    package var inForce: TrustSet
    package var history: History
    package var approvals: ReadApprovals
    package var requesters: RequesterTable
    package var zone: ZoneName
    package var keyChecks: [CertificateName: KeyCheck] = [:]

    package init(
        desired: LoadedTree, tip: LoadedTree, inForce: TrustSet, history: History, approvals: ReadApprovals,
        requesters: RequesterTable, zone: ZoneName
    ) {
        (self.desired, self.tip, self.inForce, self.history) = (desired, tip, inForce, history)
        (self.approvals, self.requesters, self.zone) = (approvals, requesters, zone)
    }

    package func plan(now: Timestamp) -> Plan {
        Planner.plan(
            PlanningInput(
                desired: desired.set, slots: desired.slots, inForce: inForce, tip: tip.trust, history: history,
                chains: desired.chains,
                certificates: desired.certificates, keyChecks: keyChecks, requesters: requesters,
                records: approvals.records, refusedCommits: approvals.refused, zone: zone, now: now))
    }

    /// The tip declares another trust set than the one in force.
    package var policyChange: PendingPolicyChange? {
        guard tip.isValid, tip.trust.digest != inForce.digest,
            let repository = inForce.repository?.spec.id
        else { return nil }
        let document = PolicyChangeDocument(
            from: inForce.digest, to: tip.trust.digest, number: (history.trustSet?.number ?? 0) + 1,
            previous: history.trustSet?.by, repository: repository)
        return PendingPolicyChange(
            digest: document.digest, from: inForce.digest, to: tip.trust.digest,
            changes: inForce.changes(to: tip.trust).flatMap(\.words), judgement: nil)
    }

    /// One person decides alone, and may approve what they asked for.
    package var isTrial: Bool { inForce.isTrial }
}

extension TrustSet {
    package var isTrial: Bool {
        guard let policy = policies.values.first, policies.count == 1 else { return false }
        return policy.spec.separation.requesterMayApprove && policy.spec.levels.count == 1
            && policy.spec.levels.allSatisfy { $0.count == 1 }
    }
}
