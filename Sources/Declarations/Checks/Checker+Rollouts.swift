// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Vocabulary

extension Checker {
    mutating func check<Spec>(_ rollout: RolloutSpec?, of resource: Declared<Spec>) {
        guard let rollout else { return }
        let path: [PathStep] = ["spec", "rollout"]
        if !rollout.percentages.isEmpty, !rollout.groups.isEmpty {
            object(to: resource, at: path, "waves are by percentages or by groups, not both", .value)
        }
        for (index, pair) in zip(rollout.percentages, rollout.percentages.dropFirst()).enumerated() where pair.1 <= pair.0 {
            object(
                to: resource, at: path + ["percentages", .entry(index + 1)],
                "\(pair.1) % is no more than the \(pair.0) % of the wave before", .value)
        }
        for (index, labels) in rollout.groups.enumerated() where labels.isEmpty {
            object(to: resource, at: path + ["groups", .entry(index)], "a group needs at least one label", .selector)
        }
    }
}
