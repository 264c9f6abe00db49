// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Approvals
import Declarations
import Planning
import Testing
import Vocabulary

@Suite("A standing approval") struct StandingRuleTests {
    static let issuer = SPKIFingerprint(hashing: Array("the issuer".utf8))
    static let now = time("2026-11-27T10:00:00Z")

    /// One that stands for a renewal of shop.example.com on edge-1 by acme-bot, bent in one way.
    struct Bench {
        var spec = StandingApprovalSpec(
            levels: ["approve", "implement"], match: .init(), requesters: [], issuers: [.spki(issuer)],
            changes: [.renewal],
            maxPerHour: 2, maxPerDay: 5, notAfter: StandingRuleTests.now)
        var facts = StandingFacts(
            change: .renewal, places: [], requesters: Requesters(), issuer: issuer, roots: [], differs: [:])
        var inForce = DeclarationSet()
        var tip: DeclarationSet?
        var now = StandingRuleTests.now

        init() throws {
            spec.requesters = [.group(try name("robots"))]
            spec.match.names = ["*.example.com"]
            spec.match.deviceLabels = ["tier": "edge"]
            for person in ["acme-bot", "alice"] {
                inForce.people[try name(person)] = declared(person, PersonSpec(keys: [], robot: person == "acme-bot"))
            }
            inForce.groups[try name("robots")] = declared("robots", GroupSpec(members: [try name("acme-bot")]))
            facts.places = [try Self.place("edge-1", ["shop.example.com"])]
            facts.requesters.people = [try name("acme-bot"): Self.reason]
        }

        static let reason = Requesters.Reason(commit: .zero, what: "certificates/shop.pem")
        static func place(_ device: String, _ names: [String], tier: String = "edge") throws -> StandingFacts.Place {
            StandingFacts.Place(
                device: .init(name: try name(device), kind: "nginx", zone: try name("default"), labels: ["tier": tier]),
                names: names)
        }

        func objections() throws -> [StandingObjection] {
            var (force, tip) = (inForce, self.tip ?? inForce)
            let approval = declared("renewals", spec)
            force.standingApprovals[approval.name] = approval
            if self.tip == nil { tip.standingApprovals[approval.name] = approval }
            return StandingRule(inForce: TrustSet(of: force), tip: TrustSet(of: tip), now: now).objections(
                to: approval, facts)
        }
    }

    @Test("stands where every condition is met, to its last second") func stands() throws {
        #expect(try Bench().objections().isEmpty)
    }

    static let bent: [(String, [StandingCondition], @Sendable (inout Bench) throws -> Void)] = [
        ("it ended a second ago", [.notAfter], { $0.now = now + 1 }),
        ("the tip takes it away", [.inForce], { $0.tip = $0.inForce }),
        ("another issuer", [.issuer], { $0.facts.issuer = SPKIFingerprint(hashing: [1]) }),
        ("no issuer that can be shown", [.issuer], { $0.facts.issuer = nil }),
        ("another class of change", [.change], { $0.facts.change = .replace }),
        ("nobody asked", [.requester], { $0.facts.requesters = Requesters() }),
        ("somebody unknown asked too", [.requester], { $0.facts.requesters.unknown = Bench.reason }),
        ("somebody else asked too", [.requester], { $0.facts.requesters.people[try name("alice")] = Bench.reason }),
        (
            "who asked left the group at the tip", [.requester],
            { bench in
                let spec = declared("renewals", bench.spec)
                bench.tip = bench.inForce
                bench.tip?.standingApprovals[spec.name] = spec
                bench.tip?.groups[try name("robots")] = declared("robots", GroupSpec(members: []))
            }
        ),
        (
            "another label", [.place],
            { $0.facts.places = [try Bench.place("edge-1", ["shop.example.com"], tier: "core")] }
        ),
        (
            "one name outside of its pattern", [.place],
            {
                $0.facts.places = [try Bench.place("edge-1", ["shop.example.com", "bank.example.org"])]
            }
        ),
        ("a wildcard wider than its pattern", [.place], { $0.facts.places = [try Bench.place("edge-1", ["*.com"])] }),
        ("no names that are known", [.place], { $0.facts.places = [try Bench.place("edge-1", [])] }),
        (
            "the key lies elsewhere too", [.place],
            {
                $0.facts.places.append(try Bench.place("vault", ["shop.example.com"], tier: "core"))
            }
        ),
        ("its content differs", [.connector], { $0.facts.differs = [.connector: "the connector is another"] }),
        (
            "two things at once", [.names, .heldBefore],
            {
                $0.facts.differs = [.heldBefore: "the slot held it before", .names: "name added"]
            }
        ),
    ]

    @Test("waits for people where one of them is not", arguments: bent.indices)
    func bends(index: Int) throws {
        let (what, expected, bend) = Self.bent[index]
        var bench = try Bench()
        try bend(&bench)
        let found = try bench.objections()
        #expect(found.map(\.condition) == expected, "\(what): \(found.map(\.message))")
        #expect(found.allSatisfy { !$0.message.isEmpty })
    }

    @Test("counts what it let through in the last hour and day, and no longer") func budget() throws {
        let spec = try Bench().spec
        let now = Self.now
        var budget = StandingBudget()
        #expect(budget.left(of: spec, at: now).pushes == 2)
        budget.uses = [now - 1, now - .minutes(59)]
        #expect(budget.left(of: spec, at: now).pushes == 0)
        #expect(budget.next(of: spec, at: now) == now + 60)
        budget.uses = [now - 1, now - .hours(1)]
        #expect(budget.left(of: spec, at: now).pushes == 1)
        budget.uses = (1...5).map { now - .hours($0) }
        #expect(budget.left(of: spec, at: now).pushes == 0, "five in a day")
        #expect(budget.next(of: spec, at: now) == now + .hours(19))
        budget.uses = []
        budget.spentUntil = now + .hours(3)
        #expect(budget.left(of: spec, at: now).pushes == 0, "after a rebuild nobody knows what was let through")
        #expect(budget.next(of: spec, at: now) == now + .hours(3))
        #expect(budget.left(of: spec, at: now + .hours(3)).pushes == 2)
    }

    @Test("has words for a PolicyTest that are those of the product") func words() {
        #expect(Set(PolicyTestWords.blocks).isSubset(of: Block.Code.allCases.map(\.rawValue)))
        #expect(Set(PolicyTestWords.refusals).isSubset(of: Refusal.Code.allCases.map(\.rawValue)))
        let window = Window(start: Self.now, end: Self.now + 1)
        let states: [WorkOrderState] = [
            .requested, .pushReviewInProgress, .scheduled(window), .readyToImplement(window),
            .blocked(Block(.noApprover, "")), .rejected, .cancelled, .expired, .scheduleMissed(window),
        ]
        #expect(states.map(\.name).sorted() == PolicyTestWords.states.sorted())
    }
}
