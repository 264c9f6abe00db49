// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Approvals
import Declarations
import Planning
import Testing
import Vocabulary

@Suite("A difference between wanted and held") struct DifferenceTests {
    static let slot = SlotKey(device: DeviceName("edge-1") ?? fallback(), path: "/etc/ssl/shop.crt")
    static func fallback<Kind>() -> Name<Kind> { preconditionFailure("a name") }
    static let (leaf, other, issuer) = (fingerprint("leaf"), fingerprint("other"), fingerprint("issuer"))
    static let key = SPKIFingerprint(hashing: Array("key".utf8))
    static let wanted = SentChain(leaf: leaf, chain: [issuer])

    static func fingerprint(_ text: String) -> Fingerprint { Fingerprint(hashing: Array(text.utf8)) }

    static func head(
        holds: Holding?, chain: [Fingerprint] = [issuer], key: SPKIFingerprint? = key, completed: Fingerprint? = nil,
        completedChain: [Fingerprint] = [issuer], pushes: (Int64, Int64) = (0, 0), adopted: Bool = false
    ) -> SlotHead {
        var head = SlotHead()
        head.observed = holds.map { SlotObservation(slot: slot, holding: $0, chain: chain, key: key) }
        if let completed {
            var last = SlotHead.CompletedWorkOrder(
                digest: WorkOrderDigest(hashing: []), leaf: completed, at: World.start, adopted: adopted, tip: id("tip")
            )
            (last.chain, last.bindingPush, last.connectorPush) = (completedChain, pushes.0, pushes.1)
            head.lastCompleted = last
        }
        return head
    }

