// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Vocabulary

extension Field {
    static func rollout(_ about: String) -> Field {
        Field(
            "rollout",
            .object(
                ObjectShape([
                    Field("canary", .integer(0...10_000), default: 1, "How many slots go first, and alone."),
                    Field(
                        "percentages", .list(.integer(1...100), count: 0...20),
                        "How much of all slots of the certificate has it after each further wave, rising; the rest comes last."),
                    Field(
                        "groups", .list(.labels, count: 0...20),
                        "In place of percentages: labels of devices, one wave after another; the rest comes last."),
                    Field(
                        "pause", .text(.wholeSeconds), default: "10m", "From the end of one wave to the beginning of the next."),
                ])), about)
    }
}

extension RolloutSpec {
    init?(_ fields: RawFields) throws(SpecError) {
        guard let fields = try fields.childIfAny("rollout") else { return nil }
        self.init(
            canary: try fields.integer("canary", default: 1), percentages: try fields.integers("percentages"),
            groups: try fields.tables("groups"), pause: try fields.secondsIfAny("pause") ?? .minutes(10))
    }
}
