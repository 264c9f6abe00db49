// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Testing
import YAML

@Suite("What two readers could see differently") struct RefusalTests {
    @Test(
        "is refused at its place",
        arguments: [
            ("\u{feff}a: 1\n", ["1:1 yaml-control-character"]),
            ("a: 1\nb: x\u{feff}y\n", ["2:5 yaml-control-character"]),
            ("a: x\u{0}y\n", ["1:5 yaml-control-character"]),
            ("a: x\u{7}y\n", ["1:5 yaml-control-character"]),
            ("a: x\u{7f}y\n", ["1:5 yaml-control-character"]),
            ("a: x\u{85}y\n", ["1:5 yaml-control-character"]),
            ("a: \u{e9}\u{2028}y\n", ["1:5 yaml-control-character"]),
            ("# \u{202e}evil\na: 1\n", ["1:3 yaml-control-character"]),
            ("a: 1\rb: 2\n", ["1:5 yaml-control-character"]),
            ("a: \"\\u202E\"\n", ["1:4 yaml-control-character"]),
            ("a: \"\\0\"\n", ["1:4 yaml-control-character"]),
            ("a: \"\\e[31m\"\n", ["1:4 yaml-control-character"]),
            ("a: 1\n%TAG ! x\n", ["2:1 yaml-directive"]),
            ("%YAML 1.1\n---\na: 1\n", ["1:1 yaml-directive"]),
            ("a: 1\nb: 2\na: 3\n", ["3:1 yaml-duplicate-key"]),
            ("x: {a: 1, \"a\": 2}\n", ["1:11 yaml-duplicate-key"]),
            ("x: {a: 1, \"\\x61\": 2}\n", ["1:11 yaml-duplicate-key"]),
            ("a: &x {b: 1}\nc:\n  <<: *x\n", ["3:3 yaml-merge-key"]),
            ("a: !!str 1\n", ["1:4 yaml-tag"]),
            ("a: !x [1]\n", ["1:4 yaml-tag"]),
            ("!x {a: 1}\n", ["1:1 yaml-tag"]),
            ("[a]: 1\n", ["1:1 yaml-key"]),
            ("? {a: 1}\n: 2\n", ["1:3 yaml-key"]),
            ("a: &k b\n*k : 1\n", ["2:1 yaml-key"]),
            ("&k a: 1\n", ["1:1 yaml-anchor"]),
            ("a: *nothing\n", ["1:4 yaml-anchor"]),
            ("a: &x [*x]\n", ["1:8 yaml-anchor"]),
            ("a:\tb\n", ["1:3 yaml-tab"]),
            ("a:\n\tb: 1\n", ["2:1 yaml-tab"]),
            ("a: 1 #\tx\n", ["1:7 yaml-tab"]),
            ("a: |\n  x\ty\n", ["2:4 yaml-tab"]),
            ("a: [1\n", ["2:1 yaml-syntax"]),
            ("a: b: c\n", ["1:5 yaml-syntax"]),
            ("a: 'x\n", ["2:1 yaml-syntax"]),
            ("a: 1\n b: 2\n", ["2:3 yaml-syntax"]),
        ] as [(String, [String])])
    func refused(text: String, found: [String]) {
        #expect(errors(text) == found)
        #expect(documents(text).allSatisfy { !$0.isSound })
    }

    @Test("is refused in bytes that are no UTF-8, at the right place")
    func encoding() {
        let text = Array("a: 1\nb: \u{e9}".utf8)
        #expect(errors(text + [0xff]) == ["2:5 yaml-encoding"])
        #expect(errors(text + [0xc3]) == ["2:5 yaml-encoding"])
        #expect(errors(text + [0xed, 0xa0, 0x80]) == ["2:5 yaml-encoding"], "a surrogate")
        #expect(errors(text + [0xc0, 0x80]) == ["2:5 yaml-encoding"], "an overlong NUL")
        #expect(errors(text + [0xf4, 0x90, 0x80, 0x80]) == ["2:5 yaml-encoding"], "above U+10FFFF")
    }

    @Test("is refused as UTF-16, with and without its mark")
    func utf16() {
        let text = "a: 1\n".utf16.flatMap { [UInt8($0 & 0xff), UInt8($0 >> 8)] }
        #expect(errors([0xff, 0xfe] + text) == ["1:1 yaml-encoding"])
        #expect(errors(text) == ["1:2 yaml-control-character"])
    }

    @Test("is not what stands in quotes: tabs may")
    func quotedTabs() {
        #expect(errors("a: \"x\ty\"\nb: 'x\ty'\nc: \"\\t\"\n\u{e9}: \"\t\"\n").isEmpty)
        #expect(errors("a: \"x\ty\"\t\nb: 1\n") == ["1:9 yaml-tab"])
    }

