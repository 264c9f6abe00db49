// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Processes
import TestKit
import Testing
import Vocabulary

extension Arena {
    /// Alice moves edge-1 into a zone; bob and dave sign for it.
    fileprivate func move(to zone: String) async throws {
        try edit("devices.yaml") { $0.replacing(/zone: [a-z]+/, with: "zone: \(zone)") }
        try await change("Move edge-1 into zone \(zone)")
    }

    /// Alice changes who decides; bob and dave sign for it.
    fileprivate func change(_ message: String) async throws {
        try await commit(message)
        let digest = try await changeDigest()
        for actor in [Actor.bob, .dave] { try await approve(digest, as: actor) }
    }

    /// The one open work order of edge-1, as its zone's plan shows it.
    fileprivate func order(_ plan: JSONValue?) throws -> JSONValue {
        let orders = plan?["workOrders"]?.array ?? []
        guard orders.count == 1 else { throw FixtureError("not one work order: \(orders)") }
        return orders[0]
    }

    /// What a zone's status branch says of the slot: its file of the connector, or of a slot that no connector claims there.
    fileprivate func published(_ zone: String) async throws -> JSONValue {
        try await git(.alice, "fetch", "-q", "origin")
        let tip = "refs/remotes/origin/countersign/status/\(zone)"
        let found = try await git(.alice, "grep", "-l", slot.certificate, tip, "--", "connectors", "slots")
        guard let file = found.split(separator: "\n").first.map(String.init), found.split(separator: "\n").count == 1
        else { throw FixtureError("not one file tells of the slot: \(found)") }
        return try JSONValue(parsing: Array(try await git(.alice, "show", file).utf8))
    }
}

@Suite("A device that is moved into another zone") struct ZoneMoveTests {
    @Test("waits until the old zone has released it, goes on with its sequence, and is signed for anew: there and back")
    func thereAndBack() async throws {
        let arena = try await Arena.withSecondZone()
        try await arena.reconcile(exits: 0)
        #expect(try await arena.dmzPass(exits: 0)["pushes"] == [])
        let first = try await arena.renew()
        try await arena.sign(try await arena.digest(), inZone: "default")
        try await arena.reconcile(exits: 0)
        #expect(try await arena.served() == first.leaf)

        // Signed whole, and to be pushed by the old zone tomorrow.
        let second = try await arena.renew(days: 60)
        let former = try await arena.digest()
        try await arena.approve(former)
        let now = Timestamp(secondsSince1970: Int64(Date().timeIntervalSince1970))
        let window = ["--at", "\(now + .days(1))", "--until", "\(now + .days(2))"]
        try await arena.countersign(
            arena.globals(of: .dave) + ["implement", former, "--yes"] + window, as: .dave, exits: 0)
        #expect(try await arena.reconcile(exits: 2)["plan"]?["workOrders"]?.array?.first?["state"] == "Scheduled")

        // The new zone hears of the change first. It neither looks nor pushes.
        try await arena.move(to: "dmz")
        let early = try await arena.dmzPass(exits: 2)
        #expect(early["accepted"] != .null && early["pushes"] == [])
        let blocked = try arena.order(early["plan"])
        #expect(blocked["reason"]?["code"] == "NotReleased" && blocked["digest"] == .null)
        #expect(blocked["reason"]?["message"]?.string?.contains("zone default does not know of the change yet") == true)
        let seen = try arena.order(try await arena.dmzPlan())
        #expect(seen["reason"]?["code"] == "NotReleased")

        let giving = try await arena.reconcile(exits: 0)
        #expect(giving["accepted"] != .null && giving["plan"]?["workOrders"] == [])
        let left = try await arena.published("default")
        #expect(
            left["sequence"] == 1 && left["observed"] == nil && left["lastCompleted"]?["leaf"]?.string == first.leaf)

        let taking = try await arena.dmzPass(exits: 2)
        let order = try arena.order(taking["plan"])
        #expect(order["state"] == "Requested" && order["replaces"]?.string == first.leaf)
        #expect(order["levels"]?.array?.allSatisfy { $0["given"] == [] } ?? false)
        let digest = try #require(order["digest"]?.string)
        #expect(digest != former)
        let taken = try await arena.published("dmz")
        #expect(taken["sequence"] == 1 && taken["lastCompleted"]?["leaf"]?.string == first.leaf)
        // What stands is at rest: neither of them writes again.
        #expect(try await arena.dmzPass(exits: 2)["statusCommit"] == .null)
        #expect(try await arena.reconcile(exits: 0)["statusCommit"] == .null)

        try await arena.sign(digest, inZone: "dmz")
        #expect(try await arena.reconcile(exits: 0)["pushes"] == [])
        #expect(try await arena.dmzPass(exits: 0)["pushes"]?.array?.first?["outcome"] == "Completed")
        #expect(try await arena.served() == second.leaf)
        #expect(try await arena.published("dmz")["sequence"] == 2)

