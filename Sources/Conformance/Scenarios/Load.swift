// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
internal import Operations
internal import Synchronization
internal import TLSProbe
internal import Vocabulary

/// A client that makes fresh handshakes with every endpoint, one after another.
final class Load: Sendable {
    enum Answer: Hashable, Sendable {
        case leaf(Fingerprint)
        case failed(HandshakeFailure)
    }
    private struct State {
        var count = 0
        var isSettled = false
        var isOver = false
        var before: Set<Answer> = []
        var after: Set<Answer> = []
    }
    private let state = Mutex(State())
    private let targets: [ProbeTarget]

    init(_ endpoints: [Endpoint], _ device: Device) {
        var plan = ProbePlan()
        for endpoint in endpoints { plan.add(endpoint, on: device) }
        targets = plan.targets
    }

    /// True once so many more handshakes have been made; false if it takes too long.
    func makes(_ more: Int) async throws -> Bool {
        let (start, first) = (ContinuousClock.now, state.withLock { $0.count })
        while state.withLock({ $0.count }) < first + more {
            guard ContinuousClock.now - start < .seconds(120) else { return false }
            // Asked again, so that the handshakes themselves wake nobody: they are what is measured.
            try await Task.sleep(for: .milliseconds(10))
        }
        return true
    }

    func markSettled() { state.withLock { $0.isSettled = true } }
    func end() { state.withLock { $0.isOver = true } }

    /// Until `end`.
    func run() async -> (before: Set<Answer>, after: Set<Answer>) {
        while state.withLock({ !$0.isOver }), !Task.isCancelled {
            let wasSettled = state.withLock { $0.isSettled }
            let answers = await Prober().probe(targets).flatMap(\.addresses).map { entry -> Answer in
                switch entry.outcome {
                case .served(let served): .leaf(served.leaf)
                case .failed(let failure): .failed(failure)
                }
            }
            state.withLock { state in
                state.count += answers.count
                if wasSettled { state.after.formUnion(answers) } else { state.before.formUnion(answers) }
            }
        }
        return state.withLock { ($0.before, $0.after) }
    }
}
