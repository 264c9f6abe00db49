// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Planning
internal import Synchronization
internal import Vocabulary

/// What drivers of one device know from before: within one pass, but for what the configuration asks. It saves round trips, and nothing is believed because of it.
final class DeviceMemory: Sendable {
    private let state: Mutex<State>
    private let store: QuestionStore?

    /// - Parameter store: nil: what was asked is forgotten with this.
    init(_ store: QuestionStore? = nil) {
        self.store = store
        state = Mutex(State(questions: store?.load() ?? []))
    }

    private struct State {
        /// What reading the configuration asked the last time.
        var questions: [Step] = []
        /// The last close look; used once.
        var picture: Picture?
        /// What lies where after a switch that was done to its end.
        var aftermath: (batch: BatchID, Aftermath)?
    }

    /// What the configuration's questions were the last time: whatever it includes was found out step by step.
    var questions: [Step] {
        get { state.withLock { $0.questions } }
        set {
            let isNew = state.withLock { state in
                defer { state.questions = newValue }
                return state.questions.count != newValue.count
                    || !zip(state.questions, newValue).allSatisfy { $0.isSame(as: $1) }
            }
            if isNew { store?.save(newValue) }
        }
    }

    func keep(_ picture: Picture) { state.withLock { $0.picture = picture } }

    func takePicture() -> Picture? {
        state.withLock { state in
            defer { state.picture = nil }
            return state.picture
        }
    }

    func keep(_ aftermath: Aftermath, of batch: BatchID) {
        state.withLock { $0.aftermath = (batch, aftermath) }
    }

    func takeAftermath(of batch: BatchID) -> Aftermath? {
        state.withLock { state in
            defer { state.aftermath = nil }
            guard let kept = state.aftermath, kept.batch == batch else { return nil }
            return kept.1
        }
    }

    /// Something else is done there than what was foreseen.
    func forget() {
        state.withLock { state in
            state.picture = nil
            state.aftermath = nil
        }
    }
}

/// What cleaning up after a batch has to know.
struct Aftermath: Sendable {
    var manifests: [(home: String, manifest: BatchManifest)]
    /// Of all their files.
    var positions: [FilePosition]
    /// Below our own folders.
    var survey: [FileStatus]
    /// Slots' keys that are regular files.
    var keys: Set<String>
}
