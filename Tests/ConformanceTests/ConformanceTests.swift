// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Conformance
import Foundation
import Operations
import TestKit
import Testing
import Vocabulary

/// `scripts/conformance` tries every point at which a push can stop, and keeps the table of docs/drivers.md.
@Suite("A driver on a real device") struct ConformanceTests {
    private static let environment = ProcessInfo.processInfo.environment
    /// All of them in `scripts/conformance`. Here nginx shows all, and the others what is their own; each call of `aws`, and each round
    /// trip of ssh, takes the processor for up to a second.
    private static func scenarios(for name: String) -> [Scenario] {
        if environment["COUNTERSIGN_CONFORMANCE"] == "all" { return Scenario.allCases }
        return switch name {
        case "nginx": Scenario.allCases
        case "aws-acm": [.renewal, .makeLiveLies]
        case "nginx over ssh": [.renewal]
        default: [.firstInstall, .renewal, .candidateRefused, .makeLiveFails, .makeLiveLies, .oddNames, .madeKey]
        }
    }
    private static let drivers =
        environment["COUNTERSIGN_CONFORMANCE_DRIVERS"]?.split(separator: ",").map(String.init) ?? Benches.names

    @Test(
        "stands every scenario", .enabled(if: geteuid() == 0, "servers are started as root"),
        .timeLimit(.minutes(60)), arguments: drivers)
    func stands(name: String) async throws {
        if let missing = Benches.missing(for: name) {
            if Self.environment["COUNTERSIGN_TESTS_REQUIRE_TOOLS"] == "1" { Issue.record("\(missing) is missing") }
            return
        }
        let asked = Self.environment["COUNTERSIGN_CONFORMANCE_ONLY"]?.split(separator: ",").map(String.init)
        let scenarios = asked.map { $0.compactMap(Scenario.init(rawValue:)) } ?? Self.scenarios(for: name)
        try await Benches.with(name) { bench, folder in
            let run = try await ConformanceRun(
                on: bench, folder: folder, time: HostClock(),
                depth: Self.environment["COUNTERSIGN_CONFORMANCE"] == "all" ? .everyPoint : .sample)
            let cells = await run.run(scenarios) { scenario, cell, took in
                guard Self.environment["COUNTERSIGN_CONFORMANCE_RESULTS"] != nil else { return }
                print("\(name): \(scenario.rawValue): \(cell.isGood ? "good" : "NOT good: \(cell)"), \(took)")
            }
            for (scenario, cell) in cells where !cell.isGood {
                Issue.record("\(name): \(scenario.rawValue): \(cell)")
            }
            if let place = Self.environment["COUNTERSIGN_CONFORMANCE_RESULTS"] {
                let results: JSONValue = [
                    "driver": .string(name),
                    "cells": .array(cells.map { ConformanceJSON.value(of: $0.cell, in: $0.scenario) }),
                ]
                let file = "\((Benches.names.firstIndex(of: name) ?? 0) + 10).json"  // in the order of the table
                try Data(results.prettyBytes).write(to: URL(fileURLWithPath: "\(place)/\(file)"))
            }
        }
    }
}
