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

extension Block {
    /// So many emergencies of a policy may wait for a review; a slot that is one of them may be tried again.
    static let mostUnreviewed = 3

    static func unreviewed(_ policy: PolicyName, slot: SlotKey, history: History) -> Block? {
        let others = history.emergencies.filter {
            $0.value.review == nil && $0.value.policy == policy && $0.value.slot != slot
        }
        let slots = Set(others.values.map(\.slot))
        guard slots.count >= mostUnreviewed else { return nil }
        let ids = others.keys.map(\.id).sorted()
        return Block(
            .limitExceeded,
            "\(slots.count) emergencies under policy \(policy) have not been reviewed: \(list(ids)); somebody outside of their quorum "
                + "reviews one first: countersign review \(ids.first ?? "WO")")
    }
}
