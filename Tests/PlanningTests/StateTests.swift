// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Approvals
import Declarations
import Planning
import Testing
import Vocabulary

@Suite("The state of a work order") struct StateTests {
    static let now = World.start
    static let open = Window(start: now - 60, end: now + 60)
    static let later = Window(start: now + 1, end: now + 60)
    static let over = Window(start: now - 60, end: now)
    static let block = Block(.endpointDown, "down")

    static func judgement(
        _ complete: Int, of count: Int = 2, window: Window? = nil, tombstone: Judgement.Tombstone? = nil,
        allExpired: Bool = false
    ) -> Judgement {
        let person: [Judgement.Given] =
            PersonName("bob").map { person in
                [
                    Judgement.Given(
                        person: person, key: "", commit: id("record"), record: RecordKey(hashing: []), firstSeen: now,
                        comment: "",
                        implementation: .manual, acknowledgements: [], emergency: false)
                ]
            } ?? []
        return Judgement(
            levels: (0..<count).map {
                Judgement.LevelStanding(
                    name: "level-\($0)", needed: 1, approvers: [], given: $0 < complete ? person : [], candidates: [])
            }, tombstone: tombstone, completeAt: window?.start, window: window, allExpired: allExpired)
    }

    static func rejected() -> Judgement.Tombstone? {
        PersonName("bob").map { .rejected(by: $0, commit: id("record"), comment: "") }
    }
    static func cancelled() -> Judgement.Tombstone? {
        PersonName("bob").map { .cancelled(by: $0, commit: id("record"), comment: "") }
    }

