// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestKit
import Testing
import Vocabulary

@Suite("A pass whose connection to the device is lost", .enabled(if: geteuid() == 0, "sshd lets root in as root"))
struct LossTests {
    /// Steps of one round trip stay one: the connection is cut on the device in the middle of it.
    @Test(
        "in front of any step ends properly, leaves no torn pair, and is brought to an end by the next",
        .timeLimit(.minutes(20)))
    func everyStep() async throws {
        let stage = try await Stage.make(reach: .ssh)
        // Every step takes some seconds: each fifth, all of them with COUNTERSIGN_FAULTS=all.
        var steps: [String] = []
        for step in stride(from: 1, to: 1_000, by: Walk.isComplete ? 1 : 5) {
            try await stage.reset()
            let pass = try await stage.pass(.init(point: step, kind: .loss))
            guard let lost = pass.said.split(separator: "\n").first(where: { $0.hasPrefix("lost before ") }) else {
                break
            }
            steps.append(String(lost.replacing(stage.arena.folder.path + "/", with: "")))
            var problems = try await stage.truth(of: pass) + stage.exposedKeys()
            let end: End? =
                switch pass.outcomes("pushes").first {
                case nil, "Completed": .completed
                case "RolledBack": .rolledBack
                case "PushFailed": .pushFailed
                default: nil
                }
            if let end {
                problems += try await stage.convergence(to: end)
            } else {
                problems.append("it says \(pass.outcomes("pushes"))")
            }
            if !problems.isEmpty {
                Issue.record("step \(step), \(steps.last ?? ""): \(problems.joined(separator: "; "))")
            }
        }
        #expect(steps.count >= (Walk.isComplete ? 40 : 8), "\(steps)")
    }
}
