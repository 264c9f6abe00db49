// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Approvals
package import Declarations
internal import Vocabulary

extension Judgement {
    /// Whether an emergency's quorum passes over this. Keys, certificates and who people are it never passes over.
    package func passesOver(_ what: ApprovalPolicySpec.Emergency.Ignored, _ policy: ApprovalPolicySpec) -> Bool {
        isEmergency && policy.emergency?.ignores.contains(what) ?? false
    }
}

extension Plan.OpenEmergency {
    /// What the same records decided on is one emergency, on however many slots: a leaked key lies on forty devices at once.
    package func isOne(with other: Self) -> Bool {
        workOrder == other.workOrder
            || facts.policy == other.facts.policy && facts.records == other.facts.records && !facts.records.isEmpty
    }
}

extension Plan {
    /// Each emergency with all of its slots, in the plan's order.
    package var emergenciesWhole: [[OpenEmergency]] {
        emergencies.reduce(into: [[OpenEmergency]]()) { whole, one in
            if let index = whole.firstIndex(where: { $0[0].isOne(with: one) }) {
                whole[index].append(one)
            } else {
                whole.append([one])
            }
        }
    }
}

extension Block {
    /// So many emergencies of a policy may wait for a review; a slot that is one of them may be tried again.
    static let mostUnreviewed = 3

    static func unreviewed(
        _ policy: PolicyName, slot: SlotKey, _ judgement: Judgement, history: History
    ) -> Block? {
        let own = Set(judgement.emergency?.given.map(\.record) ?? [])
        let others = history.emergencies.filter {
            $0.value.review == nil && $0.value.policy == policy && $0.value.slot != slot && $0.value.records != own
        }
        let waiting = Set(others.values.map(\.records)).count
        guard waiting >= mostUnreviewed else { return nil }
        let ids = others.keys.map(\.id).sorted()
        return Block(
            .limitExceeded,
            "\(waiting) emergencies under policy \(policy) have not been reviewed: \(list(ids)); somebody outside of their quorum "
                + "reviews one first: countersign review \(ids.first ?? "WO")")
    }
}
