// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Declarations
import Planning
import TestKit
import Testing
import Vocabulary

/// Which alerts are due: a table over what is so, what was told, and the time.
@Suite("Alerts due") struct AlertRoundTests {
    static let noon = Timestamp(secondsSince1970: 1_795_867_200)
    static func leaf(_ byte: UInt8) -> Fingerprint { Fingerprint(hashing: [byte]) }

    static func policy(
        _ rules: [AlertPolicySpec.Rule], notify: [String] = ["ops"], again: Seconds? = nil, resolved: Bool = true,
        name: String = "all"
    ) throws -> AlertPolicy {
        AlertPolicy(
            name: try #require(AlertPolicyName(name)),
            spec: AlertPolicySpec(
                alerts: rules, notify: notify.compactMap { ChannelName($0) }, repeatAfter: again, resolved: resolved),
            raw: .null, position: SourcePosition(file: "alerts.yaml"))
    }

    static let channels: [ChannelName: ChannelSpec] = Dictionary(
        uniqueKeysWithValues: [
            ("ops", ChannelSpec(.command(["/bin/true"]))), ("pager", ChannelSpec(.command(["/bin/true"]))),
            ("signers", ChannelSpec(.mail(ChannelSpec.Mail(recipients: .approvers, from: "a@example.com")))),
        ].compactMap { name, spec in ChannelName(name).map { ($0, spec) } })

    static func round(
        _ policies: [AlertPolicy], _ all: [Circumstance], _ memory: AlertMemory = AlertMemory(),
        at now: Timestamp = noon
    ) -> AlertRound {
        AlertRound(
            policies: policies,
            places: AlertPlaces(
                policies, plan: .nothing, desired: DeclarationSet(), inForce: TrustSet(of: DeclarationSet())),
            channels: channels, circumstances: Circumstances(all, memory: memory), now: now)
    }

    static func ends(in span: Seconds, lifetime: Seconds = .days(90)) -> Circumstance {
        var circumstance = Circumstance(
            .ends(Circumstance.Lifetime(notBefore: noon + span - lifetime, notAfter: noon + span)), "shop")
        circumstance.certificate = CertificateName("shop-example-com")
        circumstance.leaf = leaf(1)
        return circumstance
    }

    static func waits(since: Timestamp, ends: Timestamp? = nil, level: String = "approve") -> Circumstance {
        let lifetime = ends.map { Circumstance.Lifetime(notBefore: $0 - .days(40), notAfter: $0) }
        var circumstance = Circumstance(.waits(since: since, lifetime: lifetime), "REQ-1")
        (circumstance.state, circumstance.level, circumstance.orders) = (level, level, 1)
        circumstance.people = ["bob", "dave"].compactMap { PersonName($0) }
        return circumstance
    }

