// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Approvals
import Declarations
import Planning
import Testing
import Vocabulary

@Suite("A renewal under a standing approval") struct StandingPlanTests {
    /// The slots named hold `shop`, adopted by people; acme-bot has asked for `renewed` on each.
    static func world(_ names: [String] = ["shop"], maxPerHour: Int = 10) async throws -> World {
        var world = try await World()
        world.desired.people[try name("acme-bot")] = declared(
            "acme-bot", PersonSpec(keys: [DeclaredKey(material: .ssh(World.keyLine("acme-bot")))], robot: true))
        for text in names {
            try world.site(text, leaf: "shop")
            try world.observe(text, holds: "shop")
            try world.complete(text, adopted: true)
            try world.certificate(text, leaf: "renewed")
            world.requesters.touches[.file("certificates/\(text).pem")] = [try Self.touch("acme-bot")]
        }
        world.requesters.ordinals = [id("tip"): 0]
        world.requesters.parents = [[], [0]]
        let spec = StandingApprovalSpec(
            levels: ["approve", "implement"], match: .init(), requesters: [.person(try name("acme-bot"))],
            issuers: [.spki(try world.mill.key("issuer"))],
            changes: [.renewal], maxPerHour: maxPerHour, maxPerDay: 100, notAfter: World.start + .days(30))
        world.desired.standingApprovals[try name("renewals")] = declared("renewals", spec)
        return world
    }

    static func touch(_ signer: String) throws -> RequesterTable.Touch {
        RequesterTable.Touch(
            commit: id("renewal"), ordinal: 1, signer: try name(signer), named: [], unknown: false, takesOver: false,
            subjectLine: "Renew")
    }

    @Test("needs nobody, is due at once, and counts towards no limit") func stands() async throws {
        let world = try await Self.world()
        let order = try world.workOrder("shop")
        #expect(order.judgement.levels.allSatisfy { $0.standing?.text == "renewals" && $0.missing == 0 })
        #expect(order.judgement.isComplete && order.judgement.isWithoutPeople)
        #expect(order.standing?.objections == [] && order.standing?.left.pushes == 10)
        guard case .readyToImplement(let window) = order.state else {
            Issue.record("\(order.state)")
            return
        }
        #expect(window.contains(world.now) && window.end == World.start + .days(30) + 1)
        #expect(world.plan.limits.changed == 0)
    }

    static let bent: [(String, Set<StandingCondition>, @Sendable (inout World) throws -> Void)] = [
        ("a name dropped", [.change, .names], { try $0.certificate("shop", leaf: "narrow") }),
        ("other names", [.change, .names], { try $0.certificate("shop", leaf: "wide") }),
        (
            "another issuer of the same name", [.change, .issuer],
            { try $0.certificate("shop", leaf: "elsewhere", chain: ["impostor"]) }
        ),
        ("another type of key", [.change, .keyType], { try $0.certificate("shop", leaf: "edwards") }),
        (
            "another requester", [.requester],
            { $0.requesters.touches[.file("certificates/shop.pem")] = [try touch("alice")] }
        ),
        ("nobody asked", [.requester], { $0.requesters.touches = [:] }),
        (
            "an older leaf", [.change, .older, .heldBefore],
            { world in
                try world.certificate("shop", leaf: "renewed")
                try world.observe("shop", holds: "renewed")
                try world.certificate("shop", leaf: "shop")
            }
        ),
        (
            "a leaf that it held before", [.heldBefore],
            { world in
                let leaf = try world.mill.leaf("renewed")
                try world.head("shop") { $0.remember(former: leaf) }
            }
        ),
        (
            "a leaf that failed before", [.failedBefore],
            { world in
                let leaf = try world.mill.leaf("renewed")
                try world.head("shop") {
                    $0.lastEnded = .init(
                        digest: WorkOrderDigest(hashing: []), leaf: leaf, outcome: .rolledBack(message: "no"),
                        at: World.start)
                }
            }
        ),
        (
            "an edited connector", [.connector],
            { world in
                world.desired.connectors[try name("shop")]?.raw = ["device": "edge-1", "edited": true]
            }
        ),
        (
            "a slot of the same path on another device", [.firstPush],
            { world in
                try world.device("edge-2")
                try world.connector("shop", on: "edge-2")
                try world.observe("shop", holds: "shop")
            }
        ),
        (
            "another place of the key", [.key],
            { world in
                world.desired.certificates[try name("shop")]?.raw = ["privateKey": ["file": "elsewhere"]]
            }
        ),
        (
            "another certificate and binding", [.certificate, .binding],
            { world in
                try world.certificate("other", leaf: "renewed")
                world.desired.bindings = [:]
                try world.binding("other", "other", to: ["shop"])
                world.requesters.touches[.file("certificates/other.pem")] = [try touch("acme-bot")]
            }
        ),
        (
            "nothing known of what people signed", [.firstPush],
            { try $0.head("shop") { $0.lastCompleted?.terms = nil } }
        ),
        ("its end a second ago", [.notAfter], { $0.now = World.start + .days(30) + 1 }),
        (
            "a tip that takes it away", [.inForce],
            { world in
                world.inForce = world.desired
                world.desired.standingApprovals = [:]
            }
        ),
    ]

