// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Approvals
import Declarations
import Planning
import Testing
import Vocabulary

extension RequesterTable {
    fileprivate func asking(
        for sources: Sources, after last: SlotHead.CompletedWorkOrder?
    ) -> (requesters: Requesters, comment: String?) {
        var descent = Descent(parents: parents)
        return asking(for: sources, after: last, &descent)
    }
}

@Suite("Requesters") struct RequesterTests {
    static let sources = RequesterTable.Sources(
        certificate: CertificateName("shop"), binding: BindingName("edge"),
        connector: ConnectorName("edge-1-shop") ?? DifferenceTests.fallback(), files: ["certificates/shop.pem"])
    static let connector = RequesterTable.Subject.resource(ResourceKey(kind: .appConnector, name: "edge-1-shop"))
    static let certificate = RequesterTable.Subject.resource(ResourceKey(kind: .certificate, name: "shop"))
    static let binding = RequesterTable.Subject.resource(ResourceKey(kind: .binding, name: "edge"))
    static let file = RequesterTable.Subject.file("certificates/shop.pem")

    static func last(
        tip: String, certificate: String = "shop", binding: String = "edge", connector: String = "edge-1-shop"
    ) -> SlotHead.CompletedWorkOrder {
        var last = SlotHead.CompletedWorkOrder(
            digest: WorkOrderDigest(hashing: []), leaf: nil, at: World.start, adopted: false, tip: id(tip))
        (last.certificate, last.binding, last.connector) = (
            CertificateName(certificate), BindingName(binding), ConnectorName(connector)
        )
        return last
    }
    static func people(_ requesters: Requesters) -> [String] { requesters.people.keys.map(\.text).sorted() }

    @Test("are all who touched what it is made from, and nobody else") func everySource() {
        var table = RequesterTable()
        table.touches = [
            Self.connector: [touch("1", 1, signer: "alice")], Self.certificate: [touch("2", 2, signer: "bob")],
            Self.binding: [touch("3", 3, signer: "carol")], Self.file: [touch("4", 4, signer: "dave", named: ["erin"])],
            .file("other.pem"): [touch("5", 5, signer: "frank")],
            .resource(ResourceKey(kind: .certificate, name: "other")): [touch("6", 6, signer: "grace")],
        ]
        let (found, comment) = table.asking(for: Self.sources, after: nil)
        #expect(Self.people(found) == ["alice", "bob", "carol", "dave", "erin"] && found.unknown == nil)
        #expect(found.people.first { $0.key.text == "dave" }?.value.what == "certificates/shop.pem")
        #expect(comment == "change")
    }

    @Test("are none for drift and for what stood in the trusted commit") func none() {
        let (found, comment) = RequesterTable().asking(for: Self.sources, after: nil)
        #expect(found == Requesters() && comment == nil)
    }

    @Test("are counted after the last completed work order") func afterLast() {
        var table = RequesterTable()
        table.touches = [
            Self.file: [
                touch("1", 1, signer: "alice", unknown: true), touch("3", 3, signer: "bob", subject: "renew shop"),
            ],
            Self.connector: [touch("1", 1, signer: "alice")],
        ]
        table.ordinals = [id("1"): 1, id("2"): 2, id("3"): 3]
        let (found, comment) = table.asking(for: Self.sources, after: Self.last(tip: "2"))
        #expect(Self.people(found) == ["bob"] && found.unknown == nil && comment == "renew shop")
    }

    @Test(
        "are counted from the beginning for what the last one was not made from",
        arguments: [
            ("certificate", ["alice"]), ("binding", ["carol"]), ("connector", ["dave"]), ("none", []),
        ])
    func notMadeFrom(what: String, expected: [String]) {
        var table = RequesterTable()
        table.touches = [
            Self.file: [touch("1", 1, signer: "alice")], Self.binding: [touch("1", 1, signer: "carol")],
            Self.connector: [touch("1", 1, signer: "dave")],
        ]
        table.ordinals = [id("1"): 1, id("2"): 2]
        let last = Self.last(
            tip: "2", certificate: what == "certificate" ? "other" : "shop",
            binding: what == "binding" ? "other" : "edge",
            connector: what == "connector" ? "other" : "edge-1-shop")
        #expect(Self.people(table.asking(for: Self.sources, after: last).requesters) == expected)
    }

