// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Synchronization
internal import Vocabulary

/// A device that is asked nothing twice: what is in the picture, or was foreseen, is not asked again.
///
/// For one phase of work, so that a picture is never older than that. A driver is written as if it asked one thing after another;
/// here what it will ask is sent along with what goes to the device anyway, and a round trip is saved.
final class Sight: Transport {
    private let device: any Transport
    private let state: Mutex<State>

    private struct State {
        var picture: Picture
        var foreseen: (steps: [Step], results: [StepResult])?
        var questions: [Step] = []
    }

    init(_ device: any Transport, _ picture: Picture = Picture()) {
        self.device = device
        state = Mutex(State(picture: picture))
    }

    var picture: Picture { state.withLock { $0.picture } }
    /// All that was asked so far, wherever the answer came from.
    var questions: [Step] { state.withLock { $0.questions } }

    func perform(_ steps: [Step], within limit: Duration) async throws(DeviceError) -> [StepResult] {
        let areQuestions = steps.allSatisfy(\.isQuestion)
        let known = state.withLock { state -> [StepResult]? in
            if areQuestions {
                state.questions += steps
                return state.picture.answer(steps)
            }
            guard let foreseen = state.foreseen, foreseen.steps.count == steps.count,
                zip(foreseen.steps, steps).allSatisfy({ $0.isSame(as: $1) })
            else { return nil }
            state.foreseen = nil  // done once: asked again, it is done again
            return foreseen.results
        }
        if let known { return known }
        let results = try await device.perform(steps, within: limit)
        if areQuestions { state.withLock { $0.picture.take(steps, results) } }
        return results
    }

    /// Asks all of this at once. A question that cannot be answered spoils nothing: each is then asked by itself, when its turn comes.
    ///
    /// Throws only what would meet the next call too: `unreachable` and `timedOut`.
    func look(at steps: [Step], within limit: Duration) async throws(DeviceError) {
        guard !steps.isEmpty else { return }
        do throws(DeviceError) {
            let results = try await device.perform(steps, within: limit)
            state.withLock { $0.picture.take(steps, results) }
        } catch {
            if error.code == .unreachable || error.code == .timedOut { throw error }
        }
    }

    /// These have been done already, and had these results.
    func foresee(_ steps: [Step], _ results: [StepResult]) {
        if steps.allSatisfy(\.isQuestion) {
            state.withLock { $0.picture.take(steps, results) }
        } else {
            state.withLock { $0.foreseen = (steps, results) }
        }
    }
}

/// Finds out what is asked of the device first, without asking it.
final class Rehearsal: Transport {
    private let picture: Picture
    private let first = Mutex<[Step]?>(nil)

    private init(_ picture: Picture) { self.picture = picture }

    /// - Parameter body: is stopped, by an error, at its first question that the picture does not answer; it has no effect.
    /// - Returns: that question; empty: there is none.
    static func question(
        _ picture: Picture = Picture(), _ body: (any Transport) async throws(DeviceError) -> Void
    ) async -> [Step] {
        let rehearsal = Rehearsal(picture)
        do throws(DeviceError) { try await body(rehearsal) } catch {}
        return rehearsal.first.withLock { $0 } ?? []
    }

    func perform(_ steps: [Step], within limit: Duration) async throws(DeviceError) -> [StepResult] {
        if let known = picture.answer(steps), first.withLock({ $0 == nil }) { return known }
        first.withLock { $0 = $0 ?? steps }
        throw DeviceError(.failed, operation: "rehearsal", detail: "not in the picture")
    }
}
