// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Declarations
import Testing

@Suite("A hostile tree") struct HostileTreeTests {
    private let head = "apiVersion: countersign/v1\n"

    private func quickly(_ tree: Tree, _ judge: (CheckedDeclarations) -> Void) {
        var checked: CheckedDeclarations?
        let took = ContinuousClock().measure { checked = tree.checked() }
        // Debug builds on a busy machine: what grows with the square takes minutes.
        #expect(took < .seconds(20))
        if let checked { judge(checked) }
    }

    @Test("of selectors that all match everything is bounded")
    func selectors() async throws {
        var tree = try await Tree.good()
        for index in 0..<400 {
            tree.files["c\(index).yaml"] =
                head
                + "kind: AppConnector\nmetadata: {name: c\(index), labels: {a: b}}\nspec: {device: edge-1, slot: {bundle: /etc/nginx/tls/c\(index)}, endpoints: [{address: 10.0.0.5, port: 443}]}\n"
            tree.files["b\(index).yaml"] =
                head
                + "kind: Binding\nmetadata: {name: b\(index)}\nspec: {certificate: shop-example-com, selector: {matchLabels: {a: b}}}\n"
        }
        quickly(tree) { #expect($0.diagnostics.count == 400 * 15 && !$0.isValid) }
    }

    @Test("of long lists of names is bounded")
    func lists() async throws {
        var tree = try await Tree.good()
        let names = (0..<9_000).map { "p\($0)" }.joined(separator: ", ")
        tree.files["g.yaml"] = head + "kind: Group\nmetadata: {name: many}\nspec: {members: [\(names)]}\n"
        quickly(tree) { #expect($0.diagnostics.count == 9_000) }
        tree.files["g.yaml"] = head + "kind: Group\nmetadata: {name: many}\nspec: {members: [\(names), \(names)]}\n"
        quickly(tree) { #expect($0.diagnostics.map(\.rule) == ["value"]) }
    }

    @Test("of policies, levels and people is bounded")
    func policies() async throws {
        var tree = try await Tree.good()
        let levels = (0..<10).map { "{name: l\($0), approvers: [group:pki, group:netops, person:alice], count: 4}" }
            .joined(separator: ", ")
        tree.files["p.yaml"] =
            head
            + (0..<300).map {
                "kind: ApprovalPolicy\nmetadata: {name: p\($0)}\nspec: {priority: 7, levels: [\(levels)]}\n"
            }.joined(separator: "---\n")
        quickly(tree) { #expect($0.errors.count == 299) }
    }

    @Test("made of a good one by chance changes never crashes, and prints nothing that moves a cursor")
    func mutations() async throws {
        let good = try await Tree.good()
        var random = SplitMix(state: 20_261_128)
        let pieces = [
            "", "\n", "  ", "- ", ": ", "{", "}", "[", "]", "\"", "'", "|", "&a ", "*a", "!x ", "---\n", "\u{1b}[2J",
            "\u{202e}", "\u{0}",
            "\t", "null", "0", "-1", "99999999999999999999", "true", "group:", "person:alice", "../..", "/", "é",
            "\u{1f600}", "<<: *a\n",
        ]
        let paths = good.files.keys.sorted()
        for _ in 0..<400 {
            var tree = good
            let path = paths[Int(random.next() % UInt64(paths.count))]
            var text = Array((tree.files[path] ?? "").unicodeScalars)
            for _ in 0...(random.next() % 3) {
                let start = Int(random.next() % UInt64(text.count + 1))
                let end = min(text.count, start + Int(random.next() % 12))
                text.replaceSubrange(
                    start..<end, with: pieces[Int(random.next() % UInt64(pieces.count))].unicodeScalars)
            }
            tree.files[path] = text.reduce(into: "") { $0.unicodeScalars.append($1) }
            for line in tree.lines {
                #expect(!line.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x202e })
                #expect(line.contains(#/:\d+:\d+: (error|warning): .* \[[a-z-]+\]$/#))
            }
        }
    }
}

/// Numbers that are the same in each run (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators").
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
