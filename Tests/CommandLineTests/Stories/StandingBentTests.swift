// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Processes
import TestKit
import Testing
import Vocabulary

@Suite("A renewal that a standing approval would let through, bent by one commit") struct StandingBentTests {
    /// Alice's renewals stand; each commit that is not quite one is undone again.
    private struct Bending {
        let arena: Arena
        let ends: Timestamp

        static func make() async throws -> Bending {
            let ends = Timestamp(secondsSince1970: Int64(Date().timeIntervalSince1970)) + .days(10)
            let arena = try await Arena.made { setting in
                // Fails once where it is told to.
                setting.reloadThrough = [
                    "sh", "-c", "flag=$1/../fail; shift; if [ -e $flag ]; then rm $flag; exit 1; fi; exec $*", "reload",
                    "SLOT",
                ]
                setting.documents = [
                    StandingTests.approval.replacing("2099-01-01T00:00:00Z", with: "\(ends)"),
                    """
                    kind: Device
                    metadata: {name: edge-2}
                    spec:
                      kind: files
                      zone: default
                      transport: {local: {}}
                      files: {reload: ["true"]}
                      slotRoots: ["FOLDER/elsewhere"]
                    """,
                ]
            }
            let bending = Bending(arena: arena, ends: ends)
            try await arena.reconcile(exits: 0)
            let adopted = try await arena.digest(of: "adopt")
            try await arena.approve(adopted)
            try await arena.implement(adopted)
            try await arena.reconcile(exits: 0)
            return bending
        }

        /// What the commit asks for waits for people, nothing is pushed, and plan says why.
        func expect(
            _ reasons: String..., served leaf: String, _ place: SourceLocation = #_sourceLocation
        ) async throws {
            let pass = try await arena.reconcile(exits: 2)
            #expect(pass["pushes"] == [], sourceLocation: place)
            let orders = (pass["plan"]?["workOrders"]?.array ?? []).filter { $0["action"] != "adopt" }
            #expect(orders.count == 1, "\(orders)", sourceLocation: place)
            #expect(
                orders.first?["levels"]?.array?.allSatisfy { $0["standing"] != "renewals" && $0["missing"] == 1 }
                    ?? false,
                "\(orders)", sourceLocation: place)
            let said = try await arena.countersign(as: .bob, "plan", exits: 2).output
            for reason in reasons { #expect(said.contains(reason), "\(said)", sourceLocation: place) }
            #expect(try await arena.served() == leaf, sourceLocation: place)
        }

        func bend(
            _ reasons: String..., served leaf: String, _ place: SourceLocation = #_sourceLocation,
            by change: () async throws -> Void
        ) async throws {
            try await change()
            let pass = try await arena.reconcile(exits: 2)
            #expect(pass["pushes"] == [], sourceLocation: place)
            let said = try await arena.countersign(as: .bob, "plan", exits: 2).output
            #expect(said.contains("standing approval renewals waits for people"), "\(said)", sourceLocation: place)
            for reason in reasons { #expect(said.contains(reason), "\(said)", sourceLocation: place) }
            #expect(try await arena.served() == leaf, sourceLocation: place)
            try await arena.git(.alice, "revert", "--no-edit", "HEAD")
            try await arena.git(.alice, "push", "-q", "origin", "HEAD:main")
        }

        func issue(
            _ label: String, by authority: CertificateAuthority? = nil,
            names: [String] = [Arena.host, "www.\(Arena.host)"], algorithm: String = "ec"
        ) async throws -> IssuedCertificate {
            let issued = try await (authority ?? arena.authority).issue(
                label, days: 60, names: names, algorithm: algorithm)
            try arena.keep(keyOf: issued)
            return issued
        }
    }

