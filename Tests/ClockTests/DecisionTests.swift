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

@Suite("A decision that is taken back") struct DecisionStoryTests {
    @Test("by its signer counts no more, and the one above it waits until somebody signs anew")
    func revoked() async throws {
        let (timeline, renewed, digest) = try await Timeline.asked()
        try await timeline.approve(digest)
        try await timeline.sign(.dave, "implement", digest, implementation: timeline.window(.hours(1), .hours(5)))
        try await timeline.expectState("Scheduled")
        try timeline.move(to: .minutes(10))
        try await timeline.sign(.bob, "approve", digest, decision: "revoke")
        try await timeline.expectState("Requested")
        try timeline.move(to: .hours(2))
        #expect(try await timeline.pass().pushes.isEmpty)
        try await timeline.approve(digest)
        try await timeline.expectPushed()
        #expect(try await timeline.serves(renewed))
    }

    @Test(
        "and made anew within one second, pass by pass, is made: what was signed above it in good time still waits for it"
    )
    func withinOneSecond() async throws {
        let (timeline, _, digest) = try await Timeline.asked()
        try await timeline.approve(digest)
        try await timeline.sign(.dave, "implement", digest, implementation: timeline.window(.hours(1), .hours(5)))
        try await timeline.expectState("Scheduled")
        try await timeline.sign(.bob, "approve", digest, decision: "revoke")
        try await timeline.expectState("Requested")
        try await timeline.approve(digest)
        try await timeline.expectState("Scheduled")
    }

    @Test(
        "is a tombstone where it is rejected or cancelled: nothing is pushed until something else is asked for",
        arguments: [
            ("reject", Arena.Actor.dave, "Rejected"), ("cancel", .alice, "Cancelled"),
        ])
    func tombstone(decision: String, actor: Arena.Actor, state: String) async throws {
        let (timeline, _, digest) = try await Timeline.asked()
        try await timeline.approve(digest)
        try await timeline.sign(actor, "implement", digest, decision: decision)
        try await timeline.expectState(state)
        try timeline.move(to: .minutes(1))
        try await timeline.implement(digest)
        let report = try await timeline.pass()
        report.expect(state)
        #expect(report.pushes.isEmpty)
        #expect(try report.order().judgement.refused.contains { $0.refusal.code == .alreadyUsed })
        let other = try await timeline.arena.renew(days: 48)
        let anew = try await timeline.order()
        #expect(anew.state == .requested && anew.digest != digest && anew.installs?.leaf.hex == other.leaf)
    }

    @Test("with another content is void: what was signed is superseded, and refused as stale")
    func superseded() async throws {
        let (timeline, _, digest) = try await Timeline.asked()
        try await timeline.approve(digest)
        try await timeline.implement(digest)
        let other = try await timeline.arena.renew(days: 48)
        let report = try await timeline.pass()
        report.expect("Requested")
        #expect(try report.order().installs?.leaf.hex == other.leaf)
        #expect(report.pushes.isEmpty)
        #expect(report.plan.plan.refused.map(\.refusal.code) == [.staleDigest, .staleDigest])
        #expect(try await timeline.serves(timeline.arena.old))
    }
}

@Suite("A device that was changed by hand") struct DriftStoryTests {
    @Test("is shown with what and since when, is put back by two signatures, and revives no old approval")
    func drift() async throws {
        let (timeline, renewed, digest) = try await Timeline.asked()
        try await timeline.approve(digest)
        try await timeline.implement(digest)
        try await timeline.expectPushed()
        func lay(_ certificate: IssuedCertificate) async throws {
            try timeline.arena.folder.write(certificate.chain, to: "slot/shop.crt")
            try timeline.arena.folder.write(certificate.key, to: "slot/shop.key", mode: 0o600)
            try await run(timeline.arena.nginx.reload)
        }
        let stray = try await timeline.arena.authority.issue("stray", days: 5)
        try timeline.move(to: .hours(1))
        try await lay(stray)
        let found = try await timeline.pass()
        let drift = try #require(found.plan.plan.drift.first)
        #expect(drift.declared?.hex == renewed.leaf && drift.found.leaf?.hex == stray.leaf)
        #expect(drift.since == timeline.start + .hours(1))
        let first = try found.order().digest.required
        try await timeline.approve(first)
        try timeline.move(to: .hours(2))
        let later = try await timeline.pass()
        #expect(later.plan.plan.drift.first?.since == timeline.start + .hours(1))
        later.expect("PushReviewInProgress")

        // Somebody puts it back by hand, and somebody does it again: the digest is the same, the approval is not.
        try timeline.move(to: .hours(3))
        try await lay(renewed)
        #expect(try await timeline.pass().plan.plan.workOrders.isEmpty)
        try timeline.move(to: .hours(4))
        try await lay(stray)
        let again = try await timeline.pass()
        #expect(try again.order().digest == first)
        again.expect("Requested")
        #expect(try again.order().judgement.refused.map(\.refusal.code) == [.staleDigest])
        try await timeline.implement(first)
        #expect(try await timeline.pass().pushes.isEmpty)

        try timeline.move(to: .hours(5))
        try await timeline.approve(first)
        #expect(try await timeline.pass().pushes.isEmpty)
        try timeline.move(to: .hours(6))
        try await timeline.implement(first)
        try await timeline.expectPushed()
        #expect(try await timeline.serves(renewed))
        #expect(try await timeline.pass().plan.plan.drift.isEmpty)
    }
}

