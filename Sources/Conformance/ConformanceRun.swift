// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Vocabulary

/// The scenarios, one after another, on one bench.
package struct ConformanceRun: Sendable {
    /// How many points at which a push can stop are tried.
    package enum Depth: Sendable {
        /// A few, spread over all.
        case sample
        case everyPoint
    }

    private let stand: Stand
    private let depth: Depth

    /// - Parameters:
    ///   - folder: of the caller's own, private, taken away by the caller.
    ///   - time: the host's clock.
    package init(on bench: any DriverBench, folder: String, time: any TimeSource, depth: Depth) async throws {
        stand = try await Stand(bench, folder: folder, time: time)
        self.depth = depth
    }

    /// - Parameter done: is told of each as soon as it has ended.
    package func run(
        _ scenarios: [Scenario] = Scenario.allCases, done: (Scenario, Cell, Duration) async -> Void = { _, _, _ in }
    ) async -> [(scenario: Scenario, cell: Cell)] {
        var cells: [(Scenario, Cell)] = []
        for scenario in scenarios {
            let start = ContinuousClock.now
            let cell = await cell(scenario)
            cells.append((scenario, cell))
            await done(scenario, cell, ContinuousClock.now - start)
        }
        return cells
    }

    private func cell(_ scenario: Scenario) async -> Cell {
        if let reason = stand.bench.reason(against: scenario) { return .notTried(reason: reason) }
        do {
            let trial = Trial(stand: stand, depth: depth)
            try await trial.run(scenario)
            return trial.problems.isEmpty ? .passed(note: trial.note) : .failed(trial.problems)
        } catch let error as Untried {
            return .notTried(reason: error.reason)
        } catch {
            return .failed(["\(error)"])
        }
    }
}

/// The bench has nothing to try this on, and says no reason.
struct Untried: Error {
    var reason: String?
}
