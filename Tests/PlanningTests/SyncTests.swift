// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Approvals
import Declarations
import Planning
import Testing
import Vocabulary

@Suite("Whether a connector is in sync") struct SyncTests {
    /// Two gate endpoints; `leaf` is wanted and lies there, pushed by us.
    static func pushed(_ leaf: String = "shop") async throws -> World {
        var world = try await World()
        try world.site("shop", leaf: leaf, serverNames: ["shop.example.com", "www.shop.example.com"])
        try world.observe("shop")
        try world.complete("shop")
        return world
    }

    @Test("is told by what it holds and what is served") func served() async throws {
        var world = try await Self.pushed()
        #expect(try world.view("shop").sync == .inSync)
        try world.certificate("former", leaf: "renewed")
        try world.serve("shop", "renewed")
        #expect(try world.view("shop").sync == .outOfSync(.installedNotServed))
        try world.serve("shop", "shop", at: [0])
        #expect(try world.view("shop").sync == .unknown(since: world.now), "one endpoint was never asked")
        let mixed = world.history.slots[try world.slot("shop")]?.served ?? []
        try world.serve("shop", "renewed", at: [1])
        try world.head("shop") { $0.served += mixed }
        #expect(try world.view("shop").sync == .outOfSync(.servedOnSome(1, of: 2)))
        try world.goDown("shop")
        #expect(try world.view("shop").sync == .unknown(since: world.now))
    }

    @Test("is unapproved until somebody signs for what lies there") func unapproved() async throws {
        var world = try await World()
        try world.site("shop", leaf: "shop")
        try world.observe("shop", holds: "shop")
        #expect(try world.view("shop").sync == .inSyncUnapproved)
        #expect(try world.workOrder("shop").action == .adopt)
        #expect(world.plan.limits.changed == 0)
        try world.complete("shop", adopted: true)
        #expect(try world.view("shop").sync == .inSync)
        #expect(world.plan.workOrders.isEmpty)
        #expect(world.history.slots[try world.slot("shop")]?.sequence == 0)
    }

    @Test("does not ask again for what was adopted by this very content") func adoptedOnce() async throws {
        var world = try await World()
        try world.site("shop", leaf: "shop")
        try world.observe("shop", holds: "shop")
        try world.complete("shop", adopted: true)
        try world.head("shop") { $0.lastCompleted = nil }
        #expect(world.plan.workOrders.isEmpty)
    }

    @Test(
        "has a reason where it is not",
        arguments: [
            ("empty", SyncReason.manuallyRemoved), ("other", .changedOnDevice), ("key", .notInstalled),
            ("chain", .changedOnDevice), ("wanted", .notInstalled), ("unnamed", .notReferenced),
        ])
    func reasons(kind: String, expected: SyncReason) async throws {
        var world = try await Self.pushed()
        switch kind {
        case "empty": try world.observe("shop")
        case "other": try world.observe("shop", holds: "renewed")
        case "key": try world.observe("shop", holds: "shop", key: "renewed")
        case "chain": try world.observe("shop", holds: "shop", chain: [])
        case "unnamed": try world.head("shop") { $0.reference = .unnamed }
        default: try world.certificate("shop", leaf: "renewed")
        }
        #expect(try world.view("shop").sync == .outOfSync(expected))
    }

    @Test("is not asked of what is unbound") func unbound() async throws {
        var world = try await Self.pushed()
        world.desired.bindings = [:]
        #expect(try world.view("shop").sync == .unbound)
        #expect(world.plan.workOrders.isEmpty && world.plan.unchanged == 0)
        try world.connector("shop") { $0.whenUnbound = .remove }
        let workOrder = try world.workOrder("shop")
        #expect(workOrder.action == .remove && workOrder.request == nil && workOrder.digest != nil)
        let document = try #require(workOrder.content.flatMap { SignedContent($0) }).document
        #expect(document["installs"] == nil && document["binding"] == nil && document["certificate"] == nil)
    }

    @Test("comes with drift where somebody changed the device") func drift() async throws {
        var world = try await Self.pushed()
        #expect(world.plan.drift.isEmpty)
        try world.observe("shop", holds: "renewed")
        let drift = try #require(world.plan.drift.first)
        let (shop, renewed) = (try world.mill.leaf("shop"), try world.mill.leaf("renewed"))
        #expect(drift.declared == shop && drift.found.leaf == renewed)
        #expect(drift.files == ["/etc/ssl/shop.crt", "/etc/ssl/shop.key"] && drift.since == world.now)
        try world.certificate("shop", leaf: "renewed")
        #expect(world.plan.drift.isEmpty, "what was put there by hand is declared by now")
        #expect(try world.workOrder("shop").action == .adopt)
    }

