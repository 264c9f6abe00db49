// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Processes
import TestKit
import Testing

/// Walks the points of a pass, on several worlds at once.
struct Walk: Sendable {
    /// With `COUNTERSIGN_FAULTS=all` every point; otherwise each that can differ from its neighbours.
    static let isComplete = ProcessInfo.processInfo.environment["COUNTERSIGN_FAULTS"] == "all"

    enum Choice: Sendable {
        /// Where something was made durable, or the device changed, since the point before: between two of these a stop makes no
        /// difference that lasts.
        case effects
        /// Before and after each of those steps, and around each verb.
        case steps
    }

    var choice: Choice
    var variant = Stage.Variant.rename
    var width = 3
    /// What has happened before the pass that is walked.
    var prepare: @Sendable (Stage) async throws -> Void = { try await $0.reset() }

    /// - Parameter visit: gets a world that is prepared, and the number and all names of points; gives what is wrong, in words.
    /// - Returns: how many points were visited.
    func run(
        _ visit: @escaping @Sendable (Stage, Int, [String]) async throws -> [String]
    ) async throws -> Int {
        let stages = try await withThrowingTaskGroup(of: Stage.self) { group in
            for _ in 0..<width { group.addTask { try await Stage.make(variant) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        try await prepare(stages[0])
        let undisturbed = try await stages[0].pass()
        guard case .exited(let code) = undisturbed.status, code != 1, undisturbed.report != nil else {
            throw FixtureError("undisturbed: \(undisturbed.status)\n\(undisturbed.said)")
        }
        let points = undisturbed.points
        let chosen = points.indices.filter { Self.isComplete || isChosen(points[$0]) }
        let queue = Queue(chosen)
        try await withThrowingTaskGroup { group in
            for stage in stages {
                group.addTask {
                    while let point = await queue.next() {
                        try await prepare(stage)
                        let problems = try await visit(stage, point, points)
                        if problems.isEmpty { continue }
                        let name = points[point].replacing(stages[0].arena.folder.path + "/", with: "")
                        Issue.record("point \(point), \(name): \(problems.joined(separator: "; "))")
                    }
                }
            }
            try await group.waitForAll()
        }
        return chosen.count
    }

    /// `journal after append ended`, `transport before replace PATH`, `driver before stage`
    private func isChosen(_ point: String) -> Bool {
        let words = point.split(separator: " ").map(String.init) + ["", ""]
        let isReading = ["read", "stat", "list", "survey", "digest", "expect"].contains(words[2])
        let isLease = ["acquire", "renew", "release"].contains(words[2])
        switch choice {
        case .steps: return words[0] == "driver" || !isReading
        // What is asked of a lease has a point before it only.
        case .effects: return words[0] != "driver" && !isReading && (isLease || words[1] == "after")
        }
    }

    private actor Queue {
        private var rest: ArraySlice<Int>
        init(_ all: [Int]) { rest = all[...] }
        func next() -> Int? { rest.popFirst() }
    }
}
