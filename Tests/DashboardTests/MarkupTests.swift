// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Mustache
import Testing

@testable import Dashboard

@Suite("Markup") struct MarkupTests {
    @Test(
        "takes nothing from outside as a tag, an attribute's end or a control",
        arguments: [
            ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
            ("a\"b'c&d", "a&quot;b&#39;c&amp;d"),
            ("\u{202e}gpj.exe", "\\u{202e}gpj.exe"), ("a\u{0}b", "a\\u{0}b"), ("Grüße", "Grüße"),
        ])
    func escaped(raw: String, shown: String) {
        #expect(Markup(outside: raw).html == shown)
        #expect(("<b title=\"\(raw)\">\(raw)</b>" as Markup).html == "<b title=\"\(shown)\">\(shown)</b>")
    }

    @Test("reaches a template under its own kind of name only")
    func fields() {
        let fields: Fields = ["text": "<b>", "wrongHTML": "<b>", "rightHTML": .markup("<i>"), "wrong": .markup("<i>")]
        #expect(fields.child(named: "text") as? String == "<b>")
        #expect(fields.child(named: "wrongHTML") == nil)
        #expect(fields.child(named: "rightHTML") as? String == "<i>")
        #expect(fields.child(named: "wrong") == nil)
    }

    @Test(
        "is taken unescaped by a template under no other name, and every template parses",
        arguments: Templates.sources.map(\.key))
    func templates(name: String) throws {
        let text = try #require(Templates.sources.first { $0.key == name }?.value)
        for match in text.matches(of: /\{\{\{([^}]*)\}\}\}/) {
            #expect(match.output.1.hasSuffix("HTML"), "\(match.output.0)")
        }
        #expect(!text.contains("{{&"))
        #expect(Templates.library.getTemplate(named: name) != nil)
    }

    @Test("keeps addresses in one piece")
    func addresses() {
        #expect(Address("work-orders", "WO-1/../x").text == "/work-orders/WO-1%2F..%2Fx")
        #expect(
            Address("connectors").with("q", "a b&c=\"<").with("page", "2").text
                == "/connectors?q=a%20b%26c%3D%22%3C&page=2")
        #expect(Address().text == "/")
    }
}

@Suite("Whom the dashboard answers") struct AccessTests {
    @Test(
        "is decided by the name that was asked for",
        arguments: [
            ("localhost:8459", "localhost"), ("LocalHost", "localhost"), ("[::1]:80", "::1"),
            ("certs.example.com.", "certs.example.com"),
            ("a:b", nil), ("[::1", nil), ("", nil), ("localhost:80:80", nil), (":80", nil), ("[::1]x", nil),
        ] as [(String, String?)])
    func names(host: String, name: String?) { #expect(Access.name(host) == name) }

    @Test("a long list is cut into pages, and a page that is not there is the last one")
    func pager() {
        #expect(Pager(total: 120, wanted: 3).range == 100..<120)
        #expect(Pager(total: 120, wanted: 99).page == 3)
        #expect(Pager(total: 120, wanted: -1).page == 1)
        #expect(Pager(total: 0, wanted: 1).range == 0..<0)
    }

    @Test("a search finds all words in any order, in any letter case")
    func haystack() {
        let hay = Haystack(["edge-1-Shop", nil, "shop.example.com"])
        #expect(hay.holds(Haystack.needles("SHOP edge")))
        #expect(!hay.holds(Haystack.needles("edge-2")))
        #expect(hay.holds(Haystack.needles("  ")))
        let hays = Haystacks([["edge-1-Shop", nil, "shop.example.com"], [nil], ["edge-2", "mail"]])
        #expect(hays.places(of: "edge") { _ in true } == [0, 2])
        #expect(hays.places(of: "MAIL edge") { _ in true } == [2])
        #expect(hays.places(of: "shop.example.comedge") { _ in true }.isEmpty, "no word goes from one to the next")
        #expect(hays.places(of: " ") { $0 != 1 } == [0, 2])
        #expect(hays.places(of: nil) { _ in true } == [0, 1, 2])
        let found = Found(["a", "b", "c", "d"], [1, 3])
        #expect(found.prefix(5) == ["b", "d"] && found[1..<2] == ["d"] && found.count == 2)
        #expect(!hay.holds(Haystack.needles(String(repeating: "x", count: 300))))
        #expect(hay.holds(Haystack.needles("com")))
    }
}
