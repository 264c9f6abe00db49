// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
package import Operations
package import Planning
internal import Vocabulary

/// What a reviewer sees before signing.
package enum EmergencyText {
    package static func preview(
        _ emergencies: [Plan.OpenEmergency], _ prepared: ApproveOperation.Prepared, _ style: Style
    ) -> String {
        var page = Page(style)
        page.add(
            "You are \(prepared.signer.person, .strong) (ssh \(prepared.signer.shownKey)). You are about to sign the review of:"
        )
        page.space()
        for (index, emergency) in emergencies.enumerated() {
            let facts = emergency.facts
            page.add(
                "\(emergency.workOrder.id, .strong)  \(facts.connector) on \(facts.slot.device), \(facts.slot.path)",
                indent: 2)
            page.add("\(emergency.workOrder.description)", indent: 15)
            // Why is said once for all slots of one emergency, below the last.
            let next = emergencies.dropFirst(index + 1).first
            if next?.isOne(with: emergency) ?? false { continue }
            page.add(
                "pushed \(TimeWords.minute(facts.at)) as an emergency, past the levels of policy \(facts.policy)",
                indent: 15)
            for (person, reason) in zip(facts.people, facts.reasons) {
                page.add("\(person) said:", indent: 15)
                page.add(outside: reason, indent: 17)
            }
        }
        if !prepared.record.comment.isEmpty {
            page.add("your comment:", indent: 2)
            page.add(outside: prepared.record.comment, indent: 4)
        }
        return page.rendered
    }
}
