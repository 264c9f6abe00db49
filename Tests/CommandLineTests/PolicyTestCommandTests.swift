// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Processes
import TestKit
import Testing
import Vocabulary

@Suite("countersign test") struct PolicyTestCommandTests {
    static let ready = ExampleTests.root.appending(path: "policies").path

    @Test("finds in each ready policy what its own PolicyTest says", arguments: try policies())
    func ready(policy: String) async throws {
        let file = "\(Self.ready)/\(policy.dropLast(".yaml".count)).test.yaml"
        let result = try await BuiltBinary.run("test", file)
        #expect(result.code == 0, "\(result.output)\(result.errors)")
        #expect(result.output.contains("passed") && !result.output.contains("✗"))
        let text = try String(contentsOfFile: "\(Self.ready)/\(policy)", encoding: .utf8)
        #expect(text.hasPrefix("# ") && text.contains("Use it"), "it says when to use it")
        let readme = try String(contentsOfFile: "\(Self.ready)/README.md", encoding: .utf8)
        #expect(readme.contains("`\(policy)`"), "it stands in the table")
    }

    static func policies() throws -> [String] {
        try ExampleTests.names(in: "policies").filter { $0.hasSuffix(".yaml") && !$0.hasSuffix(".test.yaml") }
    }

    static let policy = """
        apiVersion: countersign/v1
        kind: ApprovalPolicy
        metadata: {name: default}
        spec:
          levels: [{name: approve, approvers: [group:pki]}]

        """
    static func test(expecting expected: String, policies: String = "policies: [policy.yaml]") -> String {
        """
        apiVersion: countersign/v1
        kind: PolicyTest
        metadata: {name: mine}
        spec:
          \(policies)
          groups: {pki: [bob]}
          cases:
            - name: nothing & nobody <yet>
              change: {class: install, requesters: [alice]}
              at: 2026-11-27T10:00:00Z
              expect: \(expected)

        """
    }

    @Test("says file, line, what was expected and what was found, and ends with 1") func failing() async throws {
        let folder = try TemporaryFolder("policy-test")
        try folder.write(Self.policy, to: "policy.yaml")
        try folder.write(
            Self.test(expecting: "{satisfied: true, missing: [{level: approve, count: 2}]}"), to: "mine.yaml")
        let junit = folder.file("result.xml")
        let result = try await BuiltBinary.run("test", folder.file("mine.yaml"), "--junit", junit)
        #expect(result.code == 1)
        #expect(result.output.contains("✗ nothing & nobody <yet>"))
        #expect(result.output.contains("mine.yaml:11:27: satisfied"), "\(result.output)")
        #expect(result.output.contains("expected  approve 2\n") && result.output.contains("found     approve 1 of bob"))
        #expect(result.output.contains("1 failed, 0 passed"))
        let xml = try folder.readText("result.xml")
        #expect(xml.contains("<testsuites name=\"countersign test\" tests=\"1\" failures=\"1\" errors=\"0\">"))
        #expect(xml.contains("name=\"nothing &amp; nobody &lt;yet&gt;\""))
        let read = try await outcome(
            of: [
                "python3", "-c", "import sys,xml.etree.ElementTree as t; print(t.parse(sys.argv[1]).getroot().tag)",
                junit,
            ])
        #expect(read.outputText == "testsuites\n", "\(read.errorText)")
        let json = try await BuiltBinary.run("test", folder.file("mine.yaml"), "--format", "json")
        let document = try JSONValue(parsing: Array(json.output.utf8))
        #expect(document["passed"] == false && document["summary"]?["failed"]?.integer == 1)
        let failures = document["tests"]?.array?.first?["cases"]?.array?.first?["failures"]?.array
        #expect(failures?.compactMap { $0["field"]?.string } == ["satisfied", "missing"])
    }

    @Test(
        "says where a test itself is wrong",
        arguments: [
            (
                "{satisfyed: true}",
                "mine.yaml:11:16: error: expect has no field \"satisfyed\"; did you mean \"satisfied\"?"
            ),
            ("{blocked: OutsideWindows}", "did you mean \"OutsideWindow\"?"),
            ("{}", "expect is empty"),
        ])
    func wrong(expected: String, message: String) async throws {
        let folder = try TemporaryFolder("policy-test")
        try folder.write(Self.policy, to: "policy.yaml")
        try folder.write(Self.test(expecting: expected), to: "mine.yaml")
        let result = try await BuiltBinary.run("test", folder.file("mine.yaml"))
        #expect(result.code == 1)
        #expect((result.output + result.errors).contains(message), "\(result.output)\(result.errors)")
    }

    @Test("says that a file is not there, and where it is named") func missing() async throws {
        let folder = try TemporaryFolder("policy-test")
        try folder.write(Self.test(expecting: "{satisfied: false}"), to: "mine.yaml")
        let result = try await BuiltBinary.run("test", folder.file("mine.yaml"))
        #expect(result.code == 1)
        #expect(result.errors.contains("mine.yaml:5:14: error: there is no file"), "\(result.errors)")
        let none = try await BuiltBinary.run("test", folder.file("nowhere.yaml"))
        #expect(none.code == 1 && none.errors.contains("cannot be read"))
    }

    @Test("runs every PolicyTest of a commit against what that commit declares; nothing else takes notice of them")
    func tree() async throws {
        let fixture = try await GitFixture.make()
        let example = ExampleTests.root.appending(path: "examples/two-levels").path
        for entry in try FileManager.default.contentsOfDirectory(atPath: example) {
            try FileManager.default.copyItem(atPath: "\(example)/\(entry)", toPath: "\(fixture.path)/\(entry)")
        }
        try await fixture.commit("Begin")
        let before = try await BuiltBinary.run("validate", "--repo", fixture.path)
        let none = try await BuiltBinary.run("test", "--repo", fixture.path)
        #expect(none.code == 1 && none.errors.contains("declares no PolicyTest"))
        let text = Self.test(expecting: "{policy: default, state: Requested}", policies: "robots: [acme-bot]")
        try text.write(toFile: "\(fixture.path)/mine.test.yaml", atomically: true, encoding: .utf8)
        try await fixture.commit("Test what is decided")
        let result = try await BuiltBinary.run("test", "--repo", fixture.path)
        #expect(result.code == 0, "\(result.output)\(result.errors)")
        #expect(result.output.contains("1 passed") && result.output.contains("at commit"))
        let after = try await BuiltBinary.run("validate", "--repo", fixture.path)
        #expect(after.code == 0 && after.output == before.output, "\(after.output)")
        // Who decides is the same: a trust set's digest holds nothing of it.
        let schema = try await BuiltBinary.run("schema", "PolicyTest")
        #expect(schema.code == 0 && schema.output.contains("\"const\": \"PolicyTest\""))
    }
}
