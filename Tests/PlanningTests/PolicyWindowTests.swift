// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Approvals
import Declarations
import Planning
import Testing
import Vocabulary

@Suite("A policy's window") struct PolicyWindowTests {
    static func window(
        _ days: [ApprovalPolicySpec.Weekday], _ from: String, _ to: String, _ zone: String = "Europe/Berlin"
    ) -> ApprovalPolicySpec.Window {
        .init(days: days, from: from, to: to, timeZone: zone)
    }

    @Test(
        "over midnight belongs to the day on which it begins",
        arguments: [
            ("2026-11-28T20:59:59Z", false),  // Saturday, 21:59:59 in Berlin
            ("2026-11-28T21:00:00Z", true), ("2026-11-29T00:59:59Z", true), ("2026-11-29T01:00:00Z", false),
            ("2026-11-29T21:00:00Z", false),  // Sunday evening
            ("2026-11-28T00:30:00Z", false),  // Saturday, 01:30: Friday's night
        ])
    func overMidnight(at: String, isOpen: Bool) {
        let windows = PolicyWindows([Self.window([.sat], "22:00", "02:00")], around: time(at))
        #expect(windows.isOpen(at: time(at)) == isOpen)
    }

    @Test(
        "is as long as its clock shows, over a change of clocks too",
        arguments: [
            // 2026-03-29: Berlin goes from 02:00 to 03:00, at 01:00Z.
            ("02:15", "02:45", "2026-03-29T01:00:00Z", false), ("01:30", "02:30", "2026-03-29T00:30:00Z", true),
            ("01:30", "02:30", "2026-03-29T00:59:59Z", true), ("01:30", "02:30", "2026-03-29T01:00:00Z", false),
            ("02:30", "03:30", "2026-03-29T00:59:59Z", false), ("02:30", "03:30", "2026-03-29T01:00:00Z", true),
            ("02:30", "03:30", "2026-03-29T01:29:59Z", true), ("02:30", "03:30", "2026-03-29T01:30:00Z", false),
            // 2026-10-25: from 03:00 back to 02:00, at 01:00Z. The first 02:30 is 00:30Z.
            ("02:30", "02:45", "2026-10-25T00:30:00Z", true), ("02:30", "02:45", "2026-10-25T01:30:00Z", false),
            ("02:30", "03:30", "2026-10-25T00:30:00Z", true), ("02:30", "03:30", "2026-10-25T02:29:59Z", true),
            ("02:30", "03:30", "2026-10-25T02:30:00Z", false), ("01:00", "02:30", "2026-10-25T00:29:59Z", true),
            ("01:00", "02:30", "2026-10-25T00:30:00Z", false), ("01:00", "02:30", "2026-10-25T01:15:00Z", false),
        ])
    func changeOfClocks(from: String, to: String, at: String, isOpen: Bool) {
        let windows = PolicyWindows([Self.window([], from, to)], around: time(at))
        #expect(windows.isOpen(at: time(at)) == isOpen)
    }

    @Test(
        "of Saturday night in Berlin is four hours in the nights in which the clocks change, too",
        arguments: [
            // Into 2026-03-29: from 22:00 CET until 02:00 CET, the moment at which it becomes 03:00 CEST.
            ("2026-03-28T20:59:59Z", false), ("2026-03-28T21:00:00Z", true), ("2026-03-29T00:59:59Z", true),
            ("2026-03-29T01:00:00Z", false),
            // Into 2026-10-25: from 22:00 CEST until 02:00 CEST; the second 02:00, an hour later, opens nothing again.
            ("2026-10-24T19:59:59Z", false), ("2026-10-24T20:00:00Z", true), ("2026-10-24T23:59:59Z", true),
            ("2026-10-25T00:00:00Z", false),
            ("2026-10-25T00:59:59Z", false), ("2026-10-25T01:00:00Z", false), ("2026-10-25T01:59:59Z", false),
        ])
    func saturdayNight(at: String, isOpen: Bool) {
        let windows = PolicyWindows([Self.window([.sat], "22:00", "02:00")], around: time(at))
        #expect(windows.isOpen(at: time(at)) == isOpen)
    }

