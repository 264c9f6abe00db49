// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Approvals
import Declarations
import Planning
import Testing
import Vocabulary

@Suite("The limits") struct LimitTests {
    @Test(
        "are passed above the floor and one of the two",
        arguments: [
            // changed, of, floor, maxChanged, percent
            (10, 10, 10, 5, 30, false), (11, 1000, 10, 11, 30, false), (11, 1000, 10, 10, 30, true),
            (11, 36, 10, 50, 30, true),
            (11, 37, 10, 50, 30, false), (12, 40, 10, 50, 30, false), (13, 43, 10, 50, 30, true),
            (0, 0, 0, 0, 0, false),
            (1, 1, 0, 0, 0, true),
        ])
    func table(changed: Int, total: Int, floor: Int, most: Int, percent: Int, exceeded: Bool) {
        let standing = LimitStanding(
            changed: changed, of: total, limits: .init(maxChanged: most, maxChangedPercent: percent, floor: floor))
        #expect(standing.exceeded == exceeded)
    }

    static func world(_ count: Int) async throws -> World {
        var world = try await World()
        world.desired.repository?.spec.limits = .init(maxChanged: 2, maxChangedPercent: 100, floor: 1)
        for index in 0..<count {
            try world.site("site-\(index)", leaf: "shop")
            try world.observe("site-\(index)")
        }
        return world
    }

    @Test(
        "hold back until the last level acknowledges this number or a higher one",
        arguments: [(2, false), (3, true), (4, true)])
    func acknowledged(number: Int, goes: Bool) async throws {
        var world = try await Self.world(3)
        #expect(world.plan.limits.exceeded && world.plan.limits.changed == 3)
        #expect(world.plan.workOrders.allSatisfy { $0.blocks.map(\.code) == [.limitExceeded] })
        let digests = world.plan.workOrders.compactMap(\.digest)
        world.sign("bob", "approve", digests, acknowledging: [.changes(9)])
        #expect(world.plan.workOrders.allSatisfy { $0.state.name == "Blocked" }, "not the last level")
        world.sign("carol", "implement", digests, acknowledging: [.changes(number)])
        #expect(world.plan.workOrders.allSatisfy { ($0.state.name == "ReadyToImplement") == goes })
    }

    @Test("are not lifted by signing for everything") func signingLiftsNothing() async throws {
        var world = try await Self.world(3)
        let digests = world.plan.workOrders.compactMap(\.digest)
        world.sign("bob", "approve", digests)
        world.sign("carol", "implement", digests)
        #expect(world.plan.limits.exceeded)
        #expect(world.plan.workOrders.allSatisfy { $0.blocks.map(\.code) == [.limitExceeded] })
    }

    @Test("count no adoption, nothing rejected and nothing that is blocked anyway, but what waits for its window")
    func counted() async throws {
        var world = try await Self.world(3)
        world.sign("bob", "approve", [try world.digest("site-0")], decision: .reject)
        #expect(world.plan.limits.changed == 2)
        try world.observe("site-1", holds: "shop")
        #expect(world.plan.limits.changed == 1)
        try world.observe("site-1")
        try world.certificate("site-1", leaf: "expired")
        #expect(world.plan.limits.changed == 1)
        try world.policy("default") { $0.windows = [PolicyWindowTests.window([.mon], "01:00", "02:00")] }
        world.records = []
        #expect(world.plan.limits.changed == 2)
    }
}

@Suite("A request") struct RequestTests {
    @Test("is all open work orders of one certificate and leaf") func groups() async throws {
        var world = try await World()
        try world.certificate("shop", leaf: "shop")
        try world.certificate("pay", leaf: "pay")
        for connector in ["a", "b", "c"] {
            try world.connector(connector)
            try world.observe(connector)
        }
        try world.binding("ab", "shop", to: ["a", "b"])
        try world.binding("c", "pay", to: ["c"])
        world.requesters.touches[.resource(ResourceKey(kind: .binding, name: "ab"))] = [touch("1", 1, signer: "alice")]
        let plan = world.plan
        #expect(plan.requests.map(\.certificate.text) == ["pay", "shop"])
        let shop = try #require(plan.requests.last)
        #expect(shop.workOrders == plan.workOrders.filter { $0.certificate?.text == "shop" }.compactMap(\.digest))
        #expect(shop.requesters.people.keys.map(\.text) == ["alice"])
        #expect(
            plan.workOrders.allSatisfy {
                $0.request == ($0.certificate?.text == "shop" ? shop.digest : plan.requests[0].digest)
            })
        let document = RequestDocument(
            certificate: shop.certificate, epoch: try #require(world.history.epoch), leaf: shop.leaf,
            repository: World.repository)
        #expect(shop.digest == document.digest)
    }
}

@Suite("A record that fits no open work order") struct UnfitRecordTests {
    @Test("is stale where nothing ever had its digest, and not listed where it is refused with a work order")
    func stale() async throws {
        var world = try await World()
        try world.site("shop", leaf: "shop")
        try world.observe("shop")
        world.sign("bob", "approve", [WorkOrderDigest(hashing: [1])])
        #expect(world.plan.refused.map(\.refusal.code) == [.staleDigest])
        world.sign("bob", "approve", [WorkOrderDigest(hashing: [1]), try world.digest("shop")])
        #expect(world.plan.refused.count == 1)
        world.records[0].placement = Refusal(.notOnStatus, "")
        #expect(world.plan.refused.map(\.refusal.code) == [.notOnStatus])
    }