    @Test("is above 1 MiB")
    func size() {
        let comment = [UInt8](repeating: 0x23, count: YAMLFile.largest)
        #expect(errors(comment).isEmpty)
        #expect(errors(comment + [0x23]) == ["1:1 yaml-size"])
    }

    @Test("is nested deeper than 100, in any style")
    func nesting() {
        func nested(_ open: String, _ close: String, _ depth: Int) -> String {
            String(repeating: open, count: depth) + String(repeating: close, count: depth)
        }
        #expect(errors(nested("[", "]", 100)).isEmpty)
        #expect(errors(nested("[", "]", 101)) == ["1:101 yaml-nesting"])
        #expect(errors(String(repeating: "- ", count: 101) + "x") == ["1:201 yaml-nesting"])
        let anchored = "a: &x " + nested("[", "]", 98) + "\n"
        #expect(errors(anchored + "b: [*x]\n").isEmpty)
        #expect(errors(anchored + "b: [[*x]]\n") == ["2:6 yaml-nesting"])
    }

    @Test("grows by aliases to more than 1,000 nodes")
    func aliases() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
        for level in 1...20 {
            text += "a\(level): &a\(level) [\(Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", "))]\n"
        }
        let found = errors(text)
        #expect(found.count == 1)
        #expect(found.first?.hasSuffix("yaml-anchor") == true)
    }
}

@Suite("One mistake") struct RecoveryTests {
    @Test("does not hide the others of its file")
    func several() {
        #expect(
            errors("a: 1\na: 2\nb: !x y\n---\nc: [\n---\nd: 1\nd: 2\n") == [
                "2:1 yaml-duplicate-key", "3:4 yaml-tag", "6:1 yaml-syntax", "8:1 yaml-duplicate-key",
            ])
    }

    @Test("does not take the documents behind it away")
    func behind() {
        let found = documents("a: [\n---\nb: 1\n---\nc: {x: y\n---\nd: \u{e9}\u{1f600}\n")
        #expect(
            found.filter(\.isSound).map { shown($0.root, places: true) } == [
                "{b@3:1: 1@3:4}@3:1", "{d@7:1: \u{e9}\u{1f600}@7:4}@7:1",
            ])
    }

    @Test("leaves what was read before it, not sound, to say what broke")
    func torn() {
        let found = documents("kind: Person\nmetadata: {name: alice}\nspec: {keys: [\n")
        #expect(found.map(\.isSound) == [false])
        #expect(found.first?.root["metadata"]?["name"]?.scalar == "alice")
    }

    @Test("is told in words that help")
    func words() {
        #expect(
            YAMLFile(reading: Array("a: b: c\n".utf8)).errors.first?.message
                == "mapping values are not allowed in this context: a text with a colon and a space needs quotes, and lines of one mapping begin in one column"
        )
        #expect(
            YAMLFile(reading: Array("a: 1\nb: 2\na: 3\n".utf8)).errors.first?.message
                == "the key \"a\" stands twice, first on line 1")
    }
}

@Suite("A hostile file") struct HostileTests {
    /// What is repeated, until it is as long as the files that made libyaml take eight seconds.
    @Test(
        "is done with quickly and with few errors",
        arguments: [
            "[", "{", "- ", "? ", "a: ", "---\n[\n", "--- |\n", "%TAG !a! x\n", "&a ", "*a ", "\t", "'\t' \t\n",
            "\u{0}",
            "\u{202e}", "\"", "'", "!a ", "- &a [*a]\n", "a\n", "|\n", "#", "{}: ", "- [", "a,", "- a: b: ",
        ], ["", "{", "["])
    func quick(piece: String, head: String) {
        let bytes = Array((head + String(repeating: piece, count: (256 << 10) / piece.utf8.count)).utf8)
        let clock = ContinuousClock()
        var count = 0
        let took = clock.measure { count = YAMLFile(reading: bytes).errors.count }
        #expect(took < .seconds(5))
        #expect(count <= 70)
    }

    @Test("with very many different keys takes no longer for each")
    func manyKeys() throws {
        // 15 s when each key copied the set of those before it.
        let most = (0..<90_000).map { "k\($0): v\n" }.joined()
        var found: [String] = []
        let took = ContinuousClock().measure { found = errors(most) }
        #expect(found.isEmpty && took < .seconds(5))
        let text = (0..<5_000).map { "k\($0): v\n" }.joined()
        guard case .mapping(let entries) = try #require(documents(text).first).root.content else {
            Issue.record("not a mapping")
            return
        }
        #expect(entries.count == 5_000)
        #expect(errors(text + "k7: again\n") == ["5001:1 yaml-duplicate-key"])
    }
}
