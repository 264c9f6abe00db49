// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Testing
import Vocabulary

@Suite("Canonical JSON") struct CanonicalJSONTests {
    @Test("sorts members by UTF-16, not by UTF-8 or by scalar")
    func order() {
        // U+FF5E sorts before U+1F600 by scalar, after it by UTF-16 (surrogates begin with D8).
        let value: JSONValue = ["\u{ff5e}": 1, "\u{1f600}": 2, "b": 3, "B": 4]
        #expect(
            String(decoding: value.canonicalBytes, as: UTF8.self) == "{\"B\":4,\"b\":3,\"\u{1f600}\":2,\"\u{ff5e}\":1}")
    }

    @Test("escapes as RFC 8785 says and nothing more")
    func escapes() {
        let value: JSONValue = "/\u{8}\u{9}\u{a}\u{c}\u{d}\u{1}\u{1f}\"\\é\u{7f}\u{2028}"
        #expect(
            String(decoding: value.canonicalBytes, as: UTF8.self)
                == "\"/\\b\\t\\n\\f\\r\\u0001\\u001f\\\"\\\\é\u{7f}\u{2028}\"")
    }

    @Test("keeps keys apart that are canonically equal but written with other bytes")
    func canonicalEquivalence() {
        let composed = "\u{e9}", decomposed = "e\u{301}"
        var object = JSONObject()
        object[composed] = 1
        object[decomposed] = 2
        #expect(object.count == 2)
        #expect(object[composed] == 1)
        #expect(object[decomposed] == 2)
    }

    @Test("reads back what it writes")
    func roundTrip() throws {
        let value: JSONValue = ["a": [1, -2, true, false, .null, "x\n\u{1f600}"], "z": [:], "m": ["k": []]]
        #expect(try JSONValue(parsing: value.canonicalBytes) == value)
        #expect(try JSONValue(parsing: value.prettyBytes) == value)
    }

    @Test(
        "refuses what strict JSON refuses",
        arguments: [
            "", "{", "[1,]", "{\"a\":1,\"a\":2}", "01", "-0", "1.0", "1e3", "9007199254740992", "\"\u{1}\"", "\"\\x\"",
            "\"\\ud800\"", "\"\\ud800\\u0041\"", "nul", "[1] 2", "\u{feff}1", "'a'", "{a:1}", "\"\\u00g0\"", "+1",
            String(repeating: "[", count: 100) + String(repeating: "]", count: 100),
        ])
    func refusals(text: String) {
        #expect(throws: JSONError.self) { try JSONValue(parsing: Array(text.utf8)) }
    }

    @Test("refuses bytes that are not UTF-8")
    func notUTF8() {
        #expect(throws: JSONError.self) { try JSONValue(parsing: [0x22, 0xff, 0x22]) }
    }
}
