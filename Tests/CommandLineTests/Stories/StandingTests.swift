// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import TestKit
import Testing
import Vocabulary

@Suite("A standing approval, on a real nginx") struct StandingTests {
    static let approval = """
        kind: StandingApproval
        metadata: {name: renewals}
        spec:
          levels: [approve, implement]
          requesters: [person:alice]
          issuers: [{spki: ISSUER}]
          changes: [renewal]
          maxPerHour: 2
          maxPerDay: 2
          notAfter: 2099-01-01T00:00:00Z
        """

    @Test("lets renewals through until its budget is spent, and nothing else; the audit proves each")
    func renewals() async throws {
        let arena = try await Arena.made { $0.documents = [Self.approval] }
        try await arena.reconcile(exits: 0)
        // Nobody has signed for what lies there: the first renewal is no standing approval's business.
        let adopted = try await arena.digest(of: "adopt")
        try await arena.approve(adopted)
        try await arena.implement(adopted)
        try await arena.reconcile(exits: 0)

        let first = try await arena.renew()
        let order = try #require(try await arena.plan(as: .bob)["workOrders"]?.array?.first)
        #expect(order["state"] == "ReadyToImplement")
        #expect(order["levels"]?.array?.map { $0["standing"] } == ["renewals", "renewals"])
        #expect(order["standing"]?["budget"]?["inHour"] == 2 && order["standing"]?["unmet"] == [])
        let said = try await arena.countersign(as: .bob, "explain", order["id"]?.string ?? "", exits: 0).output
        #expect(said.contains("standing approval renewals stands for approve, implement"), "\(said)")
        #expect(said.contains("given by the trusted commit \(arena.trusted.prefix(7)); 2 left of this hour"), "\(said)")
        try await arena.reconcile(exits: 0)
        #expect(try await arena.served() == first.leaf)

        // The second, with a name more: people.
        let wider = try await arena.authority.issue(
            "wider", days: 60, names: [Arena.host, "www.\(Arena.host)", "new.\(Arena.host)"])
        try arena.keep(keyOf: wider)
        try await arena.declare(wider, because: "Add a name")
        try await arena.reconcile(exits: 2)
        #expect(try await arena.served() == first.leaf)
        let waiting = try #require(try await arena.plan(as: .bob)["workOrders"]?.array?.first)
        #expect(waiting["state"] == "Requested")
        #expect(waiting["standing"]?["unmet"]?.array?.compactMap { $0["condition"]?.string } == ["change", "names"])
        let plan = try await arena.countersign(as: .bob, "plan", exits: 2).output
        #expect(plan.contains("standing approval renewals waits for people"), "\(plan)")

        // What it held before never comes back by itself.
        try await arena.declare(arena.old, because: "Back to the old one")
        try await arena.reconcile(exits: 2)
        let back = try #require(try await arena.plan(as: .bob)["workOrders"]?.array?.first)
        let unmet = back["standing"]?["unmet"]?.array?.compactMap { $0["condition"]?.string } ?? []
        #expect(unmet.contains("older") && unmet.contains("heldBefore"), "\(unmet)")
        #expect(try await arena.served() == first.leaf)

        let second = try await arena.renew(days: 61)
        try await arena.reconcile(exits: 0)
        #expect(try await arena.served() == second.leaf)

        // The budget of the hour is spent; people may sign.
        let third = try await arena.renew(days: 62)
        try await arena.reconcile(exits: 2)
        #expect(try await arena.served() == second.leaf)
        let spent = try #require(try await arena.plan(as: .bob)["workOrders"]?.array?.first)
        #expect(spent["reason"]?["code"] == "BudgetSpent")
        let digest = try await arena.digest()
        try await arena.approve(digest)
        try await arena.implement(digest)
        try await arena.reconcile(exits: 0)
        #expect(try await arena.served() == third.leaf)

        let audit = try await arena.audited(exits: 0)
        let pushes = audit["workOrders"]?.array ?? []
        #expect(pushes.count == 4 && pushes.allSatisfy { $0["proven"] == true }, "\(audit)")
        let alone = pushes.filter { $0["levels"]?.array?.allSatisfy { $0["standing"] == "renewals" } ?? false }
        #expect(alone.compactMap { $0["installs"]?.string } == [first.leaf, second.leaf])

        let found = try await arena.countersign(
            as: .dave, "certificates", "--key", third.spki, "--format", "json", exits: 0
        ).json
        #expect(found["holds"]?.array?.compactMap { $0["connector"]?.string } == [Arena.connector])
        #expect(found["installs"]?.array?.compactMap { $0["certificate"]?.string } == [Arena.certificate])
        #expect(found["compromised"] == false)
        // One line: from the next pass on nothing brings it there again.
        try arena.edit("countersign.yaml") {
            $0.replacing("  branch: main", with: "  branch: main\n  compromisedKeys: [\(third.spki)]")
        }
        try await arena.commit("The key has leaked")
        try await arena.reconcile(exits: nil)
        let listed = try await arena.countersign(as: .dave, "certificates", "--key", third.spki, exits: 0).output
        #expect(listed.contains("compromised: listed in compromisedKeys"), "\(listed)")
        #expect(listed.contains("holds") && listed.contains("installs"))
    }
}
