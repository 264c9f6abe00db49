// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
internal import Commits
internal import Declarations
internal import Git
package import Planning
package import Vocabulary

/// `review`: says, signed, that somebody outside of an emergency's quorum has looked at it: at all slots that it was about.
package struct ReviewOperation: Sendable {
    package struct Wish: Sendable {
        package var ids: [String]
        package var comment: String
        /// Only what full digests name: nobody looks at what is shown.
        package var unattended: Bool

        package init(ids: [String], comment: String, unattended: Bool) {
            (self.ids, self.comment, self.unattended) = (ids, comment, unattended)
        }
    }

    private let site: Site
    private let time: any TimeSource

    package init(site: Site, time: any TimeSource) { (self.site, self.time) = (site, time) }

    /// - Returns: what is signed by `ApproveOperation.sign`, and the pushes that it is about, those of one emergency together.
    /// - Throws: where the review could not count, the refusal's own code with the reason.
    package func prepare(
        _ wish: Wish
    ) async throws(UserError) -> (prepared: ApproveOperation.Prepared, emergencies: [Plan.OpenEmergency]) {
        _ = try await site.fetch()
        let now = time.now
        let view = try await Viewpoint.open(site, own: false, now: now)
        guard case .statusBranch(let parent, _) = view.source else {
            throw UserError(
                "NoStatus", "zone \(view.zone) has no status branch yet: there is nothing to review",
                hint: "run on the gateway: countersign reconcile")
        }
        let derivation = try await view.derive(nil, now: now)
        let plan = derivation.plan(now: now)
        let emergencies = try find(wish, plan, view.history)
        let signer = try await Signer.current(site, trust: view.trust.set)
        let record = ApprovalRecord(
            repository: view.trust.set.repository?.spec.id ?? "", level: ApprovalPolicySpec.emergencyLevelName,
            decision: .review, subject: .workOrders(emergencies.map(\.workOrder)), implementation: .manual,
            title: Self.title(emergencies), comment: wish.comment,
            tree: try explained { () throws(GitError) in try site.git.commit(parent).tree }, parent: parent,
            committed: now)
        let trial = SeenRecord(
            signed: SignedRecord(
                key: RecordKey(hashing: Array("trial".utf8)), commit: .zero, record: record, signingKey: signer.key),
            firstSeen: nil)
        let judge = Judge(inForce: view.trust.set, tip: derivation.tip.trust, now: now)
        for facts in emergencies.map(\.facts) {
            guard let policy = view.trust.set.policies[facts.policy]?.spec else {
                throw UserError(
                    "UnknownLevel", "policy \(facts.policy) is no longer in force: nobody can say who may review")
            }
            if case .failure(let refusal) = judge.reviewer(trial, of: facts.people, under: policy) {
                throw UserError(refusal)
            }
        }
        let prepared = ApproveOperation.Prepared(
            signer: signer, record: record, orders: [], folder: emergencies.first?.workOrder.id ?? "WO",
            report: PlanReport(
                derivation, view, refName: view.trust.set.repository?.spec.branch ?? "main", plan: plan, now: now),
            goodUntil: nil, lastCompleted: [:], openpgp: KeyRing(of: view.trust.set).openpgp)
        return (prepared, emergencies)
    }

    private static func title(_ emergencies: [Plan.OpenEmergency]) -> String {
        let others = emergencies.count - 1
        let first = emergencies.first.map { "Review the emergency on \($0.facts.connector)" } ?? "Review"
        return others > 0 ? first + " and \(others) more" : first
    }

    /// What is shown to somebody is one emergency, whole; what nobody looks at is what is named, and nothing else.
    private func find(_ wish: Wish, _ plan: Plan, _ history: History) throws(UserError) -> [Plan.OpenEmergency] {
        let named = try wish.ids.map { (id) throws(UserError) in try find(id, wish, plan, history) }
        let found = plan.emergenciesWhole.flatMap(\.self).filter { one in
            named.contains { wish.unattended ? $0.workOrder == one.workOrder : $0.isOne(with: one) }
        }
        guard found.count <= 1000 else {
            throw UserError("TooMany", "one record holds 1,000 work orders at most, these are \(found.count)")
        }
        return found
    }

    private func find(
        _ id: String, _ wish: Wish, _ plan: Plan, _ history: History
    ) throws(UserError) -> Plan.OpenEmergency {
        if wish.unattended, !id.hasPrefix("sha256:") {
            throw UserError(
                "FullDigestNeeded", "with --yes only full digests are signed, not \"\(Shown.text(id))\"",
                hint: "countersign plan --format json shows them, in emergencies")
        }
        let prefix = id.uppercased()
        func isMeant(_ digest: WorkOrderDigest) -> Bool {
            id.hasPrefix("sha256:") ? digest.description == id : prefix.count > 3 && digest.id.hasPrefix(prefix)
        }
        let found = plan.emergencies.filter { isMeant($0.workOrder) }
        if found.count == 1 { return found[0] }
        if found.count > 1 {
            throw UserError(
                "AmbiguousID",
                "\"\(Shown.text(id))\" could be \(found.map(\.workOrder.id).joined(separator: ", "))")
        }
        if let done = history.emergencies.first(where: { isMeant($0.key) && $0.value.review != nil }) {
            throw UserError(
                "AlreadyUsed", "\(done.key.id) was reviewed by \(done.value.reviewedBy?.text ?? "somebody") already")
        }
        throw UserError(
            "UnknownID", "no emergency that waits for a review is \"\(Shown.text(id))\"",
            hint: plan.emergencies.isEmpty
                ? "there is none" : "waiting: \(plan.emergenciesWhole.compactMap(\.first?.workOrder.id).joined(separator: ", "))")
    }
}