    @Test(
        "hold from their time on, to the second",
        arguments: [
            (.expiresWithin(.days(30)), ends(in: .days(30)), true),
            (.expiresWithin(.days(30)), ends(in: .days(30) + 1), false),
            (.expiresWithin(.days(30)), ends(in: -5), true),
            // 6 days: a third is 2 days; 47 days: 33 % are 15 days and a half.
            (.lifetimeLeft(33), ends(in: .hours(47), lifetime: .days(6)), true),
            (.lifetimeLeft(33), ends(in: .hours(48), lifetime: .days(6)), false),
            (.lifetimeLeft(33), ends(in: .days(15), lifetime: .days(47)), true),
            (.lifetimeLeft(33), ends(in: .days(16), lifetime: .days(47)), false),
            (.colours([.red, .gray]), Circumstance(.coloured(.gray), "c"), true),
            (.colours([.red]), Circumstance(.coloured(.gray), "c"), false),
            (.pushFailed, Circumstance(.pushFailed("RolledBack"), "c"), true),
            (.pushFailed, Circumstance(.signatureLost, "c"), false),
            (.validationFailed, Circumstance(.differs(3, of: 4), "c"), true),
            (.drift, Circumstance(.drifted(.nothing), "c"), true),
            (.waits, waits(since: noon), true),
            (.waitsLongerThan(.hours(24)), waits(since: noon - .hours(24)), true),
            (.waitsLongerThan(.hours(24)), waits(since: noon - .hours(24) + 1), false),
            // A quarter of 40 days.
            (.waitsWithLifetimeLeft(25), waits(since: noon, ends: noon + .days(10)), true),
            (.waitsWithLifetimeLeft(25), waits(since: noon, ends: noon + .days(10) + 1), false),
            (.waitsWithLifetimeLeft(25), waits(since: noon), false),
            (.keysEndWithin(.days(7)), Circumstance(.keysEnd(noon + .days(7)), "bob"), true),
            (.keysEndWithin(.days(7)), Circumstance(.keysEnd(noon + .days(8)), "bob"), false),
            (.signatureLost, Circumstance(.signatureLost, "WO-1"), true),
            (.unreachableFor(.hours(1)), Circumstance(.unreachable(since: noon - .hours(1)), "edge-1"), true),
            (.unreachableFor(.hours(1)), Circumstance(.unreachable(since: noon - 60), "edge-1"), false),
            (.unreviewedFor(.hours(24)), Circumstance(.unreviewed(since: noon - .days(1), quorum: []), "WO-1"), true),
            (
                .unreviewedFor(.hours(24)), Circumstance(.unreviewed(since: noon - .hours(23), quorum: []), "WO-1"),
                false
            ),
            (.unreviewedFor(.hours(1)), Circumstance(.unreachable(since: noon - .days(1)), "edge-1"), false),
        ] as [(AlertPolicySpec.Condition, Circumstance, Bool)])
    func table(condition: AlertPolicySpec.Condition, circumstance: Circumstance, holds: Bool) throws {
        let policy = try Self.policy([AlertPolicySpec.Rule(condition)])
        let round = Self.round([policy], [circumstance])
        #expect(round.standing.count == (holds ? 1 : 0))
        #expect(round.notices.map(\.event) == (holds ? [.raised] : []))
        // And with nothing changed, nobody is told again.
        let next = Self.round([policy], [circumstance], round.memory, at: Self.noon)
        #expect(next.standing == round.standing && next.notices.isEmpty)
    }

    @Test("are told once for each transition: as one alert that becomes worse, and once when it is over")
    func transitions() throws {
        let policy = try Self.policy([
            AlertPolicySpec.Rule(.expiresWithin(.days(30)), severity: .info),
            AlertPolicySpec.Rule(.expiresWithin(.days(10)), severity: .warning),
            AlertPolicySpec.Rule(.expiresWithin(.days(3)), severity: .critical),
        ])
        let end = Self.ends(in: .days(31))
        var memory = AlertMemory()
        var told: [String] = []
        for hour in 0...(32 * 24) {
            let now = Self.noon + .hours(Int64(hour))
            let round = Self.round([policy], [end], memory, at: now)
            told += round.notices.map { "day \(hour / 24) \($0.event) \($0.alert.severity)" }
            memory = round.memory
        }
        #expect(told == ["day 1 raised info", "day 21 raised warning", "day 28 raised critical"])
        let over = Self.round([policy], [], memory, at: Self.noon + .days(33))
        #expect(over.notices.map(\.event) == [.resolved] && over.standing.isEmpty)
        #expect(Self.round([policy], [], over.memory, at: Self.noon + .days(34)).memory.told.isEmpty)
    }

    @Test("speak by the most urgent rule, whatever order they are declared in")
    func urgent() throws {
        let rules = [
            AlertPolicySpec.Rule(.expiresWithin(.days(3)), severity: .critical),
            AlertPolicySpec.Rule(.lifetimeLeft(50), severity: .warning),
            AlertPolicySpec.Rule(.expiresWithin(.days(30)), severity: .info),
        ]
        for rules in [rules, rules.reversed()] {
            let round = Self.round([try Self.policy(rules)], [Self.ends(in: .days(2))])
            #expect(round.standing.map(\.severity) == [.critical])
        }
    }

    @Test("are repeated after their time, and not a second before")
    func repeated() throws {
        let policy = try Self.policy([AlertPolicySpec.Rule(.drift)], again: .hours(24))
        let drift = Circumstance(.drifted(.nothing), "edge-1-shop")
        let first = Self.round([policy], [drift])
        let early = Self.round([policy], [drift], first.memory, at: Self.noon + .hours(24) - 1)
        #expect(early.notices.isEmpty)
        let second = Self.round([policy], [drift], early.memory, at: Self.noon + .hours(24))
        #expect(second.notices.map(\.event) == [.repeated])
        #expect(Self.round([policy], [drift], second.memory, at: Self.noon + .hours(25)).notices.isEmpty)
    }

