// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
internal import Declarations
internal import Vocabulary

extension Planner {
    /// What a standing approval asks of one work order.
    mutating func standingFacts(
        _ draft: Draft, _ index: Int, _ row: SlotRow, _ requesters: Requesters
    ) -> StandingFacts {
        StandingFacts(
            change: draft.change, places: places(of: index, key: draft.key(of: row)), requesters: requesters,
            issuer: draft.installed?.issuerSPKI, roots: row.sent.map { roots(reachedBy: $0) } ?? [],
            differs: StandingPrecedent(
                head: row.head, certificate: row.certificate, binding: row.binding?.name, connector: row.connector,
                held: draft.held, installed: draft.installed
            ).differences)
    }

    /// Root files of standing approvals in which a chain verifiably ends.
    private mutating func roots(reachedBy chain: SentChain) -> Set<String> {
        if let known = rootsReached[chain] { return known }
        var reached: Set<String> = []
        for case .root(let path) in standing.approvals.flatMap(\.spec.issuers) {
            guard let content = input.inForce.contents[path] else { continue }
            if shelf.verdict(chain, roots: [(path, content)]).fault == nil { reached.insert(path) }
        }
        rootsReached[chain] = reached
        return reached
    }

    /// The one that lacks least of what it asks; nil where none is meant for such a place.
    func nearest(to facts: StandingFacts, levels: [String]) -> WorkOrder.Standing? {
        standing.approvals.filter { standing.concerns($0, facts, levels: levels) }
            .map { approval in
                WorkOrder.Standing(
                    name: approval.name, levels: approval.spec.levels.filter(levels.contains),
                    notAfter: approval.spec.notAfter,
                    objections: standing.objections(to: approval, facts),
                    left: input.history.budget(of: approval.name).left(of: approval.spec, at: input.now),
                    givenBy: input.history.trustSet)
            }
            .min { ($0.objections.count, $0.name) < ($1.objections.count, $1.name) }
    }

    /// Gives what is left of each budget to what expires first; for the rest people may still sign.
    func spendBudgets(_ workOrders: inout [WorkOrder]) {
        let relying = workOrders.indices.filter {
            let order = workOrders[$0]
            return order.judgement.isComplete && !order.judgement.standing.isEmpty
                && order.history.outcome?.finalState == nil
                && order.blocks.isEmpty && order.digest.map { byPeople[$0] != nil } ?? false
        }
        guard !relying.isEmpty else { return }
        var left: [StandingApprovalName: Int] = [:]
        for approval in standing.approvals {
            left[approval.name] = input.history.budget(of: approval.name).left(of: approval.spec, at: input.now).pushes
        }
        for index in relying.sorted(by: { (workOrders[$0].expiry, $0) < (workOrders[$1].expiry, $1) }) {
            let names = workOrders[index].judgement.standing
            guard let spent = names.first(where: { left[$0, default: 0] == 0 }) else {
                for name in names { left[name, default: 0] -= 1 }
                continue
            }
            if let digest = workOrders[index].digest, let signed = byPeople[digest] {
                workOrders[index].judgement = signed
            }
            let next = input.inForce.standingApprovals[spent].flatMap {
                input.history.budget(of: spent).next(of: $0.spec, at: input.now)
            }
            workOrders[index].blocks = [.budgetSpent(spent, next: next)]
            workOrders[index].state = .derived(
                from: StateFacts(
                    outcome: workOrders[index].history.outcome, judgement: workOrders[index].judgement,
                    blocks: workOrders[index].blocks), at: input.now)
        }
    }
}
