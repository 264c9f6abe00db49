// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Declarations
import Testing
import Vocabulary

@Suite("Bindings over connectors") struct DesiredSlotsTests {
    private func connector(_ name: String, _ labels: [String: String]) throws -> AppConnector {
        AppConnector(
            name: try #require(ConnectorName(name)), labels: labels,
            spec: AppConnectorSpec(
                device: try #require(DeviceName("d")), slot: Slot(files: .bundle("/x/\(name)")), endpoints: []),
            raw: [:], position: SourcePosition(file: "x"))
    }
    private func binding(_ name: String, _ target: BindingSpec.Target) throws -> Binding {
        Binding(
            name: try #require(BindingName(name)),
            spec: BindingSpec(certificate: try #require(CertificateName("c-\(name)")), target: target),
            raw: [:], position: SourcePosition(file: "x"))
    }
    private func resolve(_ bindings: [Binding], _ connectors: [AppConnector]) -> DesiredSlots {
        DesiredSlots(
            bindings: Dictionary(uniqueKeysWithValues: bindings.map { ($0.name, $0) }),
            connectors: Dictionary(uniqueKeysWithValues: connectors.map { ($0.name, $0) }))
    }

    @Test("are resolved by name and by labels, sorted by connector")
    func resolved() throws {
        let found = resolve(
            [
                try binding("two", .selector(matchLabels: ["tier": "edge", "app": "b"])),
                try binding(
                    "one", .connectors([try #require(ConnectorName("z")), try #require(ConnectorName("nowhere"))])),
                try binding("none", .selector(matchLabels: ["tier": "core"])),
                try binding("empty", .selector(matchLabels: [:])),
            ],
            [
                try connector("z", ["tier": "edge", "app": "a"]), try connector("m", ["tier": "edge", "app": "b"]),
                try connector("a", ["tier": "edge", "app": "b"]), try connector("free", [:]),
            ])
        #expect(
            found.slots.map { "\($0.connector) \($0.binding) \($0.certificate)" } == [
                "a two c-two", "m two c-two", "z one c-one",
            ])
        #expect(found.contested.isEmpty)
        #expect(found.idle.map(\.text) == ["empty", "none"])
    }

    @Test("of which two claim one connector: the first by name has it, both are named")
    func contested() throws {
        let z = try #require(ConnectorName("z"))
        let found = resolve(
            [try binding("b", .connectors([z])), try binding("a", .selector(matchLabels: ["x": "y"]))],
            [try connector("z", ["x": "y"])])
        #expect(found.slots.map(\.binding.text) == ["a"])
        #expect(found.contested.mapValues { $0.map(\.text) } == [z: ["a", "b"]])
    }

    @Test("by labels agree with a plain search, for every selector")
    func search() throws {
        let connectors = try (0..<60).map {
            try connector("c\($0)", ["two": "\($0 % 2)", "three": "\($0 % 3)", "five": "\($0 % 5)"])
        }
        for two in ["0", "1", "9"] {
            for three in ["0", "1", "2"] {
                for five in ["0", "4"] {
                    let labels = ["two": two, "three": three, "five": five]
                    let found = resolve([try binding("x", .selector(matchLabels: labels))], connectors).slots.map(
                        \.connector.text)
                    let expected = connectors.filter { connector in
                        labels.allSatisfy { connector.labels[$0.key] == $0.value }
                    }
                    #expect(found == expected.map(\.name.text).sorted())
                }
            }
        }
    }
}
