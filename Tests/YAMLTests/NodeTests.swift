// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Testing
import YAML

@Suite("A YAML file") struct NodeTests {
    @Test("becomes nodes with the place of each key and value")
    func places() throws {
        let found = documents("a: 1\nb:\n  - \"x\"\n  - {c: d}\n")
        #expect(found.count == 1)
        #expect(
            shown(try #require(found.first).root, places: true)
                == "{a@1:1: 1@1:4, b@2:1: ['x'@3:5, {c@4:6: d@4:9}@4:5]@3:3}@1:1")
    }

    @Test("counts columns in code points, not in bytes or in characters")
    func columns() throws {
        // é as two code points, an emoji of four bytes.
        let root = try #require(documents("{e\u{301}\u{1f600}: [x, y]}").first).root
        #expect(shown(root, places: true) == "{e\u{301}\u{1f600}@1:2: [x@1:8, y@1:11]@1:7}@1:1")
    }

    @Test("knows a plain scalar from a quoted one and from a block")
    func styles() throws {
        let root = try #require(documents("a: no\nb: 'no'\nc: \"no\"\nd: |\n  no\ne: >-\n  no\n").first).root
        #expect(shown(root) == "{a: no, b: 'no', c: 'no', d: 'no\n', e: 'no'}")
    }

    @Test("may hold several documents; empty ones are none")
    func several() {
        let found = documents("---\na: 1\n---\n---\n# nothing\n---\nb: 2\n...\n")
        #expect(found.map { shown($0.root) } == ["{a: 1}", "{b: 2}"])
        #expect(found.allSatisfy { $0.isSound })
        #expect(found.map(\.root.position.line) == [2, 7])
    }

    @Test("with Windows line ends is read with the same places")
    func lineEnds() throws {
        #expect(errors("a: 1\r\nb: [2]\r\n").isEmpty)
        #expect(
            shown(try #require(documents("a: 1\r\nb: [2]\r\n").first).root, places: true)
                == "{a@1:1: 1@1:4, b@2:1: [2@2:5]@2:4}@1:1")
    }

    @Test("that is empty, or only comments, holds nothing and is no mistake", arguments: ["", "\n", "# x\n", "---\n"])
    func empty(text: String) {
        #expect(documents(text).isEmpty)
        #expect(errors(text).isEmpty)
    }

    @Test("may name a part once and use it again")
    func aliases() throws {
        let root = try #require(documents("a: &x {k: [1, 2]}\nb: *x\nc: [*x]\n").first).root
        #expect(shown(root) == "{a: {k: [1, 2]}, b: {k: [1, 2]}, c: [{k: [1, 2]}]}")
        #expect(root["b"]?.position == YAMLPosition(line: 2, column: 4))
    }
}