    struct Row: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var facts: StateFacts
        var expected: WorkOrderState
        init(_ text: String, _ facts: StateFacts, _ expected: WorkOrderState) {
            (testDescription, self.facts, self.expected) = (text, facts, expected)
        }
    }

    /// Everything else that could be true at the same time, to show that the earlier line wins.
    static func crowded(outcome: Outcome? = nil, flight: StateFacts.Flight? = nil, isPresent: Bool = true) -> StateFacts
    {
        StateFacts(
            outcome: outcome, flight: flight, isPresent: isPresent,
            judgement: judgement(2, window: over, tombstone: rejected()), blocks: [block])
    }

    static let rows: [Row] = [
        Row("1 completed", crowded(outcome: .completed, flight: .begun, isPresent: false), .completed),
        Row("1 adopted", crowded(outcome: .adopted), .completed),
        Row("1 rolled back", crowded(outcome: .rolledBack(message: "")), .rolledBack),
        Row("1 rollback failed", crowded(outcome: .rollbackFailed(message: "")), .rollbackFailed),
        Row("1 push failed", crowded(outcome: .pushFailed(message: "")), .pushFailed),
        Row("1 unknown effect", crowded(outcome: .unknownEffect(message: "")), .unknownEffect),
        Row("2 begun", crowded(flight: .begun, isPresent: false), .implementing),
        Row("2 begun, device gone", crowded(flight: .unknown), .unknownEffect),
        Row("2 begun, undo not proven", crowded(flight: .undoFailed), .rollbackFailed),
        Row(
            "2 a refused candidate is no end",
            crowded(outcome: .candidateRefused(message: "", token: nil), flight: .begun), .implementing),
        Row("3 not the present content", crowded(isPresent: false), .superseded),
        Row("4 rejected", crowded(), .rejected),
        Row(
            "4 cancelled", StateFacts(judgement: judgement(2, window: over, tombstone: cancelled()), blocks: [block]),
            .cancelled),
        Row(
            "5 the window is over, to the second", StateFacts(judgement: judgement(2, window: over), blocks: [block]),
            .scheduleMissed(over)),
        Row(
            "6 blocked although all signed", StateFacts(judgement: judgement(2, window: open), blocks: [block]),
            .blocked(block)),
        Row("6 blocked before anybody signed", StateFacts(judgement: judgement(0), blocks: [block]), .blocked(block)),
        Row("7 nobody signed", StateFacts(judgement: judgement(0)), .requested),
        Row("7 all expired", StateFacts(judgement: judgement(0, allExpired: true)), .expired),
        Row("7 the first of two levels", StateFacts(judgement: judgement(1)), .pushReviewInProgress),
        Row("7 complete without a window is not ready", StateFacts(judgement: judgement(2)), .pushReviewInProgress),
        Row("7 no levels are nobody's yes", StateFacts(judgement: judgement(0, of: 0, window: open)), .requested),
        Row("8 before the window", StateFacts(judgement: judgement(2, window: later)), .scheduled(later)),
        Row(
            "8 from its first second", StateFacts(judgement: judgement(2, window: Window(start: now, end: now + 1))),
            .readyToImplement(Window(start: now, end: now + 1))),
        Row(
            "8 abandoned before any effect, again ready",
            StateFacts(outcome: .abandoned(message: ""), judgement: judgement(2, window: open)), .readyToImplement(open)
        ),
    ]

    @Test("is the first line that holds", arguments: rows) func table(row: Row) {
        #expect(WorkOrderState.derived(from: row.facts, at: Self.now) == row.expected)
    }

    @Test("is derived without a gap from every combination of facts") func total() {
        let outcomes: [Outcome?] = [nil, .completed, .adopted, .abandoned(message: ""), .rolledBack(message: "")]
        let flights: [StateFacts.Flight?] = [nil] + StateFacts.Flight.allCases
        let windows: [Window?] = [nil, Self.open, Self.later, Self.over]
        for outcome in outcomes {
            for flight in flights {
                for isPresent in [true, false] {
                    for complete in 0...2 {
                        for window in windows {
                            for blocks in [[], [Self.block]] {
                                let facts = StateFacts(
                                    outcome: outcome, flight: flight, isPresent: isPresent,
                                    judgement: Self.judgement(complete, window: complete == 2 ? window : nil),
                                    blocks: blocks)
                                let state = WorkOrderState.derived(from: facts, at: Self.now)
                                if case .readyToImplement(let ready) = state {
                                    #expect(
                                        complete == 2 && isPresent && blocks.isEmpty && flight == nil
                                            && ready.contains(Self.now))
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

@Suite("A work order in flight") struct FlightTests {
    static func begin(_ world: inout World, _ change: (inout OpenBatch) -> Void = { _ in }) throws -> WorkOrder {
        let workOrder = try world.workOrder("shop")
        let batch = BatchID("0123456789abcdef")
        guard let digest = workOrder.digest, let content = workOrder.content else { throw CancellationError() }
        let intent = Intent(
            workOrder: digest, connector: workOrder.connector, slot: workOrder.slot, content: content,
            installs: workOrder.installs?.leaf, replaces: workOrder.replaces, records: [], tip: id("tip"))
        var open = OpenBatch(id: batch, device: workOrder.device, intents: [intent], intendedAt: world.now)
        change(&open)
        world.history.openBatches[batch] = open
        try world.head("shop") { $0.openBatch = batch }
        return workOrder
    }

    @Test("is the only one of its slot, whatever is declared meanwhile") func onlyOne() async throws {
        var world = try await World()
        try world.site("shop", leaf: "shop")
        try world.observe("shop")
        let begun = try Self.begin(&world)
        try world.certificate("shop", leaf: "renewed")
        let plan = world.plan
        #expect(plan.workOrders.map(\.digest) == [begun.digest])
        #expect(plan.workOrders.first?.state == .implementing)
        #expect(plan.workOrders.first?.request == begun.request)
        #expect(plan.workOrders.first?.installs == begun.installs)
        #expect(plan.requests.map(\.digest) == [begun.request].compactMap(\.self))
        #expect(try world.view("shop").state == "Implementing")
        #expect(plan.limits.changed == 0 && plan.unchanged == 0)
    }

    @Test("is still there when its connector is no longer declared") func undeclared() async throws {
        var world = try await World()
        try world.site("shop", leaf: "shop")
        try world.observe("shop")
        let begun = try Self.begin(&world)
        world.desired.connectors = [:]
        world.desired.bindings = [:]
        #expect(world.plan.workOrders.map(\.digest) == [begun.digest])
    }

    @Test("says what went wrong with it", arguments: [("undo", "RollbackFailed"), ("unknown", "UnknownEffect")])
    func troubled(kind: String, expected: String) async throws {
        var world = try await World()
        try world.site("shop", leaf: "shop")
        try world.observe("shop")
        _ = try Self.begin(&world) { batch in
            (batch.switching, batch.undoFailed, batch.unknown) = (true, kind == "undo", kind == "unknown")
        }
        #expect(try world.workOrder("shop").state.name == expected)
    }

    @Test("takes no record that comes after it began") func laterRecord() async throws {
        var world = try await World()
        try world.site("shop", leaf: "shop")
        try world.observe("shop")
        let digest = try world.digest("shop")
        world.sign("bob", "approve", [digest])
        world.sign("carol", "implement", [digest])
        _ = try Self.begin(&world)
        world.now = world.now + 60
        world.sign("dave", "approve", [digest], decision: .reject)
        let workOrder = try world.workOrder("shop")
        #expect(workOrder.state == .implementing)
        #expect(workOrder.judgement.refused.map(\.refusal.code) == [.alreadyUsed])
    }
}