    @Test("is shown with the last work order that ended, then with the open one") func workOrder() async throws {
        var world = try await Self.pushed()
        let view = try world.view("shop")
        #expect(view.state == "Completed" && view.workOrder != nil && view.request == nil)
        try world.certificate("shop", leaf: "renewed")
        let open = try world.view("shop")
        let digest = try world.digest("shop")
        #expect(open.state == "Requested" && open.workOrder == digest && open.request != nil)
    }
}

@Suite("A colour") struct ColourTests {
    static let now = World.start

    struct Boundary: Sendable {
        var days: Int64
        var seconds: Int64
        var expected: StatusColour
    }
    static let boundaries: [Boundary] = [
        Boundary(days: 90, seconds: 1, expected: .green), Boundary(days: 90, seconds: 0, expected: .blue),
        Boundary(days: 30, seconds: 1, expected: .blue), Boundary(days: 30, seconds: 0, expected: .yellow),
        Boundary(days: 10, seconds: 1, expected: .yellow), Boundary(days: 10, seconds: 0, expected: .orange),
        Boundary(days: 0, seconds: 1, expected: .orange), Boundary(days: 0, seconds: 0, expected: .red),
        Boundary(days: 0, seconds: -1, expected: .red),
    ]

    @Test("changes at the very second", arguments: boundaries) func boundary(row: Boundary) {
        let notAfter = Self.now + Seconds(row.days * 86400 + row.seconds)
        #expect(StatusColour(StatusColour.Facts(notAfter: notAfter), at: Self.now) == row.expected)
    }

    @Test("is the worst that holds") func worst() {
        var facts = StatusColour.Facts(notAfter: Self.now + 5, wasRemovedByHand: true)
        #expect(StatusColour(facts, at: Self.now) == .purple)
        facts.notAfter = Self.now
        #expect(StatusColour(facts, at: Self.now) == .red)
        facts.pushFailed = true
        #expect(StatusColour(facts, at: Self.now) == .gray)
        facts.isRevoked = true
        #expect(StatusColour(facts, at: Self.now) == .black)
        #expect(StatusColour(.init(notAfter: nil), at: Self.now) == .green)
        #expect(StatusColour.allCases == StatusColour.allCases.sorted())
    }

    @Test("of a connector follows what it holds, its last push, and what was taken away") func connector() async throws
    {
        var world = try await SyncTests.pushed()
        let view = try world.view("shop")
        #expect(view.colour == .yellow && view.notAfter == time("2026-04-01T00:00:00Z"))
        try world.certificate("shop", leaf: "late")
        #expect(try world.view("shop").notAfter == time("2026-04-01T00:00:00Z"), "what is wanted is not there yet")
        try world.observe("shop")
        #expect(try world.view("shop").colour == .purple)
        try world.head("shop") { $0.lastEnded?.outcome = .rolledBack(message: "") }
        #expect(try world.view("shop").colour == .gray)
        let later = world.now + 1
        try world.head("shop") { $0.lastCompleted?.at = later }
        #expect(try world.view("shop").colour == .purple)
    }

    @Test(
        "reads dates without decoding, of this and of the next half century",
        arguments: ["shop", "late", "issuer", "future"])
    func glance(leaf: String) async throws {
        let mill = try await Mill.made.value
        let der = try mill.der(leaf)
        let fingerprint = try mill.leaf(leaf)
        var shelf = CertificateShelf(sent: [fingerprint: der], slots: [:])
        let facts = try mill.facts(leaf)
        let (notAfter, key) = (shelf.notAfter(fingerprint), shelf.publicKey(fingerprint))
        #expect(notAfter == facts.notAfter && key == facts.spki)
    }

    @Test("is taken from nothing that is no certificate") func garbage() {
        for bytes: [UInt8] in [[], [0x30], [0x30, 0x03, 1, 2, 3], Array(repeating: 0x30, count: 400)] {
            let fingerprint = Fingerprint(hashing: bytes)
            var shelf = CertificateShelf(sent: [fingerprint: bytes], slots: [:])
            let (key, facts, notAfter) = (
                shelf.publicKey(fingerprint), shelf.facts(fingerprint), shelf.notAfter(fingerprint)
            )
            #expect(key == nil && facts == nil && notAfter == nil)
        }
    }

    @Test("is taken from no certificate under another's hash") func anotherHash() async throws {
        let mill = try await Mill.made.value
        var shelf = CertificateShelf(sent: [try mill.leaf("shop"): try mill.der("renewed")], slots: [:])
        let facts = shelf.facts(try mill.leaf("shop"))
        let verdict = shelf.verdict(SentChain(leaf: try mill.leaf("shop"), chain: []))
        #expect(facts == nil && verdict.facts.isEmpty && verdict.fault != nil)
    }
}