    @Test("of a whole day closes never where every day has one") func wholeDay() {
        let windows = PolicyWindows([Self.window([], "00:00", "00:00")], around: World.start)
        for hour in 0..<48 { #expect(windows.isOpen(at: World.start + .hours(Int64(hour)))) }
    }

    @Test(
        "lies where its zone says",
        arguments: [
            ("UTC", "2026-07-01T10:00:00Z", true), ("America/New_York", "2026-07-01T14:00:00Z", true),
            ("America/New_York", "2026-07-01T10:00:00Z", false), ("Asia/Kolkata", "2026-07-01T04:30:00Z", true),
            ("Pacific/Kiritimati", "2026-06-30T20:00:00Z", true),
        ])
    func zones(zone: String, at: String, isOpen: Bool) {
        let windows = PolicyWindows([Self.window([.wed], "10:00", "11:00", zone)], around: time(at))
        #expect(windows.isOpen(at: time(at)) == isOpen)
    }

    @Test(
        "that cannot be understood never opens",
        arguments: [
            window([], "22:00", "23:00", "Mars/Olympus"), window([], "25:00", "23:00"), window([], "22:0", "23:00"),
            window([], "22:00", "22-30"),
        ])
    func nonsense(window: ApprovalPolicySpec.Window) {
        let windows = PolicyWindows([window], around: World.start)
        #expect(!windows.isOpen(at: World.start) && windows.nextOpening(after: World.start) == nil)
        #expect(!windows.opens(within: Window(start: World.start, end: World.start + .days(30))))
    }

    @Test("says when it opens next") func next() {
        let windows = PolicyWindows([Self.window([.sat], "22:00", "02:00")], around: time("2026-11-24T12:00:00Z"))
        #expect(windows.nextOpening(after: time("2026-11-24T12:00:00Z"))?.start == time("2026-11-28T21:00:00Z"))
        #expect(windows.nextOpening(after: time("2026-11-28T21:00:00Z"))?.start == time("2026-12-05T21:00:00Z"))
    }

    @Test(
        "must meet a time that somebody implements in",
        arguments: [
            ("2026-11-28T20:00:00Z", "2026-11-28T21:00:00Z", false),
            ("2026-11-28T20:00:00Z", "2026-11-28T21:00:01Z", true),
            ("2026-11-29T01:00:00Z", "2026-11-30T12:00:00Z", false),
            ("2027-05-01T00:00:00Z", "2027-05-20T00:00:00Z", true),
            ("2026-11-28T22:00:00Z", "2026-11-28T22:00:00Z", false),
        ])
    func within(start: String, end: String, opens: Bool) {
        let windows = PolicyWindows([Self.window([.sat], "22:00", "02:00")], around: World.start)
        #expect(windows.opens(within: Window(start: time(start), end: time(end))) == opens)
    }

    @Test("is always open where there is none") func none() {
        let windows = PolicyWindows([], around: World.start)
        #expect(
            windows.isOpen(at: World.start) && windows.opens(within: Window(start: World.start, end: World.start + 1)))
    }

