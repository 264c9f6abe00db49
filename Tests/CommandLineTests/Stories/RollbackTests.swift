// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestKit
import Testing
import Vocabulary

@Suite("The wrong certificate is out, on a real nginx") struct RollbackTests {
    /// Going back to what people had signed for needs one person.
    private static let back = """
        kind: ApprovalPolicy
        metadata: {name: back}
        spec:
          priority: 10
          match: {changes: [restore]}
          levels: [{name: implement, approvers: [group:netops], count: 1}]
        """

    private func lastWorkOrder(_ arena: Arena) async throws -> String {
        try #require(try await arena.status()["connectors"]?.array?.first?["workOrder"]?.string)
    }

    private func kept(_ arena: Arena, _ leaf: String) -> Bool {
        arena.folder.exists("slot/.countersign/_previous/\(leaf)/privateKey")
    }

    @Test(
        "and comes back by a commit and one signature, with the key that the device kept; no standing approval brings the wrong one again"
    )
    func wholeWay() async throws {
        let (arena, first, _) = try await Arena.signed { $0.documents = [Self.back, StandingTests.approval] }
        try await arena.reconcile(exits: 0)
        // Renewed without hands, and wrong.
        let wrong = try await arena.renew(days: 60)
        try await arena.reconcile(exits: 0)
        #expect(try await arena.served() == wrong.leaf)
        #expect(kept(arena, first.leaf))
        try FileManager.default.removeItem(atPath: arena.folder.file("private/\(first.spki).key"))

        let wrongOrder = try await lastWorkOrder(arena)
        let said = try await arena.countersign(
            as: .alice, "rollback", wrongOrder, "-m", "Customers see a warning", exits: 0)
        #expect(said.output.contains("is kept on the device until"), "\(said)")
        #expect(try arena.folder.readText("clones/alice/certificates/shop.pem") == first.chain)
        let order = try #require(try await arena.plan(as: .bob)["workOrders"]?.array?.first)
        #expect(order["action"] == "restore" && order["policy"]?["name"] == "back")
        #expect(order["installs"]?["leaf"]?.string == first.leaf && order["replaces"]?.string == wrong.leaf)
        #expect(order["comment"]?.string?.hasPrefix("Customers see") == true)
        let digest = try #require(order["digest"]?.string)
        #expect(try await arena.refusal(as: .alice, "implement", digest, "--yes").code != "")
        try await arena.implement(digest)
        try await arena.reconcile(exits: 0)
        #expect(try await arena.served() == first.leaf)
        #expect(try arena.folder.readText("slot/shop.key").contains("PRIVATE KEY"))

        // The wrong one again, as a renewal of what is there: it was there before.
        try await arena.declare(wrong, because: "Renew once more")
        try await arena.reconcile(exits: 2)
        let again = try #require(try await arena.plan(as: .bob)["workOrders"]?.array?.first)
        #expect(again["action"] == "restore" && again["state"] != "ReadyToImplement")
        let unmet = again["standing"]?["unmet"]?.array?.compactMap { $0["condition"]?.string } ?? []
        #expect(unmet.contains("heldBefore"), "\(unmet)")
        #expect(try await arena.served() == first.leaf)

        try await arena.git(.alice, "revert", "--no-edit", "HEAD")
        try await arena.git(.alice, "push", "-q", "origin", "HEAD:main")
        try await arena.reconcile(exits: 0)
        let report = try await arena.audited(exits: 0)
        #expect(report["workOrders"]?.array?.last?["action"] == "restore", "\(report)")
        #expect(report["slots"]?.array?.first?["verdict"] == "proven")
    }

    @Test(
        "and cannot come back where nobody had signed for it, where another came since, or where its key has leaked: erased it is then"
    )
    func refused() async throws {
        let (arena, first, digest) = try await Arena.signed()
        try await arena.reconcile(exits: 0)
        #expect(try await arena.refusal(as: .alice, "rollback", digest).code == "NothingBefore")
        #expect(try await arena.refusal(as: .alice, "rollback", "WO-00000000").code == "UnknownID")
        let second = try await arena.renew(days: 60)
        let other = try await arena.digest()
        #expect(try await arena.refusal(as: .alice, "rollback", other).code == "UnknownID", "it was not done")
        try await arena.approve(other)
        try await arena.implement(other)
        try await arena.reconcile(exits: 0)
        let late = try await arena.refusal(as: .alice, "rollback", digest)
        #expect(late.code == "NotTheLast" && late.said.contains(HandmadeRecord.id(of: other)), "\(late)")
        #expect(try await arena.served() == second.leaf)

        // What it needs is neither on the gateway nor on the device.
        let place = arena.folder.file("slot/.countersign/_previous/\(first.leaf)")
        let aside = arena.folder.file("aside")
        try FileManager.default.moveItem(atPath: place, toPath: aside)
        try FileManager.default.removeItem(atPath: arena.folder.file("private/\(first.spki).key"))
        try await arena.countersign(as: .alice, "rollback", other, exits: 0)
        try await arena.reconcile(exits: 2)
        let blocked = try #require(try await arena.plan()["workOrders"]?.array?.first)
        #expect(blocked["state"] == "Blocked" && blocked["reason"]?["code"] == "NoPrivateKey")
        #expect(blocked["reason"]?["message"]?.string?.contains("keeps no copy of it any more") == true, "\(blocked)")
        try FileManager.default.moveItem(atPath: aside, toPath: place)
        #expect(try await arena.plan()["workOrders"]?.array?.first?["state"] == "Requested")
        #expect(try await arena.refusal(as: .alice, "rollback", other).code == "NothingToRollBack")
        try await arena.git(.alice, "revert", "--no-edit", "HEAD")
        try await arena.git(.alice, "push", "-q", "origin", "HEAD:main")

        // Its key leaks: at the next pass no copy of it is on the device any more, and it is no target.
        #expect(kept(arena, first.leaf))
        try arena.edit("countersign.yaml") {
            $0.replacing("  branch: main\n", with: "  branch: main\n  compromisedKeys: [\"\(first.spki)\"]\n")
        }
        try await arena.commit("Its key has leaked")
        #expect(try await arena.refusal(as: .alice, "rollback", other).code == "KeyCompromised")
        let pass = try await arena.reconcile(exits: nil)
        #expect(!kept(arena, first.leaf))
        #expect("\(pass)".contains("what was kept of compromised keys is erased"), "\(pass)")
        try await arena.declare(first, because: "Put it back by hand")
        try await arena.reconcile(exits: 2)
        let leaked = try #require(try await arena.plan()["workOrders"]?.array?.first)
        let codes = leaked["blocks"]?.array?.compactMap { $0["code"]?.string } ?? []
        #expect(leaked["action"] == "restore" && codes.contains("KeyCompromised"), "\(codes)")
        #expect(try await arena.served() == second.leaf)
    }
}
