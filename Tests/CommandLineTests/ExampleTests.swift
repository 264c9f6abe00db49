// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Processes
import TestKit
import Testing
import Vocabulary

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

    /// In a repository with everybody whom some policy names; a policy that is not the default stands beside it.
    @Test(
        "of a policy validates in a repository that declares whom it names, with its PolicyTest beside it",
        arguments: try PolicyTestCommandTests.policies())
    func policy(file: String) async throws {
        let fixture = try await repository { path in
            let example = Self.root.appending(path: "examples/two-levels").path
            let policies = Self.root.appending(path: "policies").path
            func copy(_ from: String, _ to: String) throws {
                try FileManager.default.copyItem(atPath: from, toPath: "\(path)/\(to)")
            }
            try copy("\(example)/countersign.yaml", "countersign.yaml")
            try Self.everybody().write(toFile: "\(path)/everybody.yaml", atomically: true, encoding: .utf8)
            try copy("\(policies)/\(file)", file)
            let test = "\(file.dropLast(".yaml".count)).test.yaml"
            try copy("\(policies)/\(test)", test)
            if try !String(contentsOfFile: "\(path)/\(file)", encoding: .utf8).contains("metadata: {name: default}") {
                try copy("\(policies)/two-levels.yaml", "two-levels.yaml")
            }
        }
        let result = try await BuiltBinary.run("validate", "--repo", fixture.path, "--format", "json")
        #expect(result.code == 0 && result.output.contains("\"diagnostics\": []"), "\(result.output)")
        let tested = try await BuiltBinary.run("test", "--repo", fixture.path)
        #expect(tested.code == 0, "\(tested.output)\(tested.errors)")
    }

    private static func everybody() -> String {
        let groups = [
            "pki": ["bob", "dave", "ivan"], "netops": ["erin", "frank", "judy"], "operators": ["alice", "bob", "dave"],
            "security": ["grace", "heidi"], "developers": ["alice", "bob"], "pki-europe": ["bob", "dave"],
            "pki-asia": ["heidi", "ivan"], "oncall": ["bob", "erin", "grace"],
        ]
        let people = Set(groups.values.joined()).union(["acme-bot"]).sorted()
        var documents = [
            "apiVersion: countersign/v1\nkind: Zone\nmetadata: {name: payment}\nspec: {recorders: [{ssh: \"\(key("payment"))\"}]}\n"
        ]
        documents += people.map {
            "kind: Person\nmetadata: {name: \($0)}\nspec: {keys: [{ssh: \"\(key($0))\"}]\($0 == "acme-bot" ? ", robot: true" : "")}\n"
        }
        documents += groups.sorted { $0.key < $1.key }.map {
            "kind: Group\nmetadata: {name: \($0.key)}\nspec: {members: [\($0.value.joined(separator: ", "))]}\n"
        }
        return documents.joined(separator: "---\n")
    }

    /// Well-formed, and nobody has the private half.
    private static func key(_ owner: String) -> String {
        let point = FileDigest(hashing: Array(owner.utf8)).bytes
        let blob = [0, 0, 0, 11] + Array("ssh-ed25519".utf8) + [0, 0, 0, 32] + point
        return "ssh-ed25519 \(Data(blob).base64EncodedString())"
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
