// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Declarations
import Testing
import Vocabulary

@Suite("A tip that is not valid") struct PartialTests {
    private func name(_ text: String) throws -> PersonName { try #require(PersonName(text)) }

    @Test("hides nothing that decodes, and blames nobody for what did not")
    func partial() async throws {
        let tree = try await Tree.good().replacing("robot: true", by: "robot: maybe", in: "people/robot.yaml")
        let checked = tree.checked()
        #expect(checked.errors.count == 1)
        #expect(!checked.isValid)
        #expect(checked.partialTrustSet.people[try name("robot")] == nil)
        #expect(checked.partialTrustSet.people[try name("alice")] != nil)
        #expect(checked.partialTrustSet.groups.count == 2)
    }

    @Test(
        "still names what a broken document was, so that only the break is told",
        arguments: ["keys: [{ssh: x}", "a: b: c", "*x", "!x y"])
    func torn(rest: String) async throws {
        let tree = try await Tree.good().adding(
            "apiVersion: countersign/v1\nkind: Person\nmetadata: {name: alice}\nspec: {\(rest)\n",
            at: "people/alice.yaml")
        #expect(!tree.lines.isEmpty)
        #expect(tree.lines.allSatisfy { $0.hasPrefix("people/alice.yaml:") })
        #expect(tree.checked().partialTrustSet.people[try name("alice")] == nil)
    }

    @Test("takes a person away who is declared no more, and a key that was removed")
    func taken() async throws {
        let good = try await Tree.good()
        let before = good.checked().partialTrustSet
        let without = good.without("people/alice.yaml").checked()
        #expect(!without.isValid)
        #expect(without.partialTrustSet.people[try name("alice")] == nil)
        #expect(without.partialTrustSet.groups.values.contains { $0.spec.members.contains { $0.text == "alice" } })
        #expect(before.people[try name("alice")] != nil)
    }

    @Test("in which a file cannot be read at all is not blamed for what may stand there")
    func unreadable() async throws {
        let tree = try await Tree.good().adding("kind: \u{1}", at: "people/alice.yaml")
        #expect(
            tree.lines == [
                "people/alice.yaml:1:7: error: the control character U+0001 is not accepted [yaml-control-character]"
            ])
    }

    @Test("is told whole, in one run, sorted by place")
    func all() async throws {
        let tree = try await Tree.good()
            .replacing("port: 443", by: "port: 0", in: "connectors/shop.yaml")
            .replacing("  certificate:", by: "  certificte:", in: "bindings/shop.yaml")
            .replacing("branch: main", by: "branch: -x", in: "countersign.yaml")
            .adding("a: [\n", at: "notes.yaml")
            .replacing("host: 10.0.0.5", by: "host: \"10.0.0.5 -x\"", in: "devices/edge-1.yaml")
        let found = tree.checked().diagnostics
        #expect(found == found.sorted())
        #expect(
            Set(found.map(\.position.file)) == [
                "connectors/shop.yaml", "bindings/shop.yaml", "countersign.yaml", "notes.yaml", "devices/edge-1.yaml",
            ])
    }

    @Test("full of mistakes is told in bounds, the first ones with a suggestion")
    func bounded() async throws {
        var tree = try await Tree.good()
        let fields = (0..<5_000).map { "  certificat\($0): x\n" }.joined()
        tree.files["bindings/many.yaml"] =
            "apiVersion: countersign/v1\nkind: Binding\nmetadata: {name: many}\nspec:\n" + fields
        #expect(tree.lines.count <= 202)
        #expect(tree.lines.contains { $0.contains("the rest is not shown [too-many-errors]") })
        var many = try await Tree.good()
        for index in 0..<100 {
            many.files["bindings/x\(index).yaml"] =
                "apiVersion: countersign/v1\nkind: Binding\nmetadata: {name: x\(index)}\nspec: {certificate: shop-exampel-com, connectors: [nowhere]}\n"
        }
        #expect(many.lines.count == 200)
        #expect(many.lines.count { $0.contains("did you mean \"shop-example-com\"?") } == 10)
    }

    @Test("of nothing at all is told too")
    func nothing() {
        #expect(
            Tree(files: [:]).lines == [
                "countersign.yaml:1:1: error: no Repository is declared: one is needed, with id and branch [repository]"
            ])
        #expect(Tree(files: ["a.yaml": "- x\n- y\n", "b.yaml": "just text\n"]).lines.count == 3)
    }
}
