// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
internal import Commits
internal import Declarations
package import Planning
internal import Vocabulary

extension AlertInput {
    /// What a pass or a view has derived.
    package init(_ derivation: Derivation, _ report: PlanReport) {
        let change = report.policyChange.flatMap { change in
            change.judgement.map { PolicyChange(id: change.digest.id, judgement: $0, state: change.state) }
        }
        self.init(
            plan: report.plan, desired: derivation.desired.set, chains: derivation.desired.chains,
            certificates: derivation.desired.certificates, history: derivation.history, inForce: derivation.inForce,
            judge: Judge(inForce: derivation.inForce, tip: derivation.tip.trust, now: report.now),
            policyChange: change, zone: derivation.zone, now: report.now)
    }

    package func round(_ memory: AlertMemory) -> AlertRound {
        round(Circumstances(self, memory: memory), now: now)
    }

    func round(_ circumstances: Circumstances, now: Timestamp) -> AlertRound {
        AlertRound(
            policies: policies,
            places: AlertPlaces(policies, plan: plan, desired: desired, inForce: inForce),
            channels: inForce.repository?.spec.channels ?? [:], circumstances: circumstances, now: now)
    }
}
