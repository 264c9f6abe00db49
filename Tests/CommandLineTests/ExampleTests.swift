// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Processes
import TestKit
import Testing

/// What users copy must work as it is.
@Suite("An example") struct ExampleTests {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    static func names(in folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: root.appending(path: folder).path).sorted()
    }

    /// Those examples that are whole repositories; the others are files to copy beside one.
    static func repositories() throws -> [String] {
        try names(in: "examples").filter { try names(in: "examples/\($0)").contains("countersign.yaml") }
    }

    private func repository(_ fill: (String) throws -> Void) async throws -> GitFixture {
        let fixture = try await GitFixture.make()
        try fill(fixture.path)
        try await fixture.commit("Begin")
        return fixture
    }

    @Test("is a whole repository that validates without a warning", arguments: try repositories())
    func validates(name: String) async throws {
        let fixture = try await repository { path in
            let example = Self.root.appending(path: "examples/\(name)").path
            for entry in try FileManager.default.contentsOfDirectory(atPath: example) {
                try FileManager.default.copyItem(atPath: "\(example)/\(entry)", toPath: "\(path)/\(entry)")
            }
        }
        let result = try await BuiltBinary.run("validate", "--repo", fixture.path, "--format", "json")
        #expect(result.code == 0, "\(result.output)")
        #expect(result.output.contains("\"diagnostics\": []"), "\(result.output)")
    }

    @Test("of a policy validates in a repository that declares its groups", arguments: try names(in: "policies").filter { $0.hasSuffix(".yaml") })
    func policy(file: String) async throws {
        let fixture = try await repository { path in
            let example = Self.root.appending(path: "examples/two-levels").path
            for entry in ["countersign.yaml", "people"] {
                try FileManager.default.copyItem(atPath: "\(example)/\(entry)", toPath: "\(path)/\(entry)")
            }
            try FileManager.default.copyItem(
                atPath: Self.root.appending(path: "policies/\(file)").path, toPath: "\(path)/\(file)")
        }
        let result = try await BuiltBinary.run("validate", "--repo", fixture.path)
        #expect(result.code == 0, "\(result.errors)")
    }
}

@Suite("The demo") struct DemoTests {
    @Test("shows the main job, and ends by itself")
    func runs() async throws {
        let result = try await outcome(
            of: ["bash", ExampleTests.root.appending(path: "scripts/demo").path],
            environment: ["COUNTERSIGN_BUILT": BuiltBinary.path], deadline: .seconds(120))
        let output = result.outputText
        #expect(result.status == .exited(0), "\(output)\n\(result.errorText)")
        #expect(output.contains("Completed") && output.contains("In Sync") && output.contains("Nothing to do"))
        let fingerprints = output.split(separator: "\n").filter { $0.hasPrefix("sha256 Fingerprint=") }
        #expect(fingerprints.count == 2 && fingerprints.first != fingerprints.last, "before and after")
    }
}
