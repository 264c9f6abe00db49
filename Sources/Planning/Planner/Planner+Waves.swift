// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
internal import Declarations
package import Vocabulary

extension Planner {
    /// The slots of one zone that are to hold one leaf of one certificate.
    fileprivate struct Cohort: Hashable {
        var certificate: CertificateName
        var leaf: Fingerprint
    }

    /// Says of each work order whose turn it is, and holds back what somebody has halted.
    mutating func roll(_ workOrders: inout [WorkOrder], _ looks: [SlotLook?], _ views: [ConnectorView]) {
        let rolled = workOrders.indices.filter { workOrders[$0].isRolledOut && rollout(of: workOrders[$0]) != nil }
        if !rolled.isEmpty {
            let cohorts = cohorts(rolled.compactMap { Cohort(of: workOrders[$0]) }, workOrders, looks, views)
            var known: [RolloutSpec: [Cohort: [ConnectorName: Wave]]] = [:]
            for index in rolled {
                guard let spec = rollout(of: workOrders[index]), let cohort = Cohort(of: workOrders[index]),
                    let members = cohorts[cohort]
                else { continue }
                let waves = known[spec]?[cohort] ?? Rollout(members, under: spec, at: input.now).waves()
                known[spec, default: [:]][cohort] = waves
                workOrders[index].wave = waves[workOrders[index].connector]
            }
        }
        for index in workOrders.indices {
            if passesOverWaves(workOrders[index]) {
                workOrders[index].wave?.hold = nil
            } else if case .readyToImplement = workOrders[index].state, let word = workOrders[index].judgement.word,
                word.isHalt
            {
                var wave = workOrders[index].wave ?? Wave(number: nil, of: 0)
                wave.hold = WaveHold(
                    .halted,
                    "\(word.person) halted it (\(word.commit.short))"
                        + (word.comment.isEmpty ? "" : ": \(Shown.text(word.comment))"))
                workOrders[index].wave = wave
            }
        }
    }

    /// The policy's own decides; a plain commit can add one where it has none.
    private func rollout(of order: WorkOrder) -> RolloutSpec? {
        order.policy.flatMap { input.inForce.policies[$0.name]?.spec.rollout }
            ?? order.binding.flatMap { input.desired.bindings[$0]?.spec.rollout }
    }

    private func passesOverWaves(_ order: WorkOrder) -> Bool {
        guard let policy = order.policy.flatMap({ input.inForce.policies[$0.name] }) else { return false }
        return order.judgement.passesOver(.waves, policy.spec)
    }

    private func cohorts(
        _ wanted: [Cohort], _ workOrders: [WorkOrder], _ looks: [SlotLook?], _ views: [ConnectorView]
    ) -> [Cohort: [Rollout.Member]] {
        let wanted = Set(wanted)
        let orders = Dictionary(workOrders.map { ($0.slot, $0) }) { first, _ in first }
        let syncs = Dictionary(views.map { ($0.connector, $0.sync) }) { first, _ in first }
        var cohorts: [Cohort: [Rollout.Member]] = [:]
        for (index, row) in rows.enumerated() {
            guard let look = looks[index], let certificate = row.certificate?.name, let leaf = row.sent?.leaf else {
                continue
            }
            let cohort = Cohort(certificate: certificate, leaf: leaf)
            guard wanted.contains(cohort) else { continue }
            let isDone = look.difference == .nothing
            cohorts[cohort, default: []].append(
                member(row, isDone: isDone, orders[row.key], leaf, syncs[row.connector.name]))
        }
        return cohorts
    }

    private func member(
        _ row: SlotRow, isDone: Bool, _ order: WorkOrder?, _ leaf: Fingerprint, _ sync: SyncState?
    ) -> Rollout.Member {
        let name = row.connector.name
        var phase = Rollout.Member.Phase.shut
        if isDone, let last = row.head?.lastCompleted {
            phase = .done(at: last.at)
        } else if let order {
            switch order.state {
            case .readyToImplement: phase = .ready
            case .implementing, .unknownEffect, .rollbackFailed: phase = .moving
            case .requested, .pushReviewInProgress, .scheduled, .expired, .scheduleMissed: phase = .waiting
            default: phase = .shut
            }
        }
        return Rollout.Member(
            name, phase, trouble: trouble(row.head, isDone: isDone, order, leaf, sync), labels: row.device?.labels ?? [:],
            expires: order?.expiry ?? Timestamp(secondsSince1970: .max),
            resumed: order?.judgement.word.flatMap { $0.isHalt ? nil : $0.at })
    }

    /// What its last push came to, or what has become of it since.
    private func trouble(
        _ head: SlotHead?, isDone: Bool, _ order: WorkOrder?, _ leaf: Fingerprint, _ sync: SyncState?
    ) -> Rollout.Member.Trouble? {
        if let order, order.state == .unknownEffect || order.state == .rollbackFailed {
            let since = order.history.endedAt ?? order.history.intendedAt ?? input.now
            return Rollout.Member.Trouble(since: since, "its push ended as \(order.state.name)")
        }
        if let refused = order?.blocks.first(where: { $0.code == .candidateRefused }) {
            return Rollout.Member.Trouble(
                since: order?.history.endedAt ?? order?.history.intendedAt ?? input.now, refused.message)
        }
        if isDone, let last = head?.lastCompleted, !last.adopted {
            switch sync {
            case .outOfSync(let reason):
                return Rollout.Member.Trouble(since: last.at, "it was pushed to, and now is out of sync: \(reason)")
            case .unknown:
                return Rollout.Member.Trouble(since: last.at, "it was pushed to, and now cannot be seen")
            default: return nil
            }
        }
        guard let ended = head?.lastEnded, ended.leaf == leaf, ended.outcome.isFailure,
            head?.lastCompleted.map({ $0.at <= ended.at }) ?? true
        else { return nil }
        return Rollout.Member.Trouble(
            since: ended.at,
            "its push ended as \(ended.outcome.name)" + (ended.outcome.message.map { ": \(Shown.text($0))" } ?? ""))
    }
}

extension Planner.Cohort {
    fileprivate init?(of order: WorkOrder) {
        guard let certificate = order.certificate, let leaf = order.installs?.leaf else { return nil }
        self.init(certificate: certificate, leaf: leaf)
    }
}

extension WorkOrder {
    /// What leads back to what was proven, takes away or touches nothing does not wait for others.
    fileprivate var isRolledOut: Bool { action == .install || action == .replace }

    /// What of it ends first: what the slot holds, else what it gets.
    package var expiry: Timestamp {
        replacesFacts?.notAfter ?? installsFacts?.notAfter ?? Timestamp(secondsSince1970: .max)
    }
}
