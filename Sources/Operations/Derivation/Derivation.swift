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
    /// What may become the trust set: the commit that was asked for, else the tip; nil where that is not valid.
    package var proposed: LoadedTree?
    /// The trust set that decides.
    package var trust: TrustInForce
    package var inForce: TrustSet { trust.set }
    package var history: History
    package var approvals: ReadApprovals
    package var requesters: RequesterTable
    package var zone: ZoneName
    package var keyChecks: [CertificateName: KeyCheck] = [:]
    package var restoredKeyChecks: [ConnectorName: KeyCheck] = [:]
    /// Devices that are new in this zone, and who had them.
    package var handover = Handover()

    package init(
        desired: LoadedTree, tip: LoadedTree, proposed: LoadedTree?, trust: TrustInForce, history: History,
        approvals: ReadApprovals, requesters: RequesterTable, zone: ZoneName
    ) {
        (self.desired, self.tip, self.proposed, self.trust) = (desired, tip, proposed, trust)
        (self.history, self.approvals) = (history, approvals)
        (self.requesters, self.zone) = (requesters, zone)
    }

    package func plan(now: Timestamp) -> Plan {
        var input = PlanningInput(
            desired: desired.set, slots: desired.slots, inForce: inForce, tip: tip.trust, history: history,
            chains: desired.chains,
            certificates: desired.certificates, keyChecks: keyChecks, requesters: requesters,
            records: approvals.records, refusedCommits: approvals.refused, zone: zone, now: now)
        input.policyChange = change?.digest
        input.restoredKeyChecks = restoredKeyChecks
        input.notReleased = handover.awaited
        return Planner.plan(input)
    }

    /// The change that what is proposed makes to the set in force; nil: none.
    private var change: PolicyChangeDocument? {
        guard let proposed, proposed.trust.digest != inForce.digest else { return nil }
        return PolicyChangeDocument(
            from: inForce, to: proposed.trust, number: trust.number + 1, previous: trust.previous)
    }

    /// The policy change that is open, judged by the set in force; nil: what is proposed declares no other trust set.
    package func policyChange(now: Timestamp) -> PendingPolicyChange? {
        guard let document = change, let proposed else { return nil }
        let digest = document.digest
        let asking = requesters.asking(from: inForce, at: trust.commit, to: proposed.trust, at: proposed.commit)
        var pending = PendingPolicyChange(
            digest: digest, from: inForce.digest, to: proposed.trust.digest,
            changes: inForce.changes(to: proposed.trust).flatMap { change in
                let new = change.kind == .added ? "new " : ""
                return change.words.map { "\(new)\(change.key.kind.rawValue) \(change.key.name): \($0)" }
            }, judgement: nil)
        (pending.document, pending.commit, pending.requesters) = (document, proposed.commit, asking)
        guard let policy = inForce.decidingPolicy else {
            pending.state = .blocked(
                Block(.noApprover, "no ApprovalPolicy named default is in force: nobody can decide over the trust set"))
            return pending
        }
        var judgement = Judge(inForce: inForce, tip: tip.trust, now: now).judgement(
            on: .policyChange(
                digest, under: policy.spec, requesters: asking, since: history.beginning?.at),
            records: RecordIndex(approvals.records))
        judgement.refused += approvals.refused.filter { $0.claims.contains(digest.id) }
        pending.expiresAfter = policy.spec.expiresAfter
        let blocks = judgement.unsatisfiable.map { _ in
            [
                Block(
                    .noApprover,
                    "not enough people are left who may decide over the trust set; the last way out is countersign trust COMMIT --anew on the gateway's host"
                )
            ]
        }
        pending.state = WorkOrderState.derived(from: StateFacts(judgement: judgement, blocks: blocks ?? []), at: now)
        pending.judgement = judgement
        return pending
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

extension Derivation {
    /// Adding one works at once: in force, at the tip, or in what is planned.
    package var compromisedKeys: Set<SPKIFingerprint> {
        [inForce.repository, tip.trust.repository, desired.set.repository].reduce(into: []) {
            $0.formUnion($1?.spec.compromisedKeys ?? [])
        }
    }
}
