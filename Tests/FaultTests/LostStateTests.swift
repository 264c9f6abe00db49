// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Processes
import TestKit
import Testing
import Vocabulary

/// The gateway dies in the middle of a push, and its journal with it: what is left are the device, the keys and the status branch.
@Suite("A state store that is lost") struct LostStateTests {
    @Test(
        "at any point of a push is rebuilt, and one pass converges; what was signed before stays used",
        .timeLimit(.minutes(20)))
    func everyPoint() async throws {
        let visited = try await Walk(choice: .effects).run { stage, point, _ in
            let killed = try await stage.pass(.init(point: point, kind: .kill))
            guard killed.wasKilled(at: point) else { return [killed.miss] }
            try await stage.loseJournal()
            return try await stage.convergedAfterLoss()
        }
        #expect(visited >= 40)
    }

    @Test("is rebuilt so that what was open is signed anew and pushed")
    func signedAnew() async throws {
        let stage = try await Stage.make()
        try await stage.reset()
        try await stage.kill(after: "transport after replace SLOT/shop.key")
        try await stage.loseJournal()
        #expect(try await stage.convergedAfterLoss() == [])
        let digest = try await stage.arena.digest()
        #expect(digest != stage.digest)
        try await stage.arena.approve(digest)
        try await stage.arena.implement(digest)
        let pass = try await stage.reconcile()
        #expect(pass.code == 0 && pass.outcomes("pushes") == ["Completed"], "\(pass.report)")
        #expect(try await stage.arena.served() == stage.new.leaf)
        let lying = try await stage.slotContent()
        #expect(lying.leaf == stage.new.leaf && lying.spki == stage.new.spki)
    }
}

extension Stage {
    fileprivate func loseJournal() async throws {
        for suffix in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: arena.state(of: .gateway) + "/journal.sqlite\(suffix)")
        }
        try await arena.countersign(as: .gateway, "trust", arena.trusted, "--recover", exits: 0)
    }

    /// What is wrong after one pass: it pushes nothing, leaves no staging and no exposed key, and nothing that was signed counts.
    fileprivate func convergedAfterLoss() async throws -> [String] {
        let first = try await reconcile()
        var problems: [String] = []
        if ![0, 2].contains(first.code) {
            problems.append("exit status \(first.code): \(first.report["problems"] ?? .null)")
        }
        if !(first.outcomes("pushes") + first.outcomes("recovered")).isEmpty { problems.append("it pushes") }
        problems += try leftovers() + (try exposedKeys())
        for order in first.orders {
            if order["digest"]?.string == digest { problems.append("the old work order is open again") }
            if order["levels"]?.array?.contains(where: { $0["given"] != [] }) ?? true {
                problems.append("what was signed before counts: \(order["levels"] ?? .null)")
            }
        }
        let served = try await arena.served()
        if ![new.leaf, arena.old.leaf].contains(served) { problems.append("something else is served") }
        // Where the new one lies there, nobody has signed for that in this epoch; where not, it is asked for anew.
        let actions = first.orders.compactMap { $0["action"]?.string }
        let lying = try await slotContent()
        let isWhole = lying.leaf == new.leaf && lying.spki == new.spki
        if actions != [isWhole ? "adopt" : "replace"], !(isWhole && actions.isEmpty) {
            problems.append("open are \(actions)")
        }

        let (reloads, tip) = (try reloads, try await arena.statusTip())
        let again = try await reconcile()
        if again.code != first.code || again.outcomes("pushes") != [] { problems.append("another pass differs") }
        let isSame = try await arena.statusTip() == tip
        if try self.reloads != reloads || !isSame { problems.append("another pass reloads or writes") }
        return problems
    }
}
