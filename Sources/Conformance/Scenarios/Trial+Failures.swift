// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Connectors
internal import Declarations
internal import Planning
internal import Synchronization
internal import Vocabulary

// What happens once live bytes have changed, or could have.
extension Trial {
    func expectRolledBack(_ outcome: Outcome) async throws {
        switch outcome {
        case .rolledBack: break
        case .rollbackFailed(let message) where !bench.traits.restores:
            remark("ends RollbackFailed, with the former leaf named: it cannot be put there again without its key")
            expect(!message.isEmpty, "it fails without a word")
            try await stand.letGo()
        default: expect(false, "\(outcome)")
        }
    }

    private static let impatience = DeviceSpec.Timeouts(
        connect: .seconds(30), check: .seconds(90), reload: .seconds(60), settle: .seconds(4))

    func notMadeLive(_ condition: BenchCondition) async throws {
        let place = try place
        let before = try await before(place)
        let pair = try await stand.issue()
        let outcome = try await during(condition) {
            try await stand.push(pair, over: before.holding, in: place, timeouts: Self.impatience)
        }
        try await expectRolledBack(outcome)
        if bench.traits.restores { try await expectUntouched(place, before) } else { try await expectPushable(place) }
    }

    func undo() async throws {
        let place = try place
        let before = try await before(place)
        let driver = try stand.driver()
        let fence = try await stand.nextFence()
        let pair = try await stand.issue()
        let batch = stand.batch(try stand.candidate(pair, over: before.holding, in: place))
        let staged = try await driver.stage(batch, fence: fence)
        let verdicts = try await driver.check(staged)
        expect(Array(verdicts.values) == [.accepted], "a good candidate: \(verdicts.values)")
        let untouched = try await bench.content(of: place)
        expect(untouched == before.content, "it was touched before the switch")
        try await driver.install(staged, fence: fence)
        try await driver.install(staged, fence: fence)
        _ = try await driver.makeLive([place.slot], fence: fence)
        let isServed = try await stand.becomesServed(pair.leaf, at: place)
        expect(isServed, "it is not served")
        do throws(DeviceError) {
            try await driver.undo(batch.id, slots: [place.slot], fence: fence)
            try await driver.undo(batch.id, slots: [place.slot], fence: fence)
        } catch {
            guard !bench.traits.restores, error.code == .unsupported else { throw error }
            remark(
                "a first import is deleted; what was replaced cannot be put there again without its key, and that is said"
            )
            let seen = try await stand.observation(of: place)
            expect(seen.holding.leaf == pair.leaf, "what is there is neither old nor new")
            return
        }
        _ = try await driver.makeLive([place.slot], fence: fence)
        try await driver.clean(batch.id, slots: [place.slot], fence: fence)
        try await expectUntouched(place, before)
        let seen = try await driver.observe([place.slot], unlessStill: nil)
        expect(!seen.leftovers.batches.contains(batch.id), "something of the batch is left over")
        let stray = try bench.strayKeys(of: pair, besides: place)
        expect(stray.isEmpty, "the key stays behind in \(stray.joined(separator: ", "))")
    }

    func hang() async throws {
        let place = try place
        let before = try await before(place)
        let pair = try await stand.issue()
        var timeouts = Self.impatience
        // Over ssh, where it never answers, what is between is waited for as well.
        (timeouts.connect, timeouts.reload) = (.seconds(5), .seconds(3))
        let start = ContinuousClock.now
        let outcome = try await during(.makeLiveHangs) {
            try await stand.push(pair, over: before.holding, in: place, timeouts: timeouts)
        }
        let took = ContinuousClock.now - start
        expect(took < .seconds(120), "it took \(took)")
        if bench.traits.restores {
            try await expectRolledBack(outcome)
            try await expectUntouched(place, before)
        } else {
            expect(outcome != .completed, "\(outcome)")
            try await stand.letGo()
        }
        try await expectPushable(place)
    }

    func changedByHand() async throws {
        let place = try place
        let before = try await before(place)
        let driver = try stand.driver()
        let fence = try await stand.nextFence()
        let (pair, other) = (try await stand.issue(), try await stand.issue())
        let batch = stand.batch(try stand.candidate(pair, over: before.holding, in: place))
        let staged = try await driver.stage(batch, fence: fence)
        _ = try await driver.check(staged)
        try await bench.changeByHand(place, to: other)
        let content = try await bench.content(of: place)
        do throws(DeviceError) {
            try await driver.install(staged, fence: fence)
            expect(false, "it was switched over what somebody has put there")
        } catch {
            expect(error.code == .changed, "\(error)")
        }
        let after = try await bench.content(of: place)
        expect(after == content, "what somebody has put there is touched")
        expect(bench.reloads() == before.reloads, "it was made live")
        try await driver.clean(batch.id, slots: [place.slot], fence: fence)
        let seen = try await stand.observation(of: place)
        expect(seen.holding.leaf == other.leaf && seen.key == other.spki, "it is seen as \(seen.holding)")
        // And of what was signed before, nothing can be staged any more.
        do throws(DeviceError) {
            _ = try await driver.stage(batch, fence: fence)
            expect(false, "it is staged over what somebody has put there")
        } catch {
            expect(error.code == .changed, "\(error)")
        }
        try await expectPushable(place)
    }

    func earlierLease() async throws {
        let place = try place
        let before = try await before(place)
        let driver = try stand.driver()
        let earlier = try await stand.nextFence()
        let batch = stand.batch(try stand.candidate(try await stand.issue(), over: before.holding, in: place))
        let staged = try await driver.stage(batch, fence: earlier)
        // Somebody else has the next lease, and was there.
        let fence = try await stand.nextFence()
        let other = stand.batch(try stand.candidate(try await stand.issue(), over: before.holding, in: place))
        let others = try await driver.stage(other, fence: fence)
        if !bench.traits.makesLive { try await driver.install(others, fence: fence) }
        let slots = [place.slot]
        let verbs: [(String, () async throws(DeviceError) -> Void)] = [
            ("stage", { () async throws(DeviceError) in _ = try await driver.stage(batch, fence: earlier) }),
            ("install", { () async throws(DeviceError) in try await driver.install(staged, fence: earlier) }),
            ("makeLive", { () async throws(DeviceError) in _ = try await driver.makeLive(slots, fence: earlier) }),
            ("undo", { () async throws(DeviceError) in try await driver.undo(batch.id, slots: slots, fence: earlier) }),
            (
                "clean",
                { () async throws(DeviceError) in try await driver.clean(batch.id, slots: slots, fence: earlier) }
            ),
        ]
        for (verb, act) in verbs {
            // Where it is one with the import, or keeps nothing, there is nothing to refuse.
            if !bench.traits.makesLive, verb == "makeLive" || verb == "clean" { continue }
            do throws(DeviceError) {
                try await act()
                expect(false, "\(verb) is done for it")
            } catch {
                expect(error.code == .fenced, "\(verb): \(error)")
            }
        }
        try await driver.clean(other.id, slots: slots, fence: fence)
        try await driver.clean(batch.id, slots: slots, fence: fence)
        guard bench.traits.makesLive else { return }
        expect(bench.reloads() == before.reloads, "it was made live")
        try await expectUntouched(place, before)
    }
}
