// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Approvals
import Declarations
import Planning
import Testing
import Vocabulary

@Suite("A first push") struct FirstPushTests {
    @Test("waits unobserved, without a digest, until somebody looked") func unobserved() async throws {
        var world = try await World()
        try world.site("shop", leaf: "shop")
        let workOrder = try world.workOrder("shop")
        #expect(workOrder.digest == nil && workOrder.request == nil)
        #expect(workOrder.blocks.map(\.code) == [.unobserved])
        #expect(workOrder.judgement.levels.map(\.needed) == [1, 1])
        #expect(world.plan.requests.isEmpty)
    }

    @Test("goes from requested through review to ready, and after it nothing is left to do") func wholeWay()
        async throws
    {
        var world = try await World()
        try world.site("shop", leaf: "shop")
        try world.observe("shop")
        let digest = try world.digest("shop")
        #expect(try world.workOrder("shop").state == .requested)
        #expect(try world.workOrder("shop").action == .install)
        world.sign("bob", "approve", [digest])
        #expect(try world.workOrder("shop").state == .pushReviewInProgress)
        world.sign("carol", "implement", [digest])
        let window = Window(start: world.now, end: world.now + .hours(4))
        #expect(try world.workOrder("shop").state == .readyToImplement(window))
        try world.complete("shop")
        let plan = world.plan
        #expect(plan.workOrders.isEmpty && plan.unchanged == 1 && plan.drift.isEmpty && plan.refused.isEmpty)
        #expect(try world.view("shop").sync == .inSync)
        #expect(try world.view("shop").state == "Completed")
    }

    @Test("is the same plan however often it is made") func deterministic() async throws {
        var world = try await World()
        for index in 0..<20 {
            try world.site("site-\(index)", leaf: ["shop", "renewed", "narrow"][index % 3])
            if index % 2 == 0 { try world.observe("site-\(index)") }
        }
        let plans = (0..<3).map { _ in world.plan }
        let shown = plans.map { $0.workOrders.map { "\($0.connector) \($0.digest.map(\.hex) ?? "-")" } }
        #expect(shown[0] == shown[1] && shown[1] == shown[2])
        #expect(plans[0].workOrders.map(\.connector) == plans[0].workOrders.map(\.connector).sorted())
        #expect(plans[0].digest == plans[1].digest)
    }
}
