// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Declarations
import Testing

@Suite("Asking for a push again") struct PushAnnotationTests {
    static let key = ResourceKey(kind: .binding, name: "shop")
    static let spec = "spec: {certificate: shop, connectors: [edge]}"

    func raised(_ metadata: String, before: String = "") -> String? {
        let text = before + "apiVersion: countersign/v1\nkind: Binding\n" + metadata + "\n" + Self.spec + "\n"
        return PushAnnotation.raised(in: Array(text.utf8), of: Self.key, file: "b.yaml").map {
            String(decoding: $0, as: UTF8.self)
                .replacing(before, with: "").replacing("apiVersion: countersign/v1\nkind: Binding\n", with: "")
                .replacing("\n" + Self.spec + "\n", with: "")
        }
    }

    @Test(
        "changes one place, however the metadata are written",
        arguments: [
            ("metadata: {name: shop}", "metadata: {name: shop, annotations: {countersign/push: \"1\"}}"),
            (
                "metadata: {name: 'shop', labels: {a: b}}",
                "metadata: {name: 'shop', annotations: {countersign/push: \"1\"}, labels: {a: b}}"
            ),
            ("metadata:\n  name: shop", "metadata:\n  name: shop\n  annotations: {countersign/push: \"1\"}"),
            (
                "metadata:\n    name: shop   # the shop\n    labels: {a: b}",
                "metadata:\n    name: shop   # the shop\n    annotations: {countersign/push: \"1\"}\n    labels: {a: b}"
            ),
            (
                "metadata: {name: shop, annotations: {}}",
                "metadata: {name: shop, annotations: {countersign/push: \"1\"}}"
            ),
            (
                "metadata: {name: shop, annotations: {team: web}}",
                "metadata: {name: shop, annotations: {countersign/push: \"1\", team: web}}"
            ),
            (
                "metadata:\n  name: shop\n  annotations:\n    team: web",
                "metadata:\n  name: shop\n  annotations:\n    countersign/push: \"1\"\n    team: web"
            ),
            (
                "metadata: {name: shop, annotations: {countersign/push: \"9\"}}",
                "metadata: {name: shop, annotations: {countersign/push: \"10\"}}"
            ),
            (
                "metadata:\n  name: shop\n  annotations:\n    countersign/push: '1' # asked by bob",
                "metadata:\n  name: shop\n  annotations:\n    countersign/push: '2' # asked by bob"
            ),
        ])
    func minimal(metadata: String, expected: String) {
        #expect(raised(metadata) == expected)
    }

    @Test("counts columns in characters, not in bytes, and finds its document among others")
    func others() {
        let before = """
            # Für das Blog
            apiVersion: countersign/v1
            kind: Binding
            metadata: {annotations: {note: "größer"}, name: blog}
            spec: {certificate: blog, connectors: [other]}
            ---

            """
        #expect(
            raised("metadata: {annotations: {note: \"äöü\", countersign/push: \"1\"}, name: shop}", before: before)
                == "metadata: {annotations: {note: \"äöü\", countersign/push: \"2\"}, name: shop}")
    }

    @Test("keeps the line ends of the file")
    func lineEnds() throws {
        let text = "apiVersion: countersign/v1\r\nkind: Binding\r\nmetadata:\r\n  name: shop\r\n\(Self.spec)\r\n"
        let raised = try #require(PushAnnotation.raised(in: Array(text.utf8), of: Self.key, file: "b.yaml"))
        #expect(
            String(decoding: raised, as: UTF8.self)
                == text.replacing("name: shop\r\n", with: "name: shop\r\n  annotations: {countersign/push: \"1\"}\r\n"))
    }

    @Test(
        "is left to people where the text is not what it stands for",
        arguments: ["metadata: &m {name: \"sh\\x6fp\"}", "metadata:\n  name: >-\n    shop"])
    func byHand(metadata: String) {
        #expect(raised(metadata) == nil)
    }

    @Test("of what is not in the file, or of a file with mistakes, changes nothing")
    func absent() {
        let other = ResourceKey(kind: .binding, name: "other")
        let text = "apiVersion: countersign/v1\nkind: Binding\nmetadata: {name: shop}\n\(Self.spec)\n"
        #expect(PushAnnotation.raised(in: Array(text.utf8), of: other, file: "b.yaml") == nil)
        #expect(PushAnnotation.raised(in: Array((text + "x: 1\n").utf8), of: Self.key, file: "b.yaml") == nil)
    }
}
