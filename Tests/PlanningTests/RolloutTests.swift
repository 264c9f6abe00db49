// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Declarations
import Testing
import Vocabulary

@testable import Planning

/// Slots by a letter each, in the order in which they end: `d` done at 0, `D` done and no longer well, `m` moving, `r` ready, `R` ready
/// after it failed, `w` not signed yet, `x` that cannot go, `X` whose candidate was refused.
struct RolloutCase: Sendable, CustomTestStringConvertible {
    var slots: String
    var spec: RolloutSpec
    /// What holds each back: `-` nothing or not asked, `F` WaveFailed, `B` WaveBefore, `P` WavePause.
    var holds: String
    var resumed: Int64?
    /// By the letter after each slot's, else none.
    var groups: String?
    var now: Int64 = 0

    init(_ slots: String, _ spec: RolloutSpec, _ holds: String, groups: String? = nil, resumed: Int64? = nil, now: Int64 = 0) {
        (self.slots, self.spec, self.holds) = (slots, spec, holds)
        (self.groups, self.resumed, self.now) = (groups, resumed, now)
    }

    var testDescription: String { "\(slots) \(groups ?? "") → \(holds) \(spec)" }
}

private enum Spec {
    static let canary = RolloutSpec(canary: 1, pause: 0)
    static let half = RolloutSpec(canary: 1, percentages: [50], pause: 0)
    static let paused = RolloutSpec(canary: 1, percentages: [50], pause: .minutes(10))
    static let groups = RolloutSpec(
        canary: 1, groups: [["tier": "a"], ["tier": "b"]], pause: 0)
    static let onlyGroups = RolloutSpec(
        canary: 0, groups: [["tier": "a"], ["tier": "b"]], pause: 0)
}

@Suite("A rollout") struct RolloutTests {
    @Test(
        "lets go whose turn it is",
        arguments: [
            // The first alone, then all of the wave at once, then the rest.
            RolloutCase("rrrr", Spec.canary, "-BBB"), RolloutCase("drrr", Spec.canary, "----"),
            RolloutCase("rrrr", Spec.half, "-BBB"), RolloutCase("drrr", Spec.half, "--BB"), RolloutCase("ddrr", Spec.half, "----"),
            RolloutCase("rrrr", RolloutSpec(canary: 0, percentages: [25, 75], pause: 0), "-BBB"),
            RolloutCase("rrrr", RolloutSpec(canary: 2, pause: 0), "--BB"),
            RolloutCase("rrrr", RolloutSpec(canary: 0, pause: 0), "----"),
            RolloutCase("rr", RolloutSpec(canary: 9, pause: 0), "--"),
            // What moves has its place in the wave, and holds the next one up.
            RolloutCase("mrrr", Spec.half, "-BBB"), RolloutCase("dmrr", Spec.half, "--BB"),
            // Of what is not signed, or cannot go, nobody waits for more than his share.
            RolloutCase("wrrr", Spec.half, "--BB"), RolloutCase("xrrr", Spec.half, "--BB"), RolloutCase("dxxrr", Spec.half, "-----"),
            // The pause begins when the wave before is done, once.
            RolloutCase("drrr", Spec.paused, "-PBB", now: 599), RolloutCase("drrr", Spec.paused, "--BB", now: 600),
            RolloutCase("drrr", Spec.paused, "--BB", resumed: 1, now: 2),
            // A failure stops all but another try of itself, until somebody says resume.
            RolloutCase("Rrrr", Spec.half, "-FFF"), RolloutCase("DrXr", Spec.half, "-F-F"), RolloutCase("Drrr", Spec.half, "-FFF"),
            RolloutCase("Rrrr", Spec.half, "--BB", resumed: 1), RolloutCase("Rrrr", Spec.half, "-FFF", resumed: -1),
            RolloutCase("RRrr", Spec.half, "----", resumed: 1),
            // Groups, one after another: what is not signed yet holds up the next, what cannot go does not.
            RolloutCase("rrrr", Spec.groups, "-BBB", groups: "aabb"), RolloutCase("drrr", Spec.groups, "--BB", groups: "aabb"),
            RolloutCase("ddrr", Spec.groups, "---B", groups: "aab."), RolloutCase("dwrr", Spec.groups, "--BB", groups: "aabb"),
            RolloutCase("dxrr", Spec.groups, "----", groups: "aabb"), RolloutCase("xrrr", Spec.groups, "--BB", groups: "abbb"),
            RolloutCase("rrrr", Spec.onlyGroups, "B-B-", groups: "baba"), RolloutCase("rrrr", Spec.onlyGroups, "BB--", groups: "..bb"),
        ])
    func turn(_ one: RolloutCase) throws {
        let start = Timestamp(secondsSince1970: 1_800_000_000)
        let names = try (0..<one.slots.count).map { try #require(ConnectorName("slot-\($0)")) }
        let members = zip(names, one.slots).enumerated().map { number, slot in
            let (name, letter) = slot
            let phase: Rollout.Member.Phase =
                switch letter {
                case "d", "D": .done(at: start)
                case "m": .moving
                case "r", "R": .ready
                case "w": .waiting
                default: .shut
                }
            let group = one.groups.map { Array($0)[number] }
            return Rollout.Member(
                name, phase, trouble: letter.isUppercase ? .init(since: start, "it failed") : nil,
                labels: group.map { ["tier": String($0)] } ?? [:], expires: start + Seconds(Int64(number)),
                resumed: one.resumed.map { start + Seconds($0) })
        }
        let waves = Rollout(members, under: one.spec, at: start + Seconds(one.now)).waves()
        let holds = names.map { name in
            switch waves[name]?.hold?.code {
            case nil: "-"
            case .waveFailed: "F"
            case .waveBefore: "B"
            case .wavePause: "P"
            case .halted: "H"
            }
        }
        #expect(holds.joined() == one.holds)
        #expect(waves.values.allSatisfy { (1...$0.count).contains($0.number ?? 0) })
    }

    @Test("puts what ends first first") func urgent() throws {
        let start = Timestamp(secondsSince1970: 0)
        let (early, late) = (try #require(ConnectorName("z")), try #require(ConnectorName("a")))
        let waves = Rollout(
            [.init(late, .ready, expires: start + 9), .init(early, .ready, expires: start)],
            under: Spec.canary, at: start
        ).waves()
        #expect(waves[early] == Wave(number: 1, of: 2))
        #expect(waves[late]?.hold?.code == .waveBefore)
    }

    @Test("says when its pause is over") func pause() throws {
        let start = Timestamp(secondsSince1970: 0)
        let (one, two) = (try #require(ConnectorName("one")), try #require(ConnectorName("two")))
        let waves = Rollout(
            [.init(one, .done(at: start), expires: start), .init(two, .ready, expires: start)],
            under: RolloutSpec(canary: 1, pause: .minutes(10)), at: start + 1
        ).waves()
        #expect(waves[two]?.hold?.until == start + .minutes(10))
    }

    @Test("of ten thousand slots is told at once") func large() throws {
        let start = Timestamp(secondsSince1970: 0)
        let members = try (0..<10_000).map { number in
            Rollout.Member(
                try #require(ConnectorName("slot-\(number)")), number < 100 ? .done(at: start) : .ready,
                expires: start + Seconds(Int64(number)))
        }
        let clock = ContinuousClock.now
        let waves = Rollout(members, under: Spec.half, at: start).waves()
        #expect(waves.values.count { $0.hold == nil } == 4_900)
        #expect(ContinuousClock.now - clock < .seconds(5))
    }
}
