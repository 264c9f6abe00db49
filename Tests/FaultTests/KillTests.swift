// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Processes
import TestKit
import Testing
import Vocabulary

@Suite("A pass that is killed") struct KillTests {
    @Test("at any point is brought to an end by the next one, which pushes nothing twice", .timeLimit(.minutes(20)))
    func everyPoint() async throws {
        let visited = try await Walk.every { stage, point, points in
            try await stage.reset()
            let before = try stage.arena.slotFiles()
            let killed = try await stage.pass(.init(point: point, kind: .kill))
            guard killed.status == .signalled(9), killed.points.count == point + 1 else {
                return [
                    "it was not killed there: \(killed.status), \(killed.points.count) points passed\n\(killed.said)"
                ]
            }
            return try await stage.exposedKeys() + stage.convergence(after: killed, before: before)
        }
        #expect(visited >= 40)
    }
}

extension Stage {
    /// Where a pass must come to if the one before it stopped there.
    func end(after killed: DisturbedPass) -> End {
        // Rows 31, 37 and 38 of the transition table.
        let isSwitching = killed.passed("journal after append switching")
        let isLive = killed.passed("transport after run \(reload)")
        return isSwitching && !isLive ? .rolledBack : .completed
    }

    /// Runs the command, and once more: what is wrong then.
    func convergence(after killed: DisturbedPass, before: [SlotFile]) async throws -> [String] {
        let end = end(after: killed)
        var problems: [String] = []
        let first = try await reconcile()
        let outcomes = first.outcomes("recovered") + first.outcomes("pushes")
        if killed.passed("journal after append ended") {
            // What had ended is not begun again.
            if outcomes != [] { problems.append("a work order that had ended is \(outcomes) again") }
        } else if outcomes.last != end.rawValue || outcomes.dropLast().contains(where: { $0 != "Abandoned" }) {
            problems.append("it ended as \(outcomes), not \(end.rawValue)")
        }
        let code: Int32 = end == .completed ? 0 : 4
        if first.code != code {
            problems.append("exit status \(first.code), not \(code): \(first.report["problems"] ?? .null)")
        }
        if try reloads != 1 { problems.append("\(try reloads) reloads") }
        problems += try await self.problems(at: end, before: before)
        return problems + (try await calm(at: end))
    }

    /// What another pass does although there is nothing to do.
    func calm(at end: End) async throws -> [String] {
        var problems: [String] = []
        let (reloads, tip) = (try reloads, try await arena.statusTip())
        let again = try await reconcile()
        let code: Int32 = end == .completed ? 0 : 2
        if again.code != code { problems.append("another pass ends with exit status \(again.code), not \(code)") }
        if !(again.outcomes("recovered") + again.outcomes("pushes")).isEmpty {
            problems.append("another pass pushes again")
        }
        if try self.reloads != reloads { problems.append("another pass reloads again") }
        if try await arena.statusTip() != tip { problems.append("another pass writes status again") }
        return problems
    }
}
