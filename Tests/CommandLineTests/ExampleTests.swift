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

    private func copy(of name: String) async throws -> GitFixture {
        try await repository { path in
            let example = Self.root.appending(path: "examples/\(name)").path
            for entry in try FileManager.default.contentsOfDirectory(atPath: example) {
                try FileManager.default.copyItem(atPath: "\(example)/\(entry)", toPath: "\(path)/\(entry)")
            }
        }
    }

    @Test("is a whole repository that validates without a warning", arguments: try repositories())
    func validates(name: String) async throws {
        let fixture = try await copy(of: name)
        let result = try await BuiltBinary.run("validate", "--repo", fixture.path, "--format", "json")
        #expect(result.code == 0, "\(result.output)")
        #expect(result.output.contains("\"diagnostics\": []"), "\(result.output)")
    }

    /// How many slots each has, by zone.
    static let slots = [
        "trial": ["default": 1], "two-levels": ["default": 1], "fleet": ["default": 10],
        "two-zones": ["dmz": 1, "office": 1],
    ]

    @Test(
        "is planned from a bare origin: each slot waits for its first look, and for nothing that a commit would have to mend",
        arguments: try repositories())
    func plans(name: String) async throws {
        let fixture = try await copy(of: name)
        let folder = try TemporaryFolder("example")
        try await run("git", "clone", "-q", "--bare", fixture.path, folder.file("origin.git"))
        let zones = try #require(Self.slots[name], "say here how many slots it has")
        for (zone, count) in zones {
            let result = try await BuiltBinary.run(
                "plan", "--no-discover", "--repo", folder.file("origin.git"), "--state",
                try folder.makeFolder("state-\(zone)"), "--trust", "HEAD",
                "--zone", zone, "--format", "json")
            #expect(result.code == 2, "\(result.output)\(result.errors)")
            let orders = try #require(try JSONValue(parsing: Array(result.output.utf8))["workOrders"]?.array)
            #expect(orders.count == count)
            for order in orders {
                #expect(order["reason"]?["code"] == "Unobserved", "\(order)")
                let codes = order["blocks"]?.array?.compactMap { $0["code"]?.string } ?? []
                #expect(Set(codes).isSubset(of: ["Unobserved", "OutsideWindow"]), "\(order)")
            }
        }
    }

    @Test(
        "holds no private key, and says how to put one's own in the place of what is made up",
        arguments: try repositories())
    func isPublic(name: String) throws {
        let example = Self.root.appending(path: "examples/\(name)")
        let files = try #require(FileManager.default.enumerator(atPath: example.path)?.allObjects as? [String])
        for file in files {
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: example.appending(path: file).path, isDirectory: &isFolder),
                !isFolder.boolValue
            else { continue }
            let text = try String(contentsOf: example.appending(path: file), encoding: .utf8)
            #expect(!text.contains("PRIVATE KEY"), "\(file)")
        }
        let readme = try String(contentsOf: example.appending(path: "README.md"), encoding: .utf8)
        #expect(readme.contains("countersign recorder") && readme.contains("uuidgen") && readme.contains(".pub"))
    }

    @Test("is what the JSON Schemas describe, as an editor's YAML server reads them")
    func schemas() async throws {
        let folder = try TemporaryFolder("schemas")
        for kind in [
            "Repository", "Zone", "Device", "Person", "Group", "ApprovalPolicy", "StandingApproval", "AlertPolicy",
            "Certificate", "AppConnector", "Binding", "PolicyTest",
        ] {
            let schema = try await BuiltBinary.run("schema", kind)
            #expect(schema.code == 0)
            try folder.write(schema.output, to: "\(kind).json")
        }
        try folder.write(try await BuiltBinary.run("schema").output, to: "any.json")
        let checker = try folder.write(Self.schemaChecker, to: "check.py")
        let result = try await outcome(
            of: [
                "python3", checker, folder.path, Self.root.appending(path: "examples").path,
                Self.root.appending(path: "policies").path,
            ],
            deadline: .seconds(120))
        #expect(result.succeeded, "\(result.outputText)\(result.errorText)")
        #expect(result.outputText.contains("resources as described"))
    }

    /// Another implementation of JSON Schema than ours: each is a schema, takes what is right and refuses what is misspelt.
    private static let schemaChecker = """
        import json, pathlib, sys, yaml, jsonschema
        folder, *roots = sys.argv[1:]
        class Loader(yaml.SafeLoader): pass
        Loader.yaml_implicit_resolvers = {k: [r for r in v if r[0] != "tag:yaml.org,2002:timestamp"] for k, v in yaml.SafeLoader.yaml_implicit_resolvers.items()}
        schemas = {p.stem: json.loads(p.read_text()) for p in pathlib.Path(folder).glob("*.json")}
        for schema in schemas.values(): jsonschema.Draft202012Validator.check_schema(schema)
        validators = {name: jsonschema.Draft202012Validator(schema) for name, schema in schemas.items()}
        count = 0
        for root in roots:
            for path in sorted(pathlib.Path(root).rglob("*.yaml")):
                for document in yaml.load_all(path.read_text(), Loader):
                    for name in (document["kind"], "any"):
                        for error in validators[name].iter_errors(document): sys.exit(f"{path}: {name}: {error.message[:300]}")
                    wrong = json.loads(json.dumps(document)); wrong["spec"]["mistake"] = 1
                    if validators[document["kind"]].is_valid(wrong): sys.exit(f"{path}: an unknown field is taken")
                    count += 1
        print(count, "resources as described")

        """

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
