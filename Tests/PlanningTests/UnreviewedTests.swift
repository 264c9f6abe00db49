// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Approvals
import Declarations
import Planning
import Testing
import Vocabulary

@Suite("An emergency in the plan") struct UnreviewedTests {
    static func world() async throws -> World {
        var world = try await PolicyTests.world()
        try world.policy("default") {
            $0.windows = [PolicyWindowTests.window([.mon], "01:00", "02:00")]
            $0.emergency = .init(approvers: [.group(try name("netops"))], count: 1, ignores: [.windows])
        }
        let digest = try world.digest("shop")
        world.sign("carol", "emergency", [digest])
        world.records[0].signed.record.emergency = true
        world.records[0].signed.record.comment = "the key leaked"
        return world
    }
    static func past(
        _ world: inout World, _ number: Int, slot: SlotKey? = nil, policy: String = "default", records: [UInt8]? = nil
    ) throws {
        let other = SlotKey(device: try name("edge-1"), path: "/etc/ssl/\(number).crt")
        world.history.emergencies[WorkOrderDigest(hashing: [UInt8(number)])] = .init(
            policy: try name(policy), slot: slot ?? other,
            connector: try name("shop"), people: [try name("carol")], reasons: ["why"], at: World.start,
            records: Set((records ?? [UInt8(number)]).map { RecordKey(hashing: [$0]) }))
    }

    @Test("passes over closed windows where its policy says so, and over nothing that a certificate lacks")
    func passesOver() async throws {
        var world = try await Self.world()
        guard case .readyToImplement = try world.workOrder("shop").state else {
            Issue.record("\(try world.workOrder("shop").state)")
            return
        }
        try world.policy("default") {
            $0.windows = [PolicyWindowTests.window([.mon], "01:00", "02:00")]
            $0.emergency = .init(approvers: [.group(try name("netops"))], count: 1, ignores: [.limits])
        }
        #expect(try world.blocks("shop") == [.outsideWindow])
        world = try await Self.world()
        world.desired.repository = declared(
            "edge-certs",
            RepositorySpec(id: World.repository, branch: "main", compromisedKeys: [try world.mill.key("shop")]))
        #expect(try world.blocks("shop") == [.keyCompromised])
    }

    @Test("waits where three others of its policy have not been reviewed; the same slot may be tried again")
    func atMostThree() async throws {
        var world = try await Self.world()
        for number in 1...3 { try Self.past(&world, number) }
        #expect(try world.blocks("shop") == [.limitExceeded])
        #expect(world.plan.emergencies.count == 3)
        world.history.emergencies[WorkOrderDigest(hashing: [1])]?.review = RecordKey(hashing: [1])
        #expect(try world.blocks("shop").isEmpty && world.plan.emergencies.count == 2)
        try Self.past(&world, 4, policy: "other")
        #expect(try world.blocks("shop").isEmpty, "another policy's are its own")
        try Self.past(&world, 5, slot: try world.slot("shop"))
        #expect(try world.blocks("shop").isEmpty, "a retry")
    }

    @Test("counts what the same records decide on as one, on however many slots") func onManySlots() async throws {
        var world = try await Self.world()
        for number in 1...40 { try Self.past(&world, number, records: [1, 2]) }
        #expect(try world.blocks("shop").isEmpty)
        for number in 41...80 { try Self.past(&world, number, records: [1, 3]) }
        #expect(try world.blocks("shop").isEmpty)
        try Self.past(&world, 81, records: [4])
        #expect(try world.blocks("shop") == [.limitExceeded])
        #expect(world.plan.emergenciesWhole.map(\.count).sorted() == [1, 40, 40])
        // It is one of the forty itself.
        let own = try #require(world.plan.workOrders.first?.judgement.emergency?.given.map(\.record))
        for number in 41...80 {
            world.history.emergencies[WorkOrderDigest(hashing: [UInt8(number)])]?.records = Set(own)
        }
        #expect(try world.blocks("shop").isEmpty)
    }
}