    @Test("of what is about another thing now are told again: another colour, another level, another push")
    func changed() throws {
        let policy = try Self.policy([AlertPolicySpec.Rule(.colours([.orange, .red]))])
        func coloured(_ colour: StatusColour) -> Circumstance {
            var circumstance = Circumstance(.coloured(colour), "edge-1-shop")
            circumstance.state = colour.rawValue
            return circumstance
        }
        let orange = Self.round([policy], [coloured(.orange)])
        let red = Self.round([policy], [coloured(.red)], orange.memory, at: Self.noon + 60)
        #expect(red.notices.map(\.event) == [.raised] && red.standing.first?.headline.contains("red") == true)
    }

    @Test("that come and go are not told each time")
    func flapping() throws {
        let policy = try Self.policy([AlertPolicySpec.Rule(.validationFailed)])
        let differs = Circumstance(.differs(0, of: 1), "edge-1-shop")
        var memory = AlertMemory()
        var told: [AlertNotice.Event] = []
        for minute in 0..<600 {
            let now = Self.noon + .minutes(Int64(minute))
            let round = Self.round([policy], minute % 2 == 0 ? [differs] : [], memory, at: now)
            told += round.notices.map(\.event)
            memory = round.memory
        }
        // Ten hours of it: once an hour, and that it is over.
        #expect((16...22).contains(told.count), "\(told.count)")
        #expect(memory.told.count == 1)
    }

    @Test("go to each of a policy's channels, and of approvers only to those who could sign")
    func channels() throws {
        let policy = try Self.policy(
            [AlertPolicySpec.Rule(.waits), AlertPolicySpec.Rule(.drift)], notify: ["ops", "signers", "gone"])
        let waits = Self.waits(since: Self.noon)
        let round = Self.round([policy], [waits, Circumstance(.drifted(.nothing), "edge-1-shop")])
        let told = Set(round.notices.map { "\($0.channel) \($0.recipient?.text ?? "–") \($0.alert.id.kind)" })
        #expect(told == ["ops – waiting", "ops – drift", "signers bob waiting", "signers dave waiting"])
        let next = Self.waits(since: Self.noon, level: "implement")
        let second = Self.round([policy], [next], round.memory, at: Self.noon + 60)
        #expect(second.notices.count(where: { $0.recipient != nil }) == 2, "another level is another errand")
        let over = Self.round([policy], [], second.memory, at: Self.noon + 120)
        #expect(over.notices.allSatisfy { $0.recipient == nil } && over.notices.map(\.event) == [.resolved])
    }

    @Test("of a policy that is no more are forgotten without a word")
    func forgotten() throws {
        let policy = try Self.policy([AlertPolicySpec.Rule(.drift)])
        let first = Self.round([policy], [Circumstance(.drifted(.nothing), "edge-1-shop")])
        let gone = Self.round([], [], first.memory, at: Self.noon + 60)
        #expect(gone.notices.isEmpty && gone.memory.told.isEmpty)
    }

    @Test("know every colour that there is")
    func colours() {
        #expect(AlertPolicySpec.Colour.allCases.map(\.rawValue) == StatusColour.allCases.map(\.rawValue))
    }

    @Test("say nothing that somebody else has written")
    func words() throws {
        let round = Self.round(
            [try Self.policy([AlertPolicySpec.Rule(.expiresWithin(.days(30)))])], [Self.ends(in: .days(4))])
        #expect(round.standing.first?.headline == "shop-example-com (\(Self.leaf(1).short)) ends 2026-12-02 12:00 UTC")
    }

    @Test(
        "that could not be delivered are tried again ever later, an hour apart at most",
        arguments: [(1, 30), (2, 60), (3, 120), (7, 1_920), (8, 3_600), (100, 3_600)])
    func pauses(failures: Int, seconds: Int64) {
        #expect(ChannelStanding.pause(after: failures, seed: 128).count == seconds)
        for seed in [UInt8.min, .max] {
            let pause = ChannelStanding.pause(after: failures, seed: seed).count
            #expect((seconds * 9 / 10...seconds * 11 / 10).contains(pause))
        }
    }
}

extension Plan {
    static let nothing = Plan(
        workOrders: [], requests: [], drift: [], connectors: [],
        limits: LimitStanding(changed: 0, total: 0, limits: .standard, exceeded: false), refused: [], unchanged: 0)
}

extension Seconds {
    fileprivate static func + (left: Seconds, right: Seconds) -> Seconds { Seconds(left.count + right.count) }
}