    @Test("waits for people where one condition is bent, and says which", arguments: bent.indices)
    func bends(index: Int) async throws {
        let (what, conditions, bend) = Self.bent[index]
        var world = try await Self.world()
        try bend(&world)
        let order = try world.workOrder("shop")
        #expect(
            Set(order.standing?.objections.map(\.condition) ?? []) == conditions,
            "\(what): \(order.standing?.objections ?? [])")
        #expect(order.judgement.standing.isEmpty && !order.judgement.isComplete, "\(what)")
        #expect(order.judgement.levels.allSatisfy { $0.missing == 1 }, "\(what)")
    }

    @Test("is decided by what else holds the key: a standing approval for one device is none for another")
    func sharedKey() async throws {
        var world = try await Self.world()
        try world.device("edge-2")
        world.desired.devices[try name("edge-1")]?.labels = ["stage": "staging"]
        world.desired.standingApprovals[try name("renewals")]?.spec.match.deviceLabels = ["stage": "staging"]
        #expect(try world.workOrder("shop").judgement.isComplete)
        try world.connector("vault", on: "edge-2")
        try world.observe("vault", holds: "renewed")
        let order = try world.workOrder("shop")
        #expect(order.standing?.objections.map(\.condition) == [.place] && !order.judgement.isComplete)
    }

    @Test("stands for the levels that it names; people sign the others") func someLevels() async throws {
        var world = try await Self.world()
        world.desired.standingApprovals[try name("renewals")]?.spec.levels = ["approve"]
        var order = try world.workOrder("shop")
        #expect(order.state == .pushReviewInProgress && order.judgement.levels.map(\.missing) == [0, 1])
        #expect(world.plan.limits.changed == 1, "people sign it")
        world.sign("carol", "implement", [try world.digest("shop")])
        order = try world.workOrder("shop")
        #expect(order.judgement.isComplete && order.judgement.levels[1].given.map(\.person.text) == ["carol"])
        guard case .readyToImplement = order.state else {
            Issue.record("\(order.state)")
            return
        }
        world.sign("bob", "approve", [try world.digest("shop")], decision: .reject)
        #expect(try world.workOrder("shop").state == .rejected, "people can always say no")
    }

    @Test("goes by the budget, what expires first before the rest; people may sign for what waits")
    func budget() async throws {
        var world = try await Self.world(["a", "b", "c"], maxPerHour: 2)
        // c expires before the others.
        try world.observe("c", holds: "expired")
        #expect(world.plan.workOrders.map(\.state.name) == ["ReadyToImplement", "Blocked", "ReadyToImplement"])
        var waiting = try world.workOrder("b")
        #expect(waiting.blocks.map(\.code) == [.budgetSpent] && waiting.judgement.levels.allSatisfy { $0.missing == 1 })
        // One of them has begun: one less is left.
        world.history.stood[WorkOrderDigest(hashing: [1])] = .init(
            approvals: [try name("renewals")], at: World.start - 60)
        #expect(world.plan.workOrders.map(\.state.name) == ["Blocked", "Blocked", "ReadyToImplement"])
        world.sign("bob", "approve", [try world.digest("b")])
        world.sign("carol", "implement", [try world.digest("b")])
        waiting = try world.workOrder("b")
        #expect(waiting.judgement.isComplete && waiting.judgement.standing.isEmpty)
        world.now = World.start + .hours(1)
        world.history.stood = [:]
        world.history.epochBegunAt = World.start + 60
        #expect(try world.workOrder("c").blocks.map(\.code) == [.budgetSpent], "after a rebuild a day counts as spent")
    }
}
