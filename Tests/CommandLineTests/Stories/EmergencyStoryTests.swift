// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import TestKit
import Testing
import Vocabulary

@Suite("An emergency, on a real nginx") struct EmergencyStoryTests {
    @Test(
        "goes past a freeze by its quorum, stands on top of everything until somebody else has reviewed it, and is proven"
    )
    func night() async throws {
        let arena = try await Arena.made {
            $0.policy = [
                "freezes: [{from: 2020-01-01T00:00:00Z, until: 2099-01-01T00:00:00Z, reason: \"audit week\"}]",
                "emergency: {approvers: [group:netops], count: 2, ignores: [windows, limits]}",
            ]
        }
        try await arena.reconcile(exits: 0)
        let renewed = try await arena.renew()
        let digest = try await arena.digest()
        try await arena.approve(digest)
        #expect(try await arena.refusal(as: .dave, "implement", digest, "--yes").code == "OutsideWindow")
        let bare = try await arena.countersign(as: .bob, "approve", digest, "--yes", "--emergency")
        #expect(bare.code == 64 && bare.errors.contains("--emergency needs a reason"), "\(bare)")
        #expect(
            try await arena.refusal(as: .alice, "approve", digest, "--yes", "--emergency", "-m", "now").code
                == "NotInGroup")

        let said = try await arena.countersign(
            as: .bob, "approve", digest, "--yes", "--emergency", "-m", "The key leaked", exits: 0)
        #expect(said.errors.contains("EMERGENCY"), "\(said)")
        try await arena.reconcile(exits: 2)
        #expect(try await arena.served() != renewed.leaf)
        let waiting = try await arena.countersign(as: .dave, "plan", exits: 2).output
        #expect(waiting.contains("EMERGENCY") && waiting.contains("The key leaked"), "\(waiting)")
        try await arena.countersign(
            as: .dave, "approve", digest, "--yes", "--emergency", "-m", "Seen on the forum too", exits: 0)
        try await arena.reconcile(exits: 0)
        #expect(try await arena.served() == renewed.leaf)

        for command in ["plan", "status", "report"] {
            let output = try await arena.countersign(as: .alice, command).output
            #expect(
                output.contains("EMERGENCY, not reviewed") && output.contains("The key leaked"), "\(command): \(output)"
            )
        }
        let open = try #require(try await arena.plan(as: .alice, exits: nil)["emergencies"]?.array)
        #expect(open.count == 1 && open[0]["digest"]?.string == digest)
        // As they were counted: two that signed within one second are in no order.
        #expect(open[0]["people"]?.array?.compactMap(\.string).sorted() == ["bob", "dave"])

        // Not by who signed it; alice may sign level approve and did not.
        #expect(try await arena.refusal(as: .bob, "review", digest, "--yes").code == "SamePersonTwice")
        #expect(try await arena.refusal(as: .mallory, "review", digest, "--yes").code == "UnknownSigner")
        try await arena.countersign(as: .alice, "review", digest, "--yes", "-m", "Right so", exits: 0)
        try await arena.reconcile(exits: 0)
        #expect(try await arena.plan(as: .alice, exits: nil)["emergencies"] == [])
        #expect(try await arena.refusal(as: .alice, "review", digest, "--yes").code == "AlreadyUsed")
        let quiet = try await arena.countersign(as: .alice, "status").output
        #expect(!quiet.contains("EMERGENCY"), "\(quiet)")

        try await arena.git(.dave, "fetch", "-q", "origin")
        let audit = try await arena.countersign(as: .dave, "audit", "--format", "json", exits: nil).json
        let push = try #require(audit["workOrders"]?.array?.first { $0["installs"]?.string == renewed.leaf })
        #expect(push["proven"] == true, "\(audit)")
        #expect(push["levels"]?.array?.last?["name"] == "emergency")
    }
}
