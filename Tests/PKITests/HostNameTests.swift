// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import PKI

@Suite("A DNS name of a certificate") struct HostNameTests {
    @Test(
        "covers",
        arguments: [
            ("shop.example.com", "shop.example.com"), ("shop.example.com", "SHOP.Example.COM"),
            ("shop.example.com", "shop.example.com."), ("*.example.com", "shop.example.com"),
            ("*.example.com", "a-b_c.example.com"), ("*.example.com", "xn--bcher-kva.example.com"),
            ("localhost", "localhost"), ("1.example.com", "1.example.com"),
        ])
    func covered(name: String, host: String) { #expect(covers([name], host: host)) }

    @Test(
        "does not cover",
        arguments: [
            ("*.example.com", "example.com"), ("*.example.com", "a.b.example.com"), ("*.example.com", ".example.com"),
            ("*", "example"), ("*.com", "example.com"), ("s*.example.com", "shop.example.com"),
            ("*shop.example.com", "shop.example.com"), ("sh*op.example.com", "shop.example.com"),
            ("*.*.example.com", "a.b.example.com"), ("shop.*.com", "shop.example.com"),
            ("**.example.com", "a.example.com"), ("*.example.com", "*.example.com"),
            ("shop.example.com\\x00.evil.com", "shop.example.com"), ("shop.example.com", "shop.example.com\0"),
            ("shop.example.com", "shop.example.comx"), ("10.0.0.5", "10.0.0.5"), ("*.0.0.5", "10.0.0.5"),
            ("::1", "::1"), ("", ""), (".", "."), ("a..b", "a..b"), ("-a.example", "-a.example"),
            ("a-.example", "a-.example"), ("b\u{fc}cher.example", "b\u{fc}cher.example"),
            ("\u{212a}.example", "k.example"),
        ])
    func notCovered(name: String, host: String) { #expect(!covers([name], host: host)) }

    @Test("of more than 63 letters in a label or 253 in all is none")
    func lengths() {
        let label = String(repeating: "a", count: 63)
        #expect(HostName("\(label).example") != nil)
        #expect(HostName("a\(label).example") == nil)
        #expect(HostName([label, label, label, String(label.dropLast(2))].joined(separator: ".")) != nil)
        #expect(HostName([label, label, label, label].joined(separator: ".")) == nil)
    }

    @Test("a wildcard that was covered stays covered only by the same wildcard")
    func wildcards() {
        #expect(covers(["*.example.com"], name: "*.Example.com"))
        #expect(!covers(["a.example.com", "b.example.com"], name: "*.example.com"))
        #expect(covers(["*.example.com"], name: "a.example.com"))
    }
}
