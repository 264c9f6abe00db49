// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Processes
import TestKit
import Testing

/// Walks the points of a pass on several worlds at once.
enum Walk {
    /// All points, `COUNTERSIGN_FAULTS=all` says; otherwise those between which something durable happens.
    static let isComplete = ProcessInfo.processInfo.environment["COUNTERSIGN_FAULTS"] == "all"
    static let width = 3

    /// Whether the world may be another one after this step than before it.
    static func isTelling(_ point: String) -> Bool {
        guard !isComplete else { return true }
        let words = point.split(separator: " ")
        switch words.first {
        case "journal": return words.count < 3 || words[2] != "read"
        case "driver": return true
        default: return !["stat", "read", "list", "digest", "expect"].contains(words.count > 2 ? String(words[2]) : "")
        }
    }

    /// - Parameter visit: gives what is wrong, in words.
    /// - Returns: how many points were visited.
    static func every(
        telling: @Sendable (String) -> Bool = isTelling,
        _ visit: @escaping @Sendable (Stage, Int, [String]) async throws -> [String]
    ) async throws -> Int {
        let stages = try await withThrowingTaskGroup(of: Stage.self) { group in
            for _ in 0..<width { group.addTask { try await Stage.make() } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        try await stages[0].reset()
        let undisturbed = try await stages[0].pass()
        try #require(undisturbed.status == .exited(0), "\(undisturbed.said)")
        #expect(try await stages[0].problems(at: .completed, before: []) == [])
        let points = undisturbed.points
        let chosen = points.indices.filter { telling(points[$0]) }
        let queue = Queue(chosen)
        try await withThrowingTaskGroup { group in
            for stage in stages {
                group.addTask {
                    while let point = await queue.next() {
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

    private actor Queue {
        private var rest: ArraySlice<Int>
        init(_ all: [Int]) { rest = all[...] }
        func next() -> Int? { rest.popFirst() }
    }
}
