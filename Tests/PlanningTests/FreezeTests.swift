// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Approvals
import Declarations
import Planning
import Testing
import Vocabulary

@Suite("A freeze") struct FreezeTests {
    static let freeze = ApprovalPolicySpec.Freeze(
        from: time("2026-12-14T00:00:00Z"), until: time("2027-01-04T06:00:00Z"), reason: "end of the year")
    static let night = PolicyWindowTests.window([], "22:00", "02:00", "UTC")

    @Test(
        "closes from its first second to its last",
        arguments: [
            ("2026-12-13T23:59:59Z", true), ("2026-12-14T00:00:00Z", false), ("2027-01-04T05:59:59Z", false),
            ("2027-01-04T06:00:00Z", true),
        ])
    func edges(at: String, isOpen: Bool) {
        let windows = PolicyWindows([], freezes: [Self.freeze], around: time(at))
        #expect(windows.isOpen(at: time(at)) == isOpen)
        #expect((windows.freeze(at: time(at))?.reason == "end of the year") == !isOpen)
    }

    @Test("closes what a window opens, and says when the next opens, however long it is")
    func cutsWindows() {
        let windows = PolicyWindows([Self.night], freezes: [Self.freeze], around: time("2026-12-13T22:30:00Z"))
        #expect(windows.isOpen(at: time("2026-12-13T23:59:59Z")))
        #expect(!windows.isOpen(at: time("2026-12-14T00:00:00Z")))
        let within = PolicyWindows([Self.night], freezes: [Self.freeze], around: time("2026-12-15T12:00:00Z"))
        #expect(within.nextOpening(after: time("2026-12-15T12:00:00Z"))?.start == time("2027-01-04T22:00:00Z"))
        let always = PolicyWindows([], freezes: [Self.freeze], around: time("2026-12-15T12:00:00Z"))
        #expect(always.nextOpening(after: time("2026-12-15T12:00:00Z"))?.start == time("2027-01-04T06:00:00Z"))
    }

    @Test("that follows another at once is one with it") func adjoining() {
        let second = ApprovalPolicySpec.Freeze(
            from: time("2027-01-04T06:00:00Z"), until: time("2027-01-10T00:00:00Z"), reason: "audit")
        let windows = PolicyWindows([], freezes: [second, Self.freeze], around: time("2026-12-20T00:00:00Z"))
        #expect(windows.nextOpening(after: time("2026-12-20T00:00:00Z"))?.start == time("2027-01-10T00:00:00Z"))
    }

    @Test(
        "is why nobody may sign for a time that lies in it",
        arguments: [
            ("2026-12-14T10:00:00Z", "2026-12-14T14:00:00Z", false),
            ("2026-12-13T22:00:00Z", "2026-12-14T02:00:00Z", true),
            ("2027-01-04T05:00:00Z", "2027-01-04T06:00:01Z", true),
            ("2027-01-04T05:00:00Z", "2027-01-04T06:00:00Z", false),
        ])
    func signing(from: String, until: String, opens: Bool) {
        let windows = PolicyWindows([], freezes: [Self.freeze], around: time(from))
        #expect(windows.opens(within: Window(start: time(from), end: time(until))) == opens)
    }

    @Test("blocks a work order that is signed, with its reason, and lets go by itself") func blocks() async throws {
        var world = try await PolicyTests.world()
        try world.policy("default") {
            $0.freezes = [.init(from: World.start - 60, until: World.start + 60, reason: "audit week")]
        }
        let blocked = try world.workOrder("shop")
        #expect(blocked.blocks.map(\.code) == [.outsideWindow])
        #expect(blocked.blocks[0].message.contains("audit week"))
        world.now = World.start + 60
        #expect(try world.workOrder("shop").blocks.isEmpty)
    }
}