@Suite("A device that something else changes again and again") struct ContestedStoryTests {
    @Test("is put back twice, and then not fought with until a person asks anew") func stops() async throws {
        let (timeline, renewed, digest) = try await Timeline.asked()
        try await timeline.approve(digest)
        try await timeline.implement(digest)
        try await timeline.expectPushed()
        let arena = timeline.arena
        let stray = try await arena.authority.issue("stray", days: 5)
        func undo() async throws {
            try arena.folder.write(stray.chain, to: "slot/shop.crt")
            try arena.folder.write(stray.key, to: "slot/shop.key", mode: 0o600)
            try await run(arena.nginx.reload)
        }
        for hour in [1, 2] as [Int64] {
            try timeline.move(to: .hours(hour))
            try await undo()
            let order = try await timeline.order()
            #expect(!order.blocks.contains { $0.code == .contested })
            try await timeline.approve(try order.digest.required)
            try await timeline.implement(try order.digest.required)
            try await timeline.expectPushed()
            #expect(try await timeline.serves(renewed))
        }
        try timeline.move(to: .hours(3))
        try await undo()
        let third = try await timeline.order()
        let block = try #require(third.blocks.first)
        #expect(block.code == .contested && block.message.contains("put back 2 times since \(timeline.start + .hours(1))"))
        try await timeline.approve(try third.digest.required)
        try await timeline.implement(try third.digest.required)
        let held = try await timeline.pass()
        #expect(held.pushes.isEmpty)
        // A reader sees the same, and what to do.
        let plan = try await arena.plan(as: .bob)
        #expect(plan["workOrders"]?.array?.first?["reason"]?["code"] == "Contested")

        try await arena.countersign(as: .alice, "push", Arena.certificate, "-m", "The other tool is off", exits: 0)
        let anew = try await timeline.order()
        #expect(anew.digest != third.digest && anew.blocks.isEmpty, "\(anew.blocks)")
        try await timeline.approve(try anew.digest.required)
        try await timeline.implement(try anew.digest.required)
        try await timeline.expectPushed()
        #expect(try await timeline.serves(renewed))
    }
}

@Suite("What is not to be pushed to") struct SettingStoryTests {
    @Test(
        "is refused whoever signs, while its device is only watched or not looked at",
        arguments: [
            ("Monitored", Block.Code.deviceMonitored), ("Ignored", .deviceIgnored),
        ])
    func modes(mode: String, code: Block.Code) async throws {
        let timeline = try await Timeline.make { $0.device = ["sync: \(mode)"] }
        try await timeline.pass()
        try await timeline.arena.renew()
        let report = try await timeline.pass()
        let order = try #require(report.plan.plan.workOrders.first)
        #expect(order.blocks.contains { $0.code == code })
        if let digest = order.digest {
            try await timeline.approve(digest)
            try await timeline.implement(digest)
        }
        #expect(try await timeline.pass().pushes.isEmpty)
        #expect(try await timeline.serves(timeline.arena.old))
    }

    @Test("waits above the limits until the last level says that it knows")
    func limits() async throws {
        let (timeline, renewed, digest) = try await Timeline.asked {
            $0.repository = ["limits: {maxChanged: 1, maxChangedPercent: 30, floor: 0}"]
        }
        #expect(try await timeline.order().blocks.map(\.code) == [.limitExceeded])
        try await timeline.approve(digest)
        try await timeline.sign(.dave, "implement", digest, acknowledging: "changes 1")
        try await timeline.expectPushed()
        #expect(try await timeline.serves(renewed))
    }

    @Test("stays as it is when it is unbound, and goes only where that was asked for and signed")
    func unbound() async throws {
        let (timeline, renewed, digest) = try await Timeline.asked()
        try await timeline.approve(digest)
        try await timeline.implement(digest)
        try await timeline.pass()
        try timeline.arena.edit("shop.yaml") {
            String($0[..<($0.range(of: "---\napiVersion: countersign/v1\nkind: Binding")?.lowerBound ?? $0.endIndex)])
        }
        try await timeline.arena.commit("Unbind the shop")
        let left = try await timeline.pass()
        #expect(left.plan.plan.workOrders.isEmpty)
        #expect(left.plan.plan.connectors.map(\.sync) == [.unbound])
        #expect(try await timeline.serves(renewed))
        try timeline.arena.edit("shop.yaml") {
            $0.replacing("  device: edge-1\n", with: "  device: edge-1\n  whenUnbound: remove\n")
        }
        try await timeline.arena.commit("Remove it")
        let removal = try await timeline.order(.remove)
        #expect(removal.state == .requested)
        // The server must not need the files any more.
        try timeline.arena.nginx.edit { text in
            text.replacing(" ssl;", with: ";").split(separator: "\n").filter { !$0.contains("ssl_certificate") }.joined(
                separator: "\n") + "\n"
        }
        try await timeline.approve(try removal.digest.required)
        try await timeline.implement(try removal.digest.required)
        try await timeline.expectPushed()
        #expect(!timeline.arena.folder.exists("slot/shop.crt") && !timeline.arena.folder.exists("slot/shop.key"))
    }
}