    struct Row: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var head: SlotHead?
        var pushes: (Int64, Int64) = (0, 0)
        var isBound = true
        var whenUnbound = AppConnectorSpec.WhenUnbound.leave
        var expected: SlotDifference
    }

    static let held = Holding.certificate(leaf: leaf)
    static let rows: [Row] = [
        Row(testDescription: "nobody ever looked", head: nil, expected: .unobserved),
        Row(
            testDescription: "known, but not observed in this epoch", head: head(holds: nil, completed: leaf),
            expected: .unobserved),
        Row(testDescription: "empty", head: head(holds: .nothing, chain: [], key: nil), expected: .work(.install)),
        Row(testDescription: "another leaf", head: head(holds: .certificate(leaf: other)), expected: .work(.replace)),
        Row(
            testDescription: "neither certificate nor key", head: head(holds: .other(FileDigest(hashing: []))),
            expected: .work(.replace)),
        Row(testDescription: "another chain", head: head(holds: held, chain: []), expected: .work(.replace)),
        Row(testDescription: "no key beside it", head: head(holds: held, key: nil), expected: .work(.replace)),
        Row(
            testDescription: "another key beside it",
            head: head(holds: held, key: SPKIFingerprint(hashing: []), completed: leaf), expected: .work(.replace)),
        Row(testDescription: "as wanted, never approved", head: head(holds: held), expected: .work(.adopt)),
        Row(
            testDescription: "as wanted, another leaf was approved", head: head(holds: held, completed: other),
            expected: .work(.adopt)),
        Row(
            testDescription: "as wanted, with another chain approved",
            head: head(holds: held, completed: leaf, completedChain: []), expected: .work(.adopt)),
        Row(testDescription: "as wanted and pushed", head: head(holds: held, completed: leaf), expected: .nothing),
        Row(
            testDescription: "as wanted and adopted", head: head(holds: held, completed: leaf, adopted: true),
            expected: .nothing),
        Row(
            testDescription: "pushed again, asked on the binding",
            head: head(holds: held, completed: leaf, pushes: (2, 0)),
            pushes: (3, 0), expected: .work(.replace)),
        Row(
            testDescription: "pushed again, asked on the connector",
            head: head(holds: held, completed: leaf, pushes: (0, 6)),
            pushes: (0, 7), expected: .work(.replace)),
        Row(
            testDescription: "that number was pushed", head: head(holds: held, completed: leaf, pushes: (3, 7)),
            pushes: (3, 7),
            expected: .nothing),
        Row(
            testDescription: "a lower number asks for nothing",
            head: head(holds: held, completed: leaf, pushes: (3, 7)),
            pushes: (0, 0), expected: .nothing),
        Row(
            testDescription: "unbound stays as it is", head: head(holds: held, completed: leaf), isBound: false,
            expected: .nothing),
        Row(
            testDescription: "unbound, removal asked, pushed by us", head: head(holds: held, completed: leaf),
            isBound: false,
            whenUnbound: .remove, expected: .work(.remove)),
        Row(
            testDescription: "unbound, removal asked, only adopted",
            head: head(holds: held, completed: leaf, adopted: true),
            isBound: false, whenUnbound: .remove, expected: .nothing),
        Row(
            testDescription: "unbound, removal asked, somebody else's", head: head(holds: held, completed: other),
            isBound: false,
            whenUnbound: .remove, expected: .nothing),
        Row(
            testDescription: "unbound, removal asked, empty", head: head(holds: .nothing, completed: leaf),
            isBound: false,
            whenUnbound: .remove, expected: .nothing),
    ]

    @Test("is told by hashes and numbers", arguments: rows) func table(row: Row) {
        let wanted = Wanted(chain: Self.wanted, bindingPush: row.pushes.0, connectorPush: row.pushes.1)
        let isHeld = row.head?.holds(Self.wanted) { Self.key } ?? false
        let found = SlotDifference(
            wanted: row.isBound ? wanted : nil, whenUnbound: row.whenUnbound, head: row.head, isHeld: isHeld)
        #expect(found == row.expected)
    }

    @Test("is no second work order while a batch is under way") func inFlight() {
        var head = Self.head(holds: .nothing)
        head.openBatch = BatchID("0123456789abcdef")
        let found = SlotDifference(wanted: Wanted(chain: Self.wanted), whenUnbound: .leave, head: head, isHeld: false)
        #expect(found == .inFlight(BatchID("0123456789abcdef")))
    }

    @Test("asks for the key only where the leaf lies") func lazyKey() {
        var asked = 0
        _ = Self.head(holds: .certificate(leaf: Self.other)).holds(Self.wanted) {
            asked += 1; return Self.key
        }
        #expect(asked == 0)
        _ = Self.head(holds: Self.held).holds(Self.wanted) {
            asked += 1; return Self.key
        }
        #expect(asked == 1)
    }

    @Test(
        "is drift where nobody here put it",
        arguments: [
            (head(holds: .certificate(leaf: other), completed: leaf), true),
            (head(holds: .nothing, completed: leaf), true),
            (head(holds: held, chain: [], completed: leaf), true),
            (head(holds: .other(FileDigest(hashing: [])), completed: leaf), true),
            (head(holds: held, completed: leaf), false),
            (head(holds: held, completed: other), false),  // what is wanted now lies there
            (head(holds: .certificate(leaf: other), completed: other), false),  // not yet replaced
            (head(holds: .certificate(leaf: other)), false),  // never ours
        ])
    func drift(head: SlotHead, expected: Bool) {
        #expect(head.wasChangedByHand(wanted: Self.wanted) == expected)
    }

    @Test(
        "of class renewal has the same names, key type and verified issuer, and begins later",
        arguments: [
            ("renewed", ChangeClass.renewal), ("rekeyed", .renewal), ("narrow", .replace), ("wide", .replace),
            ("elsewhere", .replace),  // an issuer of the same name with another key
            ("edwards", .replace), ("expired", .replace),
        ])
    func changeClass(leaf: String, expected: ChangeClass) async throws {
        var world = try await World()
        try world.site("shop", leaf: leaf)
        if leaf == "elsewhere" { try world.certificate("shop", leaf: leaf, chain: ["impostor"]) }
        try world.observe("shop", holds: "shop")
        #expect(try world.workOrder("shop").change == expected)
    }

    @Test("of an unproven issuer is no renewal") func unprovenIssuer() async throws {
        var world = try await World()
        try world.site("shop", leaf: "renewed")
        try world.certificate("shop", leaf: "renewed", chain: [])
        try world.observe("shop", holds: "shop")
        #expect(try world.workOrder("shop").change == .replace)
    }
}
