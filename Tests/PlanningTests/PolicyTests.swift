// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Approvals
import Declarations
import Planning
import Testing
import Vocabulary

@Suite("The policy that decides") struct PolicyTests {
    static func world() async throws -> World {
        var world = try await World()
        try world.site("shop", leaf: "shop")
        try world.observe("shop")
        return world
    }
    static func strict(
        _ world: inout World, priority: Int = 10, _ change: (inout ApprovalPolicySpec.Match) throws -> Void
    ) throws {
        try world.policy("strict") { spec in
            spec.priority = priority
            try change(&spec.match)
        }
    }

    @Test(
        "has the highest priority of those that match",
        arguments: [
            ("kind", "strict"), ("zone", "strict"), ("label", "strict"), ("change", "strict"), ("name", "strict"),
            ("otherKind", "default"), ("otherZone", "default"), ("otherLabel", "default"), ("otherChange", "default"),
            ("otherName", "default"),
        ])
    func facts(kind: String, expected: String) async throws {
        var world = try await Self.world()
        world.desired.devices[try name("edge-1")]?.labels = ["tier": "edge"]
        try Self.strict(&world) { match in
            switch kind {
            case "kind": match.deviceKinds = ["haproxy", "nginx"]
            case "zone": match.zones = [try name("default")]
            case "label": match.deviceLabels = ["tier": "edge"]
            case "change": match.changes = [.install]
            case "name": match.names = ["*.example.com"]
            case "otherKind": match.deviceKinds = ["haproxy"]
            case "otherZone": match.zones = [try name("dmz")]
            case "otherLabel": match.deviceLabels = ["tier": "core"]
            case "otherChange": match.changes = [.renewal, .adopt]
            default: match.names = ["*.example.org"]
            }
        }
        let policy = try #require(try world.workOrder("shop").policy)
        #expect(policy.name.text == expected)
        #expect(policy.reason.contains("highest priority"))
        try Self.strict(&world, priority: -1) { _ in }
        #expect(try world.workOrder("shop").policy?.name.text == "default")
    }

    @Test("asks for all that it matches on at once") func conjunction() async throws {
        var world = try await Self.world()
        try Self.strict(&world) { match in
            match.names = ["*.example.com"]
            match.changes = [.renewal]
        }
        #expect(try world.workOrder("shop").policy?.name.text == "default")
    }

    @Test("sees names held, to be installed and served", arguments: ["held", "installed", "served"])
    func names(kind: String) async throws {
        var world = try await Self.world()
        try Self.strict(&world) { $0.names = ["a.pay.example.com"] }
        #expect(try world.workOrder("shop").policy?.name.text == "default")
        switch kind {
        case "held": try world.observe("shop", holds: "pay")
        case "installed": try world.certificate("shop", leaf: "pay")
        default:
            try world.certificate("other", leaf: "pay")
            try world.serve("shop", "pay")
        }
        #expect(try world.workOrder("shop").policy?.name.text == "strict")
    }

    @Test(
        "fits a pattern and a name if some DNS name fits both",
        arguments: [
            ("*.pay.example.com", "*.example.com", true), ("*.example.com", "*.pay.example.com", true),
            ("*.example.com", "example.com", false), ("*.example.com", "a.b.example.com", true),
            ("a.example.com", "*.example.com", true),
            ("a.example.com", "A.example.com.", true), ("a.example.com", "b.example.com", false),
            ("*.example.com", "badexample.com", false),
            ("*.example.com", "*.example.com", true), ("*.a.example.com", "*.b.example.com", false),
            ("example.com", "*.example.com", false),
        ])
    func patterns(pattern: String, held: String, fits: Bool) async throws {
        let device = declared(
            "edge-1",
            DeviceSpec(server: .nginx(.init(config: "/c", reload: ["r"])), zone: try name("default"), transport: .local)
        )
        var spec = ApprovalPolicySpec(levels: [])
        spec.match.names = [pattern]
        var table = PolicyTable([declared("strict", spec)])
        let candidates = table.candidates(for: device)
        let found = table.highest(
            at: .connector(try name("shop")), on: device.name, among: candidates, change: .install
        ) { [held] }
        #expect((found != nil) == fits)
    }