    @Test("of a chain file count from the beginning where the Certificate was pointed at it since") func repointed() {
        var table = RequesterTable()
        table.touches = [
            Self.file: [touch("1", 1, signer: "mallory")],  // prepared long ago, used by nobody then
            Self.certificate: [touch("3", 3, signer: "alice")],
        ]
        table.ordinals = [id("1"): 1, id("2"): 2, id("3"): 3]
        #expect(
            Self.people(table.asking(for: Self.sources, after: Self.last(tip: "2")).requesters) == ["alice", "mallory"])
    }

    @Test("are counted from the beginning where the last tip is not known") func unknownTip() {
        var table = RequesterTable()
        table.touches = [Self.file: [touch("1", 1, signer: "alice")]]
        #expect(Self.people(table.asking(for: Self.sources, after: Self.last(tip: "gone")).requesters) == ["alice"])
    }

    @Test("are taken over by a signed push: of what it descends from only signers count") func takeover() {
        var table = RequesterTable()
        table.touches = [
            Self.file: [
                touch("1", 1, named: ["erin"], unknown: true), touch("2", 2, signer: "bob", named: ["erin"]),
                touch("4", 4, named: ["grace"], unknown: true),
            ],
            Self.binding: [
                touch("3", 3, signer: "alice", takesOver: true, subject: "push shop")
            ],
        ]
        table.parents = [[], [0], [1], [2], [3]]
        var (found, _) = table.asking(for: Self.sources, after: nil)
        #expect(Self.people(found) == ["alice", "bob", "grace"] && found.unknown?.commit == id("4"))
        table.touches[Self.file]?.removeLast()
        (found, _) = table.asking(for: Self.sources, after: nil)
        #expect(Self.people(found) == ["alice", "bob"] && found.unknown == nil)
    }

    @Test("beside a push, on another branch, are not taken over") func beside() {
        var table = RequesterTable()
        table.touches = [
            Self.file: [touch("1", 1, unknown: true)],
            Self.binding: [touch("3", 3, signer: "alice", takesOver: true)],
        ]
        table.parents = [[], [0], [0], [2]]
        #expect(table.asking(for: Self.sources, after: nil).requesters.unknown?.commit == id("1"))
    }

    @Test("are taken over where both branches were merged before the push, and where two pushes stood side by side")
    func merged() {
        // 1 and 2 stand side by side, 3 merges them; 4 and 5 are pushes beside each other: 4 after 1, 5 after 2.
        var table = RequesterTable()
        table.touches = [
            Self.file: [touch("1", 1, unknown: true), touch("2", 2, named: ["erin"])],
            Self.binding: [touch("4", 4, signer: "alice", takesOver: true)],
        ]
        table.parents = [[], [0], [0], [1, 2], [3]]
        #expect(Self.people(table.asking(for: Self.sources, after: nil).requesters) == ["alice"])
        table.parents = [[], [0], [0], [1, 2], [1], [2]]
        #expect(Self.people(table.asking(for: Self.sources, after: nil).requesters) == ["alice", "erin"])
        table.touches[Self.connector] = [touch("5", 5, signer: "bob", takesOver: true)]
        let both = table.asking(for: Self.sources, after: nil).requesters
        #expect(Self.people(both) == ["alice", "bob"] && both.unknown == nil)
    }

    /// A set of ancestors for each push is commits times pushes: 10^8 entries where there are many.
    @Test(
        "of a long history with many pushes are told without remembering what each push came after",
        .timeLimit(.minutes(1)))
    func longHistory() throws {
        let (commits, pushes) = (20_000, 200)
        var table = RequesterTable(parents: [[]] + (0..<commits).map { [$0] })
        table.touches[Self.file] = [touch("1", 1, unknown: true)]
        var descent = Descent(parents: table.parents)
        for push in 0..<pushes {
            let ordinal = commits - push
            let name = "binding-\(push)"
            table.touches[.resource(ResourceKey(kind: .binding, name: name))] = [
                touch("push \(push)", ordinal, signer: "alice", takesOver: true)
            ]
            var sources = Self.sources
            sources.binding = BindingName(name)
            let found = table.asking(for: sources, after: nil, &descent).requesters
            #expect(found.unknown == nil && Self.people(found) == ["alice"])
        }
    }

    @Test("are not taken over by a push that nobody signed, or of something else") func noTakeover() {
        var table = RequesterTable()
        table.touches = [
            Self.file: [
                touch("1", 1, unknown: true), touch("4", 4, signer: "carol", takesOver: true),
            ],
            Self.binding: [touch("3", 3, takesOver: true)],
            .resource(ResourceKey(kind: .binding, name: "other")): [
                touch("5", 5, signer: "alice", takesOver: true)
            ],
        ]
        table.parents = [[], [0], [1], [2], [3], [4]]
        #expect(table.asking(for: Self.sources, after: nil).requesters.unknown?.commit == id("1"))
    }

    @Test(
        "of a removal are also who took the binding away",
        arguments: ["stranger", "approver", "retargeted", "in flight"])
    func removal(kind: String) async throws {
        var world = try await SyncTests.pushed()
        try world.connector("shop") { $0.whenUnbound = .remove }
        let connector = RequesterTable.Subject.resource(ResourceKey(kind: .appConnector, name: "shop"))
        let binding = RequesterTable.Subject.resource(ResourceKey(kind: .binding, name: "shop"))
        world.requesters.ordinals = [id("tip"): 2]
        world.requesters.touches[connector] = [touch("3", 3, signer: "alice")]
        world.requesters.touches[binding] = [
            touch("1", 1, signer: "erin"),  // before what was completed
            kind == "stranger" ? touch("4", 4, unknown: true) : touch("4", 4, signer: "bob"),
        ]
        world.requesters.touches[.file("certificates/shop.pem")] = [touch("5", 5, signer: "dave")]
        if kind == "retargeted" {
            try world.binding("shop", "shop", to: [])
        } else {
            world.desired.bindings = [:]
        }
        var workOrder = try world.workOrder("shop")
        if kind == "in flight" { workOrder = try world.fly("shop") }
        #expect(workOrder.action == .remove)
        let people = Self.people(workOrder.requesters)
        switch kind {
        case "stranger":
            #expect(people == ["alice", "dave"] && workOrder.blocks.map(\.code) == [.unknownRequester])
        case "in flight": #expect(people == ["alice", "bob"])
        default: #expect(people == ["alice", "bob", "dave"])
        }
        world.sign("bob", "approve", [try #require(workOrder.digest)])
        guard kind == "approver" else { return }
        #expect(try world.workOrder("shop").judgement.refused.map(\.refusal.code) == [.selfApproval])
    }

    @Test("may not approve what they asked for, and may where the policy says so") func selfApproval() async throws {
        var world = try await World()
        try world.site("shop", leaf: "shop")
        try world.observe("shop")
        world.requesters.touches[Self.file] = [touch("1", 1, signer: "bob")]
        world.sign("bob", "approve", [try world.digest("shop")])
        let refused = try world.workOrder("shop").judgement.refused
        #expect(refused.map(\.refusal.code) == [.selfApproval])
        #expect(try world.workOrder("shop").state == .requested)
    }
}
