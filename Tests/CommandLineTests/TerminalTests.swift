// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Processes
import TestKit
import Testing

@Suite("At a terminal") struct TerminalTests {
    @Test("a pass says how far it is, in colour unless NO_COLOR is set; in a pipe it is quiet and plain; text fits")
    func progress() async throws {
        let (arena, _, _) = try await Arena.asked()
        let command = ([arena.binary, "reconcile"] + arena.globals(of: .gateway)).map { "'\($0)'" }.joined(
            separator: " ")
        func shown(_ columns: Int, _ more: [String: String?] = [:]) async throws -> String {
            var environment = arena.environment(of: .gateway)
            environment.updateValue(nil, forKey: "NO_COLOR")
            environment.merge(more) { $1 }
            environment["TERM"] = "xterm"
            return try await outcome(
                of: ["script", "-qec", "stty cols \(columns); \(command)", "/dev/null"], environment: environment,
                deadline: .seconds(120)
            ).outputText.replacing("\r\n", with: "\n")
        }
        let coloured = try await shown(100)
        #expect(coloured.contains(" …\n"), "\(coloured)")
        #expect(coloured.contains("\u{1b}["), "\(coloured)")
        #expect(!coloured.contains("objects:"), "git's own progress is not ours: \(coloured)")
        let plain = try await shown(70, ["NO_COLOR": "1"])
        #expect(plain.contains(" …\n") && !plain.contains("\u{1b}["), "\(plain)")
        #expect(plain.split(separator: "\n").allSatisfy { $0.count <= 70 }, "\(plain)")

        let piped = try await arena.countersign(as: .gateway, "reconcile", exits: 2)
        #expect(piped.errors.isEmpty, "\(piped)")
        #expect(!piped.output.contains("\u{1b}[") && !piped.output.contains(" …\n"), "\(piped)")
    }
}
