// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Connectors
internal import Declarations
internal import Planning
internal import Synchronization
internal import Vocabulary

// A push that stops anywhere, and the next one that brings it to an end.
extension Trial {
    func interruption() async throws {
        let place = try place
        let steps = try await count(place)
        expect(steps > 0, "it does nothing")
        for stop in spread(over: steps) {
            try await stopped("before step \(stop + 1) of \(steps)", place) { transport in
                Interruption(transport, at: stop)
            }
        }
        guard bench.traits.isPlugin else { return }
        // In the middle of a program, too: killed after a part of the time that it takes when it is left alone.
        let durations = try await measure(place)
        let parts = depth == .sample ? [0.5] : [0.15, 0.3, 0.45, 0.6, 0.75, 0.9]
        // Look, stage, check, install, make live.
        for (call, duration) in durations.enumerated() where depth == .everyPoint || call == 3 {
            for part in parts {
                try await stopped("in the middle of call \(call + 1) of \(durations.count)", place) { transport in
                    Interruption(transport, cutting: call, after: duration * part)
                }
            }
        }
    }

    private func spread(over count: Int) -> [Int] {
        guard depth == .sample, count > 4 else { return Array(0..<count) }
        return (1..<4).map { $0 * (count - 1) / 3 }
    }

    private func count(_ place: BenchPlace) async throws -> Int {
        let counting = Mutex<Interruption?>(nil)
        try await wholePush(place) { transport in
            let all = Interruption(transport, at: .max)
            counting.withLock { $0 = all }
            return all
        }
        return counting.withLock { $0?.passed } ?? 0
    }

    private func measure(_ place: BenchPlace) async throws -> [Duration] {
        let measuring = Mutex<Interruption?>(nil)
        try await wholePush(place) { transport in
            let all = Interruption(transport, cutting: .max, after: .zero)
            measuring.withLock { $0 = all }
            return all
        }
        return measuring.withLock { $0?.durations } ?? []
    }

    private func wholePush(
        _ place: BenchPlace, _ around: @escaping @Sendable (any Transport) -> any Transport
    ) async throws {
        let before = try await before(place)
        let fence = try await stand.nextFence()
        let pair = try await stand.issue()
        let batch = stand.batch(try stand.candidate(pair, over: before.holding, in: place))
        try await effects(of: batch, place, try stand.driver(through: around), fence)
        try await stand.driver().clean(batch.id, slots: [place.slot], fence: fence)
    }

    /// What a push does to a device.
    private func effects(
        of batch: Batch, _ place: BenchPlace, _ driver: any DeviceDriver, _ fence: Fence
    ) async throws(DeviceError) {
        let (staged, _) = try await driver.prepare(batch, fence: fence)
        _ = try await driver.switchOver(staged, fence: fence)
    }

    private func stopped(
        _ when: String, _ place: BenchPlace, _ around: @escaping @Sendable (any Transport) -> any Transport
    ) async throws {
        let before = try await before(place)
        let pair = try await stand.issue()
        let batch = stand.batch(try stand.candidate(pair, over: before.holding, in: place))
        let fence = try await stand.nextFence()
        let stopping = try stand.driver(through: around)
        do throws(DeviceError) {
            try await effects(of: batch, place, stopping, fence)
        } catch {
            // As it was meant; what it has left is for the next one.
        }
        let next = try stand.driver()
        let later = try await stand.nextFence()
        do throws(DeviceError) {
            try await next.undo(batch.id, slots: [place.slot], fence: later)
            _ = try await next.makeLive([place.slot], fence: later)
            try await next.clean(batch.id, slots: [place.slot], fence: later)
        } catch {
            guard !bench.traits.restores, error.code == .unsupported else {
                expect(false, "stopped \(when): \(error)")
                return
            }
        }
        guard bench.traits.restores else {
            let seen = try await stand.observation(of: place)
            expect(
                [before.pair.leaf, pair.leaf].contains(seen.holding.leaf),
                "stopped \(when) it holds \(seen.holding), which is neither")
            return
        }
        try await expectUntouched(place, before, "stopped \(when)")
        let seen = try await next.observe([place.slot], unlessStill: nil)
        expect(!seen.leftovers.batches.contains(batch.id), "stopped \(when), something of the batch is left over")
        let stray = try bench.strayKeys(of: pair, besides: place)
        expect(stray.isEmpty, "stopped \(when), the key stays behind in \(stray.joined(separator: ", "))")
    }
}

/// Does each step by itself, and stops before one of them; or ends the program of one call after a time.
private final class Interruption: Transport {
    private let wrapped: any Transport
    private let stop: Int
    private let cut: (call: Int, after: Duration)?
    private let state = Mutex<(steps: Int, durations: [Duration])>((0, []))

    init(_ wrapped: any Transport, at stop: Int) { (self.wrapped, self.stop, cut) = (wrapped, stop, nil) }
    init(_ wrapped: any Transport, cutting call: Int, after: Duration) {
        (self.wrapped, stop, cut) = (wrapped, .max, (call, after))
    }

    var passed: Int { state.withLock { $0.steps } }
    var durations: [Duration] { state.withLock { $0.durations } }

    func perform(_ steps: [Step], within limit: Duration) async throws(DeviceError) -> [StepResult] {
        if let cut {
            let start = ContinuousClock.now
            let isCut = durations.count == cut.call
            defer { state.withLock { $0.durations.append(ContinuousClock.now - start) } }
            let results = try await wrapped.perform(steps, within: isCut ? cut.after : limit)
            if isCut { throw stopped }
            return results
        }
        let start = ContinuousClock.now
        var results: [StepResult] = []
        for step in steps {
            let number = state.withLock { state in
                defer { state.steps += 1 }
                return state.steps
            }
            guard number < stop else { throw stopped }
            results += try await wrapped.perform([step], within: limit - (ContinuousClock.now - start))
        }
        return results
    }

    private var stopped: DeviceError { DeviceError(.unreachable, operation: "bench", detail: "stopped here") }
}