    /// Saturdays, 22:00 to 02:00 in Berlin: from 2026-03-21T21:00:00Z. It is Sunday, 2026-03-15T12:00:00Z.
    @Test(
        "refuses a signature by which nothing would ever be pushed",
        arguments: [
            ("implement", nil, nil, "2026-03-21T21:00:00Z"),  // attended for four hours from now on
            ("implement", "2026-03-21T16:00:00Z", "2026-03-21T21:00:00Z", "2026-03-21T21:00:00Z"),
            ("implement", "2026-03-21T16:00:00Z", "2026-03-21T21:00:01Z", nil),
            ("implement", "2026-03-22T01:00:00Z", "2026-03-22T05:00:00Z", "2026-03-28T21:00:00Z"),
            // What is past of it counts for nothing.
            ("implement", "2026-03-14T20:00:00Z", "2026-03-15T13:00:00Z", "2026-03-21T21:00:00Z"),
            ("approve", nil, nil, nil),  // any time
            ("approve", "2026-03-22T01:00:00Z", "2026-03-22T05:00:00Z", "2026-03-28T21:00:00Z"),
        ])
    func neverOpens(level: String, start: String?, end: String?, next: String?) async throws {
        var world = try await World()
        try world.policy("default") { $0.windows = [Self.window([.sat], "22:00", "02:00")] }
        try world.site("shop", leaf: "shop")
        try world.observe("shop")
        if level == "implement" { world.sign("bob", "approve", [try world.digest("shop")]) }
        let wanted: ApprovalRecord.Implementation
        if let start, let end {
            wanted = .scheduled(Window(start: time(start), end: time(end)))
        } else {
            wanted = .manual
        }
        let policy = try #require(world.desired.policies[try name("default")])
        let closed = try world.workOrder("shop").neverOpens(policy, for: wanted, at: level, now: world.now)
        #expect((closed == nil) == (next == nil))
        guard let next, let closed else { return }
        #expect(closed.code == .outsideWindow && closed.message.contains("the next one opens at \(next)"))
    }

    @Test("refuses no attended signature that another one of its level completes later, nor one that adopts")
    func opensLater() async throws {
        var world = try await World()
        try world.policy("default") { spec in
            spec.windows = [Self.window([.sat], "22:00", "02:00")]
            spec.levels[1].count = 2
        }
        try world.site("shop", leaf: "shop")
        try world.observe("shop")
        let policy = try #require(world.desired.policies[try name("default")])
        func closed() throws -> Block? {
            try world.workOrder("shop").neverOpens(policy, for: .manual, at: "implement", now: world.now)
        }
        #expect(try closed() == nil)
        world.sign("bob", "approve", [try world.digest("shop")])
        world.sign("carol", "implement", [try world.digest("shop")])
        #expect(try closed()?.code == .outsideWindow)
        try world.observe("shop", holds: "shop")
        #expect(try world.workOrder("shop").action == .adopt && closed() == nil)
    }

    @Test("meets an attended signature only in what the lower levels approved") func approvedTime() async throws {
        var world = try await World()
        world.now = time("2026-03-21T20:00:00Z")
        try world.policy("default") { $0.windows = [Self.window([.sat], "22:00", "02:00")] }
        try world.site("shop", leaf: "shop")
        try world.observe("shop")
        let policy = try #require(world.desired.policies[try name("default")])
        let approved = Window(start: world.now, end: time("2026-03-21T21:00:00Z"))
        world.sign("bob", "approve", [try world.digest("shop")], implementation: .scheduled(approved))
        let workOrder = try world.workOrder("shop")
        #expect(workOrder.neverOpens(policy, for: .manual, at: "implement", now: world.now) != nil)
        world.records = []
        world.sign("bob", "approve", [try world.digest("shop")])
        let open = try world.workOrder("shop")
        #expect(open.neverOpens(policy, for: .manual, at: "implement", now: world.now) == nil)
    }

    @Test("blocks while it is closed, and signatures count meanwhile") func blocks() async throws {
        var world = try await World()
        try world.policy("default") { $0.windows = [Self.window([.sat], "22:00", "02:00")] }
        try world.site("shop", leaf: "shop")
        try world.observe("shop")
        world.sign("bob", "approve", [try world.digest("shop")])
        let closed = try world.workOrder("shop")
        #expect(closed.blocks.map(\.code) == [.outsideWindow] && closed.judgement.completeLevels == 1)
        world.sign("carol", "implement", [try world.digest("shop")], at: time("2026-03-21T20:30:00Z"))
        world.now = time("2026-03-21T21:00:00Z")
        world.records[0].firstSeen = time("2026-03-21T20:00:00Z")
        world.records[0].signed.record.committed = time("2026-03-21T20:00:00Z")
        #expect(try world.workOrder("shop").state.name == "ReadyToImplement")
    }
}
