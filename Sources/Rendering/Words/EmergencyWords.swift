// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
package import Planning
package import Vocabulary

/// What went by an emergency's quorum: said on top of everything until somebody else has reviewed it.
package enum EmergencyWords {
    /// - Parameter slots: all of one emergency.
    package static func lines(_ slots: [Plan.OpenEmergency], now: Timestamp) -> [Text] {
        guard let emergency = slots.first else { return [] }
        let facts = emergency.facts
        let others: Text = slots.count > 1 ? " and \(slots.count - 1) more" : ""
        let said = zip(facts.people, facts.reasons).map { "\($0) \(quoted($1))" as Text }.joined(separator: ", ")
        return [
            "\("EMERGENCY, not reviewed", .bad): \(emergency.workOrder.id, .strong) on \(facts.connector)\(others), pushed \(TimeWords.moment(facts.at, now: now)) past policy \(facts.policy) by \(said)",
            "  next, somebody else: \("countersign review \(emergency.workOrder.id)", .strong)",
        ]
    }

    static func json(_ emergencies: [Plan.OpenEmergency]) -> JSONValue {
        .array(
            emergencies.map { emergency in
                [
                    "at": .text(emergency.facts.at), "connector": .string(emergency.facts.connector.text),
                    "digest": .text(emergency.workOrder), "id": .string(emergency.workOrder.id),
                    "people": .array(emergency.facts.people.map { .string($0.text) }),
                    "policy": .string(emergency.facts.policy.text),
                    "reasons": .array(emergency.facts.reasons.map { .string($0) }),
                ]
            })
    }
}
