// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Processes
import TestKit
import Testing
import Vocabulary

@Suite("A pass in which something fails") struct FailureTests {
    @Test(
        "ends properly, says nothing that is not so, and the next one converges", .timeLimit(.minutes(20)),
        arguments: [(Stage.Disturbance.Kind.failure, Walk.Choice.steps), (.outage, .effects)])
    func everyPoint(kind: Stage.Disturbance.Kind, choice: Walk.Choice) async throws {
        let visited = try await Walk(choice: choice).run { stage, point, points in
            let pass = try await stage.pass(.init(point: point, kind: kind))
            guard pass.points.count > point else { return ["it was not reached"] }
            var problems = try await stage.truth(of: pass)
            problems += try stage.exposedKeys()
            let end = stage.end(after: pass, failingAt: point, points)
            return problems + (try await stage.convergence(to: end))
        }
        #expect(visited >= 40)
    }
}

extension Stage {
    /// Whether the disturbed pass itself ended as a program should, and what it says is so.
    func truth(of pass: DisturbedPass) async throws -> [String] {
        guard case .exited(let code) = pass.status, [0, 1, 2, 4].contains(code) else {
            return ["the pass ended with \(pass.status)\n\(pass.said)"]
        }
        guard pass.report != nil else {
            return code == 1 && !pass.said.isEmpty ? [] : ["exit \(code), without a report"]
        }
        let outcomes = pass.outcomes("pushes")
        let served = try await arena.served()
        let isUntouched = try isSlotUntouched
        switch outcomes {
        case []: return isUntouched || code == 1 ? [] : ["it says nothing of what it changed"]
        case ["Completed"]:
            let lying = try await slotContent()
            let isSo = served == new.leaf && lying.leaf == new.leaf && lying.spki == new.spki
            return isSo ? [] : ["it says Completed, and that is not so"]
        case ["PushFailed"], ["RolledBack"], ["Abandoned"]:
            var problems: [String] = []
            if served != arena.old.leaf {
                problems.append("it says \(outcomes[0]), and the old certificate is not served")
            }
            if !isUntouched { problems.append("it says \(outcomes[0]), and the slot's files are other ones") }
            if outcomes != ["Abandoned"], code == 0 || code == 2 {
                problems.append("it says \(outcomes[0]) and exit \(code)")
            }
            return problems
        case ["RollbackFailed"], ["UnknownEffect"]:
            return code == 4 || code == 1 ? [] : ["it says \(outcomes[0]) and exit \(code)"]
        default: return ["it says \(outcomes)"]
        }
    }

    /// Where things must come to after a pass in which this point failed, and after the next one.
    func end(after pass: DisturbedPass, failingAt point: Int, _ points: [String]) -> End {
        func place(_ name: String) -> Int { points.firstIndex { $0.hasPrefix(name) } ?? points.endIndex }
        let isJournal = points[point].hasPrefix("journal")
        let (intended, switching) = (place("journal after append intended"), place("journal after append switching"))
        let (live, ended) = (place("driver after switchOver"), place("journal before append ended"))
        switch point {
        // Nothing was begun: the next pass does it all.
        case ..<intended: return .completed
        // The device failed before anything live changed; there are no attempts left (`retries: 0`).
        case ..<switching where !isJournal: return .pushFailed
        // What could not be recorded is taken up again, with the same signatures.
        case ..<switching: return .completed
        case ...live: return .rolledBack
        case ..<ended: return .rolledBack
        default: return .completed
        }
    }
}