    @Test("is that of wherever else the key is bound or held", arguments: ["bound", "held", "lies"])
    func sharedKey(kind: String) async throws {
        var world = try await Self.world()
        try world.device("edge-2")
        world.desired.devices[try name("edge-2")]?.labels = ["guarded": "yes"]
        try Self.strict(&world) { $0.deviceLabels = ["guarded": "yes"] }
        try world.connector("vault", on: "edge-2")
        #expect(try world.workOrder("shop").policy?.name.text == "default")
        switch kind {
        case "bound":
            try world.certificate("vault", leaf: "rekeyed")  // another certificate, the same key
            try world.binding("vault", "vault", to: ["vault"])
        case "held": try world.observe("vault", holds: "rekeyed")
        default: try world.observe("vault", holds: "renewed", key: "shop")
        }
        let policy = try #require(try world.workOrder("shop").policy)
        #expect(policy.name.text == "strict")
        #expect(policy.reason.contains("connector vault on edge-2"))
    }

    @Test(
        "is that of wherever the key still lies, though nothing declares that slot any more",
        arguments: ["held", "lies", "moved"])
    func undeclared(kind: String) async throws {
        var world = try await Self.world()
        try world.device("edge-2")
        world.desired.devices[try name("edge-2")]?.labels = ["guarded": "yes"]
        try Self.strict(&world) { $0.deviceLabels = ["guarded": "yes"] }
        try world.connector("vault", on: "edge-2")
        try world.observe("vault", holds: kind == "lies" ? "renewed" : "rekeyed", key: "shop")
        // The key cannot be parsed: the leaf says which it is.
        if kind == "held" { try world.head("vault") { $0.observed?.key = nil } }
        #expect(try world.workOrder("shop").policy?.name.text == "strict")
        if kind == "moved" {
            try world.connector("vault")  // the same name, on the device that is not guarded
        } else {
            world.desired.connectors[try name("vault")] = nil
        }
        let policy = try #require(try world.workOrder("shop").policy)
        #expect(policy.name.text == "strict")
        #expect(policy.reason.contains("at /etc/ssl/vault.crt on edge-2, where the same key is"))
    }

    @Test("sees the names of a slot that nothing declares any more") func undeclaredNames() async throws {
        var world = try await Self.world()
        try Self.strict(&world) { $0.names = ["a.pay.example.com"] }
        try world.connector("vault")
        try world.observe("vault", holds: "pay", key: "shop")
        world.desired.connectors[try name("vault")] = nil
        #expect(try world.workOrder("shop").policy?.name.text == "strict")
    }

    @Test("is not that of a device that is no longer in force") func undeclaredDevice() async throws {
        var world = try await Self.world()
        try world.device("edge-2")
        try Self.strict(&world) { $0.deviceLabels = ["guarded": "yes"] }
        world.desired.devices[try name("edge-2")]?.labels = ["guarded": "yes"]
        try world.connector("vault", on: "edge-2")
        try world.observe("vault", holds: "shop")
        world.desired.connectors[try name("vault")] = nil
        world.desired.devices[try name("edge-2")] = nil
        #expect(try world.workOrder("shop").policy?.name.text == "default")
    }

    @Test("is never chosen by what a plain commit can write") func plainLabels() async throws {
        var world = try await Self.world()
        world.desired.connectors[try name("shop")]?.labels = ["tier": "edge"]
        world.desired.certificates[try name("shop")]?.labels = ["tier": "edge"]
        try Self.strict(&world) { $0.deviceLabels = ["tier": "edge"] }
        #expect(try world.workOrder("shop").policy?.name.text == "default")
        try Self.strict(&world) { $0.names = ["asked.example.org"] }
        try world.connector("shop", serverNames: ["shop.example.com", "asked.example.org"])
        #expect(try world.workOrder("shop").policy?.name.text == "default")
    }

    @Test("is taken from the set in force, not from the tip") func inForce() async throws {
        var world = try await Self.world()
        world.inForce = world.desired
        try Self.strict(&world) { _ in }
        #expect(try world.workOrder("shop").policy?.name.text == "default")
    }
}
