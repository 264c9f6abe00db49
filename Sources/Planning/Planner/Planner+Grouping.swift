// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
internal import Declarations
internal import Vocabulary

extension Planner {
    /// Holds back what is above the limits until the last level says that it knows.
    func limit(_ workOrders: inout [WorkOrder]) -> LimitStanding {
        let counted = workOrders.indices.filter {
            workOrders[$0].countsTowardsLimits && !passesOverLimits(workOrders[$0])
        }
        let standing = LimitStanding(
            changed: counted.count, of: input.desired.connectors.count,
            limits: input.inForce.repository?.spec.limits ?? .standard)
        guard standing.exceeded else { return standing }
        let block = Block.limitExceeded(standing)
        for index in counted where !workOrders[index].acknowledges(changes: standing.changed) {
            let workOrder = workOrders[index]
            workOrders[index].blocks = (workOrder.blocks + [block]).sorted { $0.code.rank < $1.code.rank }
            workOrders[index].state = .derived(
                from: StateFacts(
                    outcome: workOrder.history.outcome, judgement: workOrder.judgement, blocks: workOrders[index].blocks
                ),
                at: input.now)
        }
        return standing
    }

    private func passesOverLimits(_ order: WorkOrder) -> Bool {
        guard let policy = order.policy.flatMap({ input.inForce.policies[$0.name] }) else { return false }
        return order.judgement.passesOver(.limits, policy.spec)
    }

    /// All open work orders of one certificate and leaf, sorted by certificate, then leaf.
    func requests(of workOrders: [WorkOrder]) -> [Request] {
        var found: [RequestDigest: Request] = [:]
        for workOrder in workOrders {
            guard let digest = workOrder.digest, let key = workOrder.request, let certificate = workOrder.certificate,
                let leaf = workOrder.installs?.leaf
            else { continue }
            var request =
                found[key]
                ?? Request(
                    digest: key, certificate: certificate, leaf: leaf, requesters: Requesters(), workOrders: [])
            request.workOrders.append(digest)
            request.requesters.people.merge(workOrder.requesters.people) { first, _ in first }
            request.requesters.unknown = request.requesters.unknown ?? workOrder.requesters.unknown
            found[key] = request
        }
        return found.values.sorted { ($0.certificate, $0.leaf) < ($1.certificate, $1.leaf) }
    }

    /// Records that fit no open work order. One that was counted for work that has ended did what it was for, and is not
    /// among them.
    func refused(besides workOrders: [WorkOrder]) -> [Judgement.RefusedRecord] {
        var refused = input.refusedCommits
        guard !records.records.isEmpty else { return refused.sorted { $0.commit < $1.commit } }
        let open = Set(workOrders.compactMap(\.digest))
        let ended = endings()
        for record in records.records {
            if let misfit = policyChangeMisfit(record) { refused.append(misfit) }
            guard case .workOrders(let digests) = record.signed.record.subject, open.isDisjoint(with: digests) else {
                continue
            }
            let endings = digests.compactMap { ended[$0] }
            if let last = endings.max(), let seen = record.firstSeen, seen <= last { continue }
            let refusal =
                judge.fault(of: record)
                ?? (endings.isEmpty
                    ? Refusal(
                        .staleDigest,
                        "no open work order has \(digests.count == 1 ? "this digest" : "one of these digests"): what is planned has "
                            + "changed, look at countersign plan and sign again")
                    : Refusal(.alreadyUsed, "the work order has ended; a new push needs new signatures"))
            refused.append(
                Judgement.RefusedRecord(
                    commit: record.signed.commit, refusal: refusal, claims: Set(digests.map(\.id))))
        }
        return refused.sorted { ($0.commit, $0.refusal.code.rawValue) < ($1.commit, $1.refusal.code.rawValue) }
    }

    /// A record on a policy change that is neither open nor the one that brought the present set into force.
    private func policyChangeMisfit(_ record: SeenRecord) -> Judgement.RefusedRecord? {
        guard case .policyChange(let digest) = record.signed.record.subject, digest != input.policyChange else {
            return nil
        }
        if let last = input.history.trustSet, last.by == digest {
            if let seen = record.firstSeen, seen <= last.at { return nil }
            return Judgement.RefusedRecord(
                commit: record.signed.commit, refusal: Refusal(.alreadyUsed, "this policy change is in force"),
                claims: [digest.id])
        }
        let refusal =
            record.placement
            ?? Refusal(
                .staleDigest,
                "no open policy change has this digest: what is proposed, or the set in force, has changed; look at countersign plan "
                    + "and sign again")
        return Judgement.RefusedRecord(commit: record.signed.commit, refusal: refusal, claims: [digest.id])
    }

    /// Says what is no countable record (unsigned, altered, malformed) at the open work orders that it claims to be for.
    ///
    /// - Returns: those that claim none of these.
    func tell(
        _ refused: [Judgement.RefusedRecord], to workOrders: inout [WorkOrder]
    ) -> [Judgement.RefusedRecord] {
        guard !refused.isEmpty else { return [] }
        var places: [String: [Int]] = [:]
        for (index, workOrder) in workOrders.enumerated() {
            for id in [workOrder.digest?.id, workOrder.request?.id] {
                if let id { places[id, default: []].append(index) }
            }
        }
        return refused.filter { record in
            let claimed = Set(record.claims.flatMap { places[$0] ?? [] })
            for index in claimed { workOrders[index].judgement.refused.append(record) }
            return claimed.isEmpty
        }
    }

    /// When work orders that are still remembered ended.
    private func endings() -> [WorkOrderDigest: Timestamp] {
        var ended: [WorkOrderDigest: Timestamp] = [:]
        for (digest, facts) in input.history.workOrders where facts.outcome?.finalState != nil {
            ended[digest] = facts.endedAt ?? facts.intendedAt ?? input.now
        }
        for head in input.history.slots.values {
            if let last = head.lastCompleted { ended[last.digest] = last.at }
            if let last = head.lastEnded, last.outcome.finalState != nil { ended[last.digest] = last.at }
        }
        return ended
    }
}
