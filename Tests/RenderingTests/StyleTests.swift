// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Rendering
import Testing
import Vocabulary

@Suite("Colour") struct StyleTests {
    func isColoured(_ choice: Style.ColourChoice, terminal: Bool, _ environment: [String: String] = [:]) -> Bool {
        Style.forOutput(colour: choice, isTerminal: terminal, environment: environment, width: 80, isVerbose: false)
            .isColoured
    }

    @Test("follows --color, then NO_COLOR and TERM, then whether it is a terminal")
    func choice() {
        #expect(isColoured(.auto, terminal: true))
        #expect(!isColoured(.auto, terminal: false))
        #expect(!isColoured(.auto, terminal: true, ["NO_COLOR": "1"]))
        #expect(isColoured(.auto, terminal: true, ["NO_COLOR": ""]))
        #expect(!isColoured(.auto, terminal: true, ["TERM": "dumb"]))
        #expect(isColoured(.always, terminal: false, ["NO_COLOR": "1"]))
        #expect(!isColoured(.never, terminal: true))
    }

    @Test("only repeats what the words say")
    func repeats() {
        let text: Text = "one \("two", .bad) three"
        #expect(Style(isColoured: true).rendered(text) == "one \u{1b}[31mtwo\u{1b}[0m three")
        #expect(Style().rendered(text) == "one two three")
    }

    @Test("takes no width from what is no terminal, nor one too narrow to fold to")
    func width() {
        func width(_ columns: Int?, terminal: Bool) -> Int? {
            Style.forOutput(colour: .auto, isTerminal: terminal, environment: [:], width: columns, isVerbose: false)
                .width
        }
        #expect(width(80, terminal: true) == 80)
        #expect(width(80, terminal: false) == nil)
        #expect(width(12, terminal: true) == nil)
        #expect(width(nil, terminal: true) == nil)
    }
}

@Suite("A page") struct PageTests {
    func page(width: Int?, _ fill: (inout Page) -> Void) -> String {
        var page = Page(Style(width: width))
        fill(&page)
        return page.rendered
    }

    @Test("folds at blanks, further in, and leaves a long word whole")
    func folds() {
        #expect(
            page(width: 40) { $0.add("one two three four five six seven eight nine", indent: 2) }
                == "  one two three four five six seven\n    eight nine\n")
        let long = String(repeating: "x", count: 64)
        #expect(page(width: 40) { $0.add("a \(long) b") } == "a\n  \(long)\n  b\n")
        #expect(page(width: nil) { $0.add("a \(long) b") } == "a \(long) b\n")
    }

    @Test("has no two empty lines in a row, none at the start and none at the end")
    func space() {
        let shown = page(width: nil) {
            $0.space()
            $0.add("a")
            $0.space()
            $0.space()
            $0.add("b")
            $0.space()
        }
        #expect(shown == "a\n\nb\n")
    }

    @Test("counts wide characters twice and combining ones not at all")
    func columns() {
        #expect(("日本" as Text).columns == 4)
        #expect(("e\u{301}" as Text).columns == 1)
        #expect(("→ ✓" as Text).columns == 3)
    }
}

@Suite("Words for times") struct TimeWordsTests {
    @Test(
        "have one unit",
        arguments: [
            (0, "0 s"), (59, "59 s"), (60, "1 min"), (3600, "1 h"), (172_799, "47 h"), (172_800, "2 days"),
            (4_000_000, "46 days"),
        ])
    func span(seconds: Int64, words: String) { #expect(TimeWords.span(.init(seconds)) == words) }

    @Test("say today, else the day")
    func moment() {
        let now = Example.now
        #expect(TimeWords.moment(Example.time("2026-11-24T08:12:30Z"), now: now) == "08:12 UTC today")
        #expect(TimeWords.moment(Example.time("2026-11-23T08:12:30Z"), now: now) == "2026-11-23 08:12 UTC")
        #expect(TimeWords.left(until: now + .days(46), now: now) == "46 days left")
        #expect(TimeWords.left(until: now - .days(3), now: now) == "expired 3 days ago")
        #expect(TimeWords.distance(now + .hours(3), from: now) == "in 3 h")
    }
}