    @Test("waits for people, with the reason in plan; what is not bent needs nobody") func each() async throws {
        let bending = try await Bending.make()
        let arena = bending.arena
        let first = try await arena.renew()
        try await arena.reconcile(exits: 0)
        #expect(try await arena.served() == first.leaf)
        try await eventually("the next second") { Int64(Date().timeIntervalSince1970) > first.issued }

        try await bending.bend("name added: new.\(Arena.host)", served: first.leaf) {
            let wider = try await bending.issue(
                "wider", names: [Arena.host, "www.\(Arena.host)", "new.\(Arena.host)"])
            try await arena.declare(wider, because: "Add a name")
        }
        try await bending.bend("name dropped: www.\(Arena.host)", served: first.leaf) {
            try arena.edit("shop.yaml") {
                $0.replacing(
                    "  chain: certificates/shop.pem",
                    with: "  chain: certificates/shop.pem\n  dropsNames: [www.\(Arena.host)]")
            }
            try await arena.declare(try await bending.issue("narrower", names: [Arena.host]), because: "Drop a name")
        }
        try await bending.bend("issued by none of those that it lists", served: first.leaf) {
            let other = try await CertificateAuthority(in: arena.folder, named: "Other CA")
            try await arena.declare(try await bending.issue("other", by: other), because: "Change the CA")
        }
        try await bending.bend("key type changes from", served: first.leaf) {
            try await arena.declare(try await bending.issue("rsa", algorithm: "rsa"), because: "Go back to RSA")
        }
        try await bending.bend(
            "does not begin later than the old one", "this slot has held this certificate before", served: first.leaf
        ) {
            try await arena.declare(arena.old, because: "Back to the old one")
        }
        try await bending.bend("AppConnector edge-1-shop has been edited", served: first.leaf) {
            try arena.edit("shop.yaml") { $0.replacing("mode: \"0600\"", with: "mode: \"0640\"") }
            try await arena.declare(try await bending.issue("edited"), because: "Let the group read, and renew")
        }
        try await bending.bend("no push to this slot is known to have been completed", served: first.leaf) {
            try arena.edit("shop.yaml") {
                $0.replacing("device: edge-1", with: "device: edge-2").replacing(
                    arena.folder.file("slot"), with: arena.folder.file("elsewhere"))
            }
            try await arena.declare(try await bending.issue("moved"), because: "Move to another machine, and renew")
        }

        // Not bent: it is pushed, fails, and is not tried again.
        try arena.folder.write("", to: "fail")
        let failing = try await arena.renew(days: 61)
        let pass = try await arena.reconcile(exits: 4)
        #expect(pass["pushes"]?.array?.map { $0["outcome"] } == ["RolledBack"])
        try await bending.expect(
            "standing approval renewals waits for people", "its last push to this slot failed", served: first.leaf)
        #expect(failing.leaf != first.leaf)

        // Two of an hour have begun, the one that failed among them.
        _ = try await arena.renew(days: 62)
        try await bending.expect("BudgetSpent", served: first.leaf)

        // In the last second it would stand, in the next it ends.
        for (moment, isOver) in [(bending.ends - 60, false), (bending.ends + 1, true)] {
            let start = String("@\(moment)".replacing("T", with: " ").dropLast())
            let said = try await arena.countersign(at: start, as: .bob, "plan")
            #expect(said.output.contains("it ended at \(bending.ends)") == isOver, "\(said)")
        }

        // Alice and bob have asked: nobody is left who could approve, and that is said first.
        try await arena.git(.bob, "pull", "-q", "origin", "main")
        let asked = try await bending.issue("asked")
        try arena.folder.write(asked.chain, to: "clones/bob/certificates/shop.pem")
        try await arena.git(.bob, "commit", "-q", "-am", "Renew it myself")
        try await arena.git(.bob, "push", "-q", "origin", "HEAD:main")
        let plan = try await arena.countersign(
            as: .dave, "explain",
            try #require(try await arena.plan(as: .bob, exits: nil)["workOrders"]?.array?.first?["id"]?.string)
        ).output
        #expect(plan.contains("asked for by bob, whom it does not list"), "\(plan)")
        try await arena.reconcile(exits: 2)
        #expect(try await arena.served() == first.leaf)
    }
}
