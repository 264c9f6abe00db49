// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Processes
import TestKit
import Testing
import Vocabulary

@Suite("A pass that is killed") struct KillTests {
    @Test("at any point is brought to an end by the next one, which pushes nothing twice", .timeLimit(.minutes(20)))
    func everyPoint() async throws { try await walk(.rename) }

    @Test(
        "at any point is so too where the pair is switched as one",
        .enabled(if: Walk.isComplete, "scripts/faults does"),
        .timeLimit(.minutes(20)))
    func everyPointOfLinks() async throws { try await walk(.link) }

    private func walk(_ variant: Stage.Variant) async throws {
        let visited = try await Walk(choice: .effects, variant: variant).run { stage, point, _ in
            let killed = try await stage.pass(.init(point: point, kind: .kill))
            guard killed.wasKilled(at: point) else { return [killed.miss] }
            return try await stage.exposedKeys() + stage.convergence(after: killed)
        }
        #expect(visited >= 40)
    }

    /// A step of the pass that is killed first, and where everything must come to.
    static let wounds: [(String, End)] = [
        ("transport after replace SLOT/shop.key", .rolledBack), ("transport after run RELOAD", .completed),
    ]

    @Test(
        "while it finishes what a killed one left is finished by the third", .timeLimit(.minutes(20)), arguments: wounds
    )
    func recovery(of wound: String, to end: End) async throws {
        let visited = try await Walk(
            choice: .effects, width: 2,
            prepare: { stage in
                try await stage.reset()
                try await stage.kill(after: wound)
            }
        ).run { stage, point, _ in
            let killed = try await stage.pass(.init(point: point, kind: .kill))
            guard killed.wasKilled(at: point) else { return [killed.miss] }
            return try await stage.exposedKeys() + stage.convergence(to: end)
        }
        #expect(visited >= 8)
    }

    @Test("half-way through a switch, before a device goes away, has an unknown effect until it is back")
    func unknownEffect() async throws {
        let stage = try await Stage.make()
        try await stage.reset()
        try await stage.kill(after: "transport after replace SLOT/shop.key")
        let blind = try await stage.pass(.init(point: 0, kind: .absence))
        #expect(blind.outcomes("recovered") == ["UnknownEffect"])
        #expect(blind.status == .exited(4), "\(blind.said)")
        let still = try await stage.pass(.init(point: 0, kind: .absence))
        #expect(still.outcomes("recovered") == [], "what is known to be unknown is not said again")
        #expect(still.outcomes("pushes") == [])
        #expect(try await stage.convergence(to: .rolledBack) == [])
    }

    @Test("half-way through a switch leaves an order behind that can be signed and pushed")
    func signedAgain() async throws {
        let stage = try await Stage.make()
        try await stage.reset()
        try await stage.kill(after: "transport after replace SLOT/shop.key")
        #expect(try await stage.convergence(to: .rolledBack) == [])
        let digest = try await stage.arena.digest()
        try await stage.arena.approve(digest)
        try await stage.arena.implement(digest)
        let pass = try await stage.reconcile()
        #expect(pass.code == 0)
        #expect(pass.outcomes("pushes") == ["Completed"])
        #expect(try await stage.arena.served() == stage.new.leaf)
    }
}

extension Stage.DisturbedPass {
    func wasKilled(at point: Int) -> Bool { status == .signalled(9) && points.count == point + 1 }
    var miss: String { "it was not killed there: \(status), \(points.count) points passed\n\(said)" }
}

extension Stage {
    /// A pass that is killed right after this step of an undisturbed one.
    func kill(after step: String) async throws {
        let name = step.replacing("SLOT", with: arena.folder.file("slot")).replacing("RELOAD", with: reload)
        let killed = try await pass(.init(at: name, kind: .kill))
        guard killed.status == .signalled(9), killed.points.last?.hasPrefix(name) == true else {
            throw FixtureError("not killed at \(name): \(killed.status)\n\(killed.said)")
        }
    }

    /// Where a pass must come to if the one before it stopped there: rows 31, 37 and 38 of the transition table.
    private func end(after killed: DisturbedPass) -> End {
        let isSwitching = killed.passed("journal after append switching")
        let isLive = killed.passed("transport after run \(reload)")
        return isSwitching && !isLive ? .rolledBack : .completed
    }

    /// Runs the command, and once more: what is wrong then.
    fileprivate func convergence(after killed: DisturbedPass) async throws -> [String] {
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
        problems += try await self.problems(at: end)
        return problems + (try await calm(at: end))
    }
}