    @Test("was used where the work has ended, and is refused where it came after") func used() async throws {
        var world = try await World()
        try world.site("shop", leaf: "shop")
        try world.observe("shop")
        let digest = try world.digest("shop")
        world.sign("bob", "approve", [digest])
        world.sign("carol", "implement", [digest])
        world.now = world.now + 60
        try world.complete("shop")
        #expect(world.plan.refused.isEmpty)
        world.now = world.now + 60
        world.sign("dave", "approve", [digest])
        #expect(world.plan.refused.map(\.refusal.code) == [.alreadyUsed])
    }

    @Test("stands beside commits that are no record at all, in order") func refusedCommits() async throws {
        var world = try await World()
        world.refusedCommits = ["a", "b", "c"].map { .init(commit: id($0), refusal: Refusal(.unsigned, "")) }
        #expect(world.plan.refused.map(\.commit) == ["a", "b", "c"].map { id($0) }.sorted())
    }
}

@Suite("A digest of a slot") struct SlotDigestTests {
    @Test(
        "changes with every change of substance",
        arguments: [
            "leaf", "chain", "connector", "push", "bindingPush", "binding", "policy", "device", "epoch", "sequence",
            "holds", "drops", "key",
        ])
    func substance(what: String) async throws {
        var world = try await BlockTests.world("renewed", over: "shop")
        let before = try world.digest("shop")
        switch what {
        case "leaf": try world.certificate("shop", leaf: "rekeyed")
        case "chain": try world.certificate("shop", leaf: "renewed", chain: ["issuer", "issuer"])
        case "connector":
            try world.connector("shop") { $0.endpoints[0].port = 8443 }
            world.desired.connectors[try name("shop")]?.raw = ["changed": true]
        case "push": try world.connector("shop", push: 1)
        case "bindingPush": try world.binding("shop", "shop", to: ["shop"], push: 1)
        case "binding":
            world.desired.bindings = [:]
            try world.binding("another", "shop", to: ["shop"])
        case "policy": try world.policy("default") { $0.priority = 3 }
        case "device": try world.device("edge-1") { $0.sync = .monitored }
        case "epoch": world.history.epoch = Epoch("ffffffffffffffffffffffffffffffff")
        case "sequence": try world.head("shop") { $0.sequence = 1 }
        case "holds": try world.observe("shop", holds: "pay")
        case "drops": try world.certificate("shop", leaf: "renewed", drops: ["www.shop.example.com"])
        default: world.desired.certificates[try name("shop")]?.raw = ["privateKey": ["installed": true]]
        }
        #expect(try world.digest("shop") != before)
    }

    @Test("changes with the content of an encrypted key, which stands in it") func encryptedKey() async throws {
        var world = try await BlockTests.world("renewed", over: "shop")
        try world.certificate("shop", leaf: "renewed", key: .encrypted("certificates/shop.p7m"))
        world.desired.zones[try name("default")]?.spec.recipients = ["zone.pem"]
        let blob = NamedFile(bytes: [1, 2, 3])
        world.desired.files["certificates/shop.p7m"] = blob
        let workOrder = try world.workOrder("shop")
        let document = try #require(workOrder.content.flatMap { SignedContent($0) }).document
        #expect(document["files"]?["certificates/shop.p7m"]?.string == blob.digest.hex)
        world.desired.files["certificates/shop.p7m"] = NamedFile(bytes: [1, 2, 4])
        #expect(try world.digest("shop") != workOrder.digest)
    }

    @Test("does not change with time, commits, labels or who asks") func noSubstance() async throws {
        var world = try await BlockTests.world("renewed", over: "shop")
        let before = try world.digest("shop")
        world.now = world.now + .days(3)
        world.desired.connectors[try name("shop")]?.labels = ["a": "b"]
        world.desired.devices[try name("edge-1")]?.labels = ["a": "b"]
        world.requesters.touches[RequesterTests.file] = [touch("1", 1, signer: "alice")]
        world.keyChecks[try name("shop")] = .mismatch
        try world.head("shop") { $0.served = [] }
        #expect(try world.digest("shop") == before)
    }

    @Test("says what an approver must not miss") func notes() async throws {
        var world = try await BlockTests.world("narrow", over: "shop")
        #expect(try world.workOrder("shop").notes == ["names lost: www.shop.example.com"])
        try world.certificate("shop", leaf: "edwards")
        #expect(try world.workOrder("shop").notes == ["key type changes from P-256 to Ed25519"])
        try world.certificate("shop", leaf: "rekeyed")
        #expect(try world.workOrder("shop").notes == ["the key stays the same"])
        try world.certificate("shop", leaf: "expired")
        #expect(
            try world.workOrder("shop").notes == [
                "begins earlier than what it replaces", "ends earlier than what it replaces",
            ])
    }

    @Test("is not made of slots of another zone") func otherZone() async throws {
        var world = try await World()
        world.desired.zones[try name("dmz")] = declared("dmz", ZoneSpec(recorders: []))
        try world.device("far", zone: "dmz")
        try world.site("shop", leaf: "shop", on: "far")
        #expect(world.plan.workOrders.isEmpty && world.plan.connectors.isEmpty && world.plan.limits.total == 1)
    }
}