        // And back: the sequence of both.
        try await arena.move(to: "default")
        #expect(try arena.order(try await arena.reconcile(exits: nil)["plan"])["reason"]?["code"] == "NotReleased")
        try await arena.dmzPass(exits: 0)
        #expect(try await arena.reconcile(exits: 0)["plan"]?["workOrders"] == [])
        #expect(try await arena.published("default")["sequence"] == 2)
        let third = try await arena.renew(days: 61)
        try await arena.sign(try await arena.digest(), inZone: "default")
        try await arena.reconcile(exits: 0)
        #expect(try await arena.served() == third.leaf)
        #expect(try await arena.dmzPass(exits: 0)["pushes"] == [])

        let audit = try await arena.audited(exits: 0)
        let pushes = audit["workOrders"]?.array ?? []
        #expect(pushes.compactMap { $0["installs"]?.string } == [first, second, third].map(\.leaf))
        #expect(pushes.allSatisfy { $0["proven"] == true }, "\(audit)")
        #expect(audit["slots"]?.array?.count == 1)
        // Of one zone alone, with what the other has told of it.
        let alone = try await arena.countersign(
            as: .dave, "audit", "--device", "edge-1", "--format", "json", exits: 0
        ).json
        #expect(alone["proven"] == true)
    }

    @Test("is rolled back there to what it got in the zone before, whose status branch tells of it")
    func rolledBack() async throws {
        let arena = try await Arena.withSecondZone()
        try await arena.reconcile(exits: 0)
        try await arena.dmzPass(exits: 0)
        try await arena.sign(try await arena.digest(of: "adopt"), inZone: "default")
        try await arena.reconcile(exits: 0)
        let wrong = try await arena.renew()
        let brought = try await arena.digest()
        try await arena.sign(brought, inZone: "default")
        try await arena.reconcile(exits: 0)
        #expect(try await arena.served() == wrong.leaf)
        try await arena.move(to: "dmz")
        try await arena.reconcile(exits: 0)
        try await arena.dmzPass(exits: 0)

        let id = HandmadeRecord.id(of: brought)
        let given = try await arena.refusal(as: .alice, "rollback", id)
        #expect(given.code == "OtherZone" && given.said.contains("countersign rollback \(id) --zone dmz"), "\(given)")
        try await arena.countersign(as: .alice, "rollback", id, "--zone", "dmz", "-m", "Phones do not like it", exits: 0)
        let order = try arena.order(try await arena.dmzPass(exits: 2)["plan"])
        #expect(order["action"] == "restore" && order["installs"]?["leaf"]?.string == arena.old.leaf)
        try await arena.sign(try #require(order["digest"]?.string), inZone: "dmz")
        #expect(try await arena.dmzPass(exits: 0)["pushes"]?.array?.first?["outcome"] == "Completed")
        #expect(try await arena.served() == arena.old.leaf)
        // It is not the last one any more.
        let late = try await arena.refusal(as: .alice, "rollback", id, "--zone", "dmz")
        #expect(late.code == "NotTheLast", "\(late)")
        let audit = try await arena.audited(exits: 0)
        #expect(audit["workOrders"]?.array?.last?["action"] == "restore", "\(audit)")
    }

    @Test("is taken over at once from a zone that a policy change has removed")
    func removedZone() async throws {
        let arena = try await Arena.withSecondZone()
        try await arena.reconcile(exits: 0)
        try await arena.dmzPass(exits: 0)
        let first = try await arena.renew()
        let burnt = try await arena.digest()
        try await arena.sign(burnt, inZone: "default")
        try await arena.reconcile(exits: 0)
        #expect(try await arena.served() == first.leaf)

        // The old gateway never comes back: its fence on the device is passed all the same.
        try arena.edit("devices.yaml") { $0.replacing("zone: default", with: "zone: dmz") }
        try arena.edit("countersign.yaml") { String($0.split(separator: "---\n").first ?? "") }
        try await arena.commit("The gateway of zone default burnt down")
        let change = try #require(
            try await arena.plan(as: .bob, exits: nil)["policyChanges"]?.array?.first?["digest"]?.string)
        for actor in [Arena.Actor.bob, .dave] { try await arena.approve(change, as: actor) }
        #expect(try await arena.dmzPass(exits: nil)["accepted"] != .null)
        let second = try await arena.renew(days: 60)
        let digest = try #require(try arena.order(try await arena.dmzPass(exits: 2)["plan"])["digest"]?.string)
        try await arena.sign(digest, inZone: "dmz")
        #expect(try await arena.dmzPass(exits: 0)["pushes"]?.array?.first?["outcome"] == "Completed")
        #expect(try await arena.served() == second.leaf)

        // What the zone that is no more did is proven all the same; nobody takes it back by its word alone.
        let pushes = try await arena.audited(exits: 0)["workOrders"]?.array ?? []
        #expect(pushes.compactMap { $0["installs"]?.string } == [first, second].map(\.leaf))
        let lost = try await arena.refusal(as: .alice, "rollback", HandmadeRecord.id(of: burnt), "--zone", "dmz")
        #expect(lost.code == "UnknownID" && lost.said.contains("zone default"), "\(lost)")
    }

    @Test("into one that came by a policy change, and out of it before it goes by another, is followed by the audit all the way")
    func laterZone() async throws {
        let arena = try await Arena.made()
        try await arena.reconcile(exits: 0)
        let first = try await arena.renew()
        let digest = try await arena.digest()
        try await arena.approve(digest)
        try await arena.implement(digest)
        try await arena.reconcile(exits: 0)
        let missing = try await arena.dmz("trust", arena.trusted, "--zone", "dmz", "--format", "json", exits: 1)
        #expect(try missing.json["error"]?["code"] == "UnknownZone")

        // The zone, then the device in it: its gateway begins with what everybody trusted first, and follows.
        let recorder = try await arena.countersign(
            ["recorder", "--state", arena.state(of: .mallory)], as: .mallory, exits: 0
        ).line
        try arena.write(Arena.zoneDMZ(recorder, keys: arena.folder.file("private")), to: "dmz.yaml")
        try await arena.change("Declare another zone")
        #expect(try await arena.reconcile(exits: nil)["accepted"] != .null)
        try await arena.dmz("trust", arena.trusted, "--zone", "dmz", exits: 0)
        #expect(try await arena.dmzPass(exits: 0)["statusCommit"] != .null)
        try await arena.move(to: "dmz")
        #expect(try await arena.reconcile(exits: 0)["accepted"] != .null)
        #expect(try await arena.dmzPass(exits: nil)["accepted"] != .null)
        let second = try await arena.renew(days: 60)
        try await arena.sign(
            try #require(try arena.order(try await arena.dmzPass(exits: 2)["plan"])["digest"]?.string), inZone: "dmz")
        try await arena.dmzPass(exits: 0)
        #expect(try await arena.served() == second.leaf)

        // Back again, and the zone is gone. What it did is told by its branch alone.
        try await arena.move(to: "default")
        #expect(try await arena.dmzPass(exits: nil)["accepted"] != .null)
        #expect(try await arena.reconcile(exits: 0)["accepted"] != .null)
        try FileManager.default.removeItem(atPath: arena.folder.file("clones/alice/dmz.yaml"))
        try await arena.change("The other zone is gone")
        #expect(try await arena.reconcile(exits: 0)["accepted"] != .null)
        let third = try await arena.renew(days: 61)
        let last = try await arena.digest()
        try await arena.approve(last)
        try await arena.implement(last)
        try await arena.reconcile(exits: 0)

        let audit = try await arena.audited(exits: 0)
        let pushes = audit["workOrders"]?.array ?? []
        #expect(pushes.compactMap { $0["installs"]?.string } == [first, second, third].map(\.leaf))
        #expect(pushes.allSatisfy { $0["proven"] == true }, "\(audit)")
        #expect(Set(audit["lines"]?.array?.compactMap { $0["zone"]?.string } ?? []) == ["default", "dmz"])
        let unknown = try await arena.refusal(as: .dave, "audit", "--zone", "cellar")
        #expect(unknown.code == "UnknownZone", "\(unknown)")
        let gone = try await arena.countersign(as: .dave, "audit", "--zone", "dmz", "--format", "json", exits: 0).json
        #expect(gone["workOrders"]?.array?.compactMap { $0["installs"]?.string } == [second.leaf])

        // A branch that nobody ever declared is no zone's, and said to be left out.
        try await arena.git(.mallory, "push", "-q", "origin", "origin/countersign/status/dmz:refs/heads/countersign/status/cellar")
        let notices = try await arena.audited(exits: 0)["notices"]?.array?.compactMap(\.string) ?? []
        #expect(notices.contains { $0.contains("cellar is not audited") }, "\(notices)")
    }

    @Test("of a zone whose gateway has stopped is Unknown for everybody else, and not heard since")
    func silent() async throws {
        let arena = try await Arena.made()
        let running = try await Running(arena, interval: 3600)
        try await eventually(within: .seconds(60), "the first status") { try await arena.statusTip() != nil }
        #expect(try await running.stop().status == .exited(0))

        let soon = try await arena.countersign(at: "+8h", as: .bob, "status", "--format", "json").json["connectors"]?
            .array?.first
        #expect(soon?["sync"] == "InSync", "\(soon ?? .null)")
        let late = try await arena.countersign(at: "+10h", as: .bob, "status", "--format", "json").json["connectors"]?
            .array?.first
        #expect(late?["sync"] == "Unknown" && late?["certPlusSync"] == "OutOfSync", "\(late ?? .null)")
        let said = try await arena.countersign(at: "+10h", as: .bob, "status")
        #expect(said.output.contains("not heard since") && said.output.contains("was not heard of since"), "\(said)")
    }
}
