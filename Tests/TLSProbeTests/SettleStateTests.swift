// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Testing
import Vocabulary

@testable import TLSProbe

/// Times in milliseconds; each answer's handshake takes 2.
@Suite("Settling") struct SettleStateTests {
    private static let old = Fingerprint(hashing: [1])
    private static let rule = SettleRule(handshakes: 5, quiet: .milliseconds(250), deadline: .milliseconds(1000))
    private enum Event: Sendable {
        case new(Int), old(Int), down(Int)
    }

    private func fed(_ events: [Event], rule: SettleRule = rule) -> (state: SettleState, after: Int?) {
        var state = SettleState(rule: rule)
        for (index, event) in events.enumerated() {
            let (answer, begun): (SettleAnswer, Int) =
                switch event {
                case .new(let time): (.expected, time)
                case .old(let time): (.other(Self.old), time)
                case .down(let time): (.failed(HandshakeFailure(.refused, "refused")), time)
                }
            if state.feed(answer, begun: .milliseconds(begun), ended: .milliseconds(begun + 2)) != .undecided {
                return (state, index)
            }
        }
        return (state, nil)
    }

    @Test(
        "needs so many in a row and a quiet time, both",
        arguments: [
            ("many in no time", (0..<100).map(Event.new), SettleState.Verdict.undecided),
            ("quiet but few", [.new(0), .new(100), .new(200), .new(300)], .undecided),
            ("quiet and enough", [.new(0), .new(100), .new(200), .new(249), .new(250)], .settled),
            ("one short of quiet", [.new(0), .new(100), .new(200), .new(248), .new(249)], .undecided),
            (
                "an old one after 31 new",
                (0..<31).map { .new($0 * 7) } + [.old(217)] + (0..<31).map { .new(220 + $0 * 8) },
                .undecided
            ),
            ("quiet after the last old one", [.old(100)] + (0..<5).map { .new(348 + $0) }, .settled),
            ("an old one's end counts, not its beginning", [.old(100)] + (0..<5).map { .new(347 + $0) }, .undecided),
            ("exactly at its end", [.old(100), .new(110), .new(120), .new(130), .new(140), .new(352)], .settled),
            ("just before", [.old(100), .new(110), .new(120), .new(130), .new(140), .new(351)], .undecided),
            ("four after an old one", [.old(100), .new(400), .new(401), .new(402), .new(403)], .undecided),
            ("a failure is no quiet", [.new(0), .new(1), .new(2), .new(3), .down(4), .new(250)], .undecided),
            ("no answer at all until the deadline", [.old(500), .old(998)], .deadlinePassed),
            (
                "alternating until the deadline", (0..<500).map { $0 % 2 == 0 ? .new($0 * 2) : .old($0 * 2) },
                .deadlinePassed
            ),
        ] as [(String, [Event], SettleState.Verdict)])
    private func table(name: String, events: [Event], verdict: SettleState.Verdict) {
        #expect(fed(events).state.verdict == verdict, "\(name)")
    }

    @Test("says what else was seen, how often, and when last")
    func counts() {
        let state = fed([.new(0), .old(5), .down(10), .old(20), .new(30), .new(40)]).state
        #expect(state.answers == 6)
        #expect(state.matched == 3)
        #expect(state.inARow == 2)
        #expect(state.others == [Self.old: 2])
        #expect(state.failures == [.refused: 1])
        #expect(state.lastOther?.answer == .other(Self.old))
        #expect(state.lastOther?.at == .milliseconds(22))
    }

    @Test("once decided stays decided")
    func final() {
        var (state, after) = fed((0..<200).map { .new($0 * 2) })
        #expect(after == 125)
        #expect(state.feed(.other(Self.old), begun: .milliseconds(300), ended: .milliseconds(301)) == .settled)
        #expect(state.look(at: .seconds(100)) == .settled)
        var late = SettleState(rule: Self.rule)
        #expect(late.look(at: .milliseconds(999)) == .undecided)
        #expect(late.look(at: .milliseconds(1000)) == .deadlinePassed)
        #expect(late.feed(.expected, begun: .milliseconds(1001), ended: .milliseconds(1002)) == .deadlinePassed)
    }

    @Test("waits for half of what the reload took, if that is longer")
    func adjusted() {
        #expect(Self.rule.adjusted(toReload: .milliseconds(60)).quiet == .milliseconds(250))
        #expect(Self.rule.adjusted(toReload: .milliseconds(9000)).quiet == .milliseconds(4500))
        #expect(SettleRule(handshakes: 0, quiet: .seconds(-1)).handshakes == 1)
    }
}

@Suite("The order of handshakes") struct AgendaTests {
    private func job(_ address: String, _ port: UInt16) throws -> Job {
        Job(address: try #require(IPAddress(address)), port: port, serverName: nil, protocol: .tls, keyType: .any)
    }
    private let failed = HandshakeOutcome.failed(HandshakeFailure(.refused, ""))

    @Test("never asks one address more often at a time than it may, and asks everybody once")
    func perAddress() throws {
        let jobs =
            try (0..<20).map { try job($0 % 2 == 0 ? "10.0.0.1" : "10.0.0.2", UInt16($0 + 1)) } + [job("10.0.0.3", 1)]
        var agenda = OnceAgenda(jobs: jobs, perAddress: 3, deadline: .seconds(1))
        var open: [Int] = []
        var all: Set<Int> = []
        while true {
            switch agenda.next(at: .zero) {
            case .begin(let index):
                open.append(index)
                #expect(all.insert(index).inserted)
                for address in Set(jobs.map(\.address)) {
                    #expect(open.count { jobs[$0].address == address } <= 3)
                }
                continue
            case .wait:
                for index in jobs.indices where !all.contains(index) {
                    #expect(open.count { jobs[$0].address == jobs[index].address } == 3)
                }
            case .done: if open.isEmpty { break }
            }
            guard !open.isEmpty else { break }
            agenda.ended(open.removeFirst(), failed, begun: .zero, at: .zero)
        }
        #expect(all.count == jobs.count)
        #expect(agenda.outcomes.allSatisfy { $0 == failed })
    }

    @Test("begins nothing after the deadline")
    func deadline() throws {
        var agenda = OnceAgenda(jobs: [try job("10.0.0.1", 1)], perAddress: 1, deadline: .seconds(1))
        #expect(agenda.next(at: .seconds(1)) == .done)
        var settle = SettleAgenda(
            jobs: [try job("10.0.0.1", 1)], expected: [Fingerprint(hashing: [1])],
            rule: SettleRule(deadline: .seconds(1)), perAddress: 1)
        #expect(settle.next(at: .seconds(1)) == .done)
        #expect(settle.states[0].verdict == .deadlinePassed)
    }

    @Test("of settling asks each place one handshake after another, with the pause between")
    func settling() throws {
        let rule = SettleRule(handshakes: 2, quiet: .milliseconds(500), deadline: .seconds(5))
        var agenda = SettleAgenda(
            jobs: [try job("10.0.0.1", 1), try job("10.0.0.2", 1)],
            expected: Array(repeating: Fingerprint(hashing: [1]), count: 2),
            rule: rule, perAddress: 8)
        #expect(agenda.next(at: .zero) == .begin(0))
        #expect(agenda.next(at: .zero) == .begin(1))
        #expect(agenda.next(at: .zero) == .wait(until: .seconds(5)))
        agenda.ended(0, failed, begun: .zero, at: .milliseconds(3))
        #expect(agenda.next(at: .milliseconds(3)) == .wait(until: .milliseconds(13)))
        #expect(agenda.next(at: .milliseconds(13)) == .begin(0))
    }
}
