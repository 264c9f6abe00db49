// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Operations
internal import Synchronization

/// How long each phase of a pass takes: one begins where the last ends.
final class Stopwatch: Sendable {
    private struct Reading {
        var current: (phase: PassReport.Phase, since: ContinuousClock.Instant)?
        var took: [PassReport.Phase: Duration] = [:]
    }
    private let reading = Mutex(Reading())

    func begin(_ phase: PassReport.Phase) { turn(to: phase) }

    func stop() -> [PassReport.Phase: Duration] {
        turn(to: nil)
        return reading.withLock { $0.took }
    }

    private func turn(to phase: PassReport.Phase?) {
        let now = ContinuousClock().now
        reading.withLock { reading in
            if let current = reading.current { reading.took[current.phase, default: .zero] += now - current.since }
            reading.current = phase.map { ($0, now) }
        }
    }
}
