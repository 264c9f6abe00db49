// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Approvals
import Foundation
import Operations
import Planning
import Reconciler
import TestKit
import Testing
import Vocabulary

@Suite("A push at a given time") struct ScheduleTests {
    @Test("waits for its window and happens inside of it")
    func inside() async throws {
        let (timeline, renewed, digest) = try await Timeline.asked()
        try await timeline.approve(digest)
        try await timeline.expectState("PushReviewInProgress")
        try await timeline.sign(.dave, "implement", digest, implementation: timeline.window(.hours(1), .hours(2)))
        let waiting = try await timeline.pass()
        waiting.expect("Scheduled")
        #expect(waiting.pushes.isEmpty)
        try timeline.move(to: .hours(1) - 1)
        #expect(try await timeline.pass().pushes.isEmpty)
        #expect(try await timeline.serves(timeline.arena.old))
        try timeline.move(to: .hours(1))
        try await timeline.expectPushed()
        #expect(try await timeline.serves(renewed))
    }

    @Test("is missed once its window is over, and never made up for in silence")
    func missed() async throws {
        let (timeline, renewed, digest) = try await Timeline.asked()
        try await timeline.approve(digest)
        try await timeline.sign(.dave, "implement", digest, implementation: timeline.window(.hours(1), .hours(2)))
        try await timeline.pass()
        // Nobody was there while it was open.
        for later in [Seconds.hours(2), .hours(3), .hours(30)] {
            try timeline.move(to: later)
            let report = try await timeline.pass()
            report.expect("ScheduleMissed")
            #expect(report.pushes.isEmpty)
        }
        #expect(try await timeline.serves(timeline.arena.old))
        // A new decision at the last level is enough.
        try await timeline.implement(digest)
        try await timeline.expectPushed()
        #expect(try await timeline.serves(renewed))
    }

    @Test("is missed too where somebody attended and no gateway did")
    func attended() async throws {
        let (timeline, _, digest) = try await Timeline.asked()
        try await timeline.approve(digest)
        try await timeline.implement(digest)
        try timeline.move(to: .hours(5))
        let report = try await timeline.pass()
        report.expect("ScheduleMissed")
        #expect(report.pushes.isEmpty)
        #expect(try await timeline.serves(timeline.arena.old))
    }

    @Test("needs signatures that have not expired")
    func expiry() async throws {
        let (timeline, renewed, digest) = try await Timeline.asked()
        try await timeline.approve(digest)
        try await timeline.pass()
        try timeline.move(to: .hours(72) + 60)
        let report = try await timeline.pass()
        report.expect("Expired")
        #expect(try report.order().judgement.refused.map(\.refusal.code) == [.approvalExpired])
        // Too early: nobody has approved it anew.
        try await timeline.implement(digest)
        #expect(try await timeline.pass().pushes.isEmpty)
        try timeline.move(to: .hours(73))
        try await timeline.approve(digest)
        #expect(try await timeline.pass().pushes.isEmpty)
        try timeline.move(to: .hours(74))
        try await timeline.implement(digest)
        try await timeline.expectPushed()
        #expect(try await timeline.serves(renewed))
    }

    @Test("waits for the window of its policy, on Saturday night in Berlin")
    func policyWindow() async throws {
        let (timeline, renewed, digest) = try await Timeline.asked { setting in
            setting.policy = [
                "windows: [{days: [Sat], from: \"22:00\", to: \"02:00\", timeZone: Europe/Berlin}]", "attendedFor: 8h",
            ]
        }
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = try #require(TimeZone(identifier: "Europe/Berlin"))
        // Not the one that may be open just now.
        let soon = Date(timeIntervalSince1970: Double(timeline.start.secondsSince1970 + 6 * 3600))
        let opening = try #require(
            calendar.nextDate(after: soon, matching: DateComponents(hour: 22, weekday: 7), matchingPolicy: .nextTime))
        let opens = Timestamp(secondsSince1970: Int64(opening.timeIntervalSince1970))
        try timeline.move(toTime: opens - .hours(3))
        try await timeline.approve(digest)
        try await timeline.implement(digest)
        let closed = try await timeline.pass()
        #expect(try closed.order().blocks.map(\.code) == [.outsideWindow])
        #expect(closed.pushes.isEmpty)
        try timeline.move(toTime: opens - 1)
        #expect(try await timeline.pass().pushes.isEmpty)
        try timeline.move(toTime: opens)
        try await timeline.expectPushed()
        #expect(try await timeline.serves(renewed))
    }

    @Test("does not happen by a clock that went back by more than five minutes")
    func clockWentBack() async throws {
        let (timeline, renewed, digest) = try await Timeline.asked()
        try await timeline.approve(digest)
        try await timeline.implement(digest)
        timeline.clock.set(timeline.start - .minutes(6))
        let report = try await timeline.pass()
        #expect(report.problems.map(\.code) == ["ClockWentBack"])
        #expect(report.pushes.isEmpty)
        #expect(try await timeline.serves(timeline.arena.old))
        timeline.clock.set(timeline.start - .minutes(4))
        try await timeline.expectPushed()
        #expect(try await timeline.serves(renewed))
    }
}
