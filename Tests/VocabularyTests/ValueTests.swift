// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Testing
import Vocabulary

@Suite("A time") struct TimestampTests {
    @Test(
        "is read as RFC 3339 and written in UTC",
        arguments: [
            ("2026-11-28T22:00:00+01:00", "2026-11-28T21:00:00Z"), ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"),
            ("2024-02-29T23:59:59-05:30", "2024-03-01T05:29:59Z"), ("2000-02-29T00:00:00Z", "2000-02-29T00:00:00Z"),
            ("1969-12-31T23:59:59Z", "1969-12-31T23:59:59Z"), ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ])
    func reads(text: String, utc: String) throws {
        #expect(try #require(Timestamp(rfc3339: text)).description == utc)
    }

    @Test(
        "that does not exist or is written otherwise is refused",
        arguments: [
            "2026-02-30T00:00:00Z", "2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2026-01-01T24:00:00Z",
            "2026-01-01T00:00:60Z", "2026-01-01T00:00:00Zjunk", "2026-01-01 00:00:00Z", "2026-01-01T00:00:00z",
            "2026-01-01T00:00:00", "2026-01-01T00:00:00+0100", "2026-01-01T00:00:00.5Z", "26-01-01T00:00:00Z",
            "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-01-01T00:00:00+24:00", " 2026-01-01T00:00:00Z",
        ])
    func refuses(text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }

    @Test("and its civil form are one to one, over four centuries of days")
    func civil() {
        for day in stride(from: Int64(-146_097), through: 146_097, by: 1) {
            let time = Timestamp(secondsSince1970: day * 86400 + 12345)
            #expect(CivilTime(time).timestamp == time)
        }
    }
}

@Suite("A name") struct NameTests {
    @Test("follows the rule", arguments: ["a", "edge-1", "shop.example.com", "0", String(repeating: "a", count: 63)])
    func good(text: String) { #expect(CertificateName(text)?.text == text) }

    @Test(
        "outside the rule is refused",
        arguments: [
            "", "-a", "a-", ".a", "a.", "a..b", "A", "a_b", "a/b", "é", "a.lock", ".lock", "a b", "a\n",
            String(repeating: "a", count: 64),
        ])
    func bad(text: String) { #expect(CertificateName(text) == nil) }
}

@Suite("A digest") struct DigestTests {
    @Test("is SHA-256, as FIPS 180-4 gives it")
    func vector() {
        #expect(
            FileDigest(hashing: Array("abc".utf8)).hex
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(FileDigest(hashing: Array("a".utf8), Array("bc".utf8)) == FileDigest(hashing: Array("abc".utf8)))
    }

    @Test("is read from 64 lower-case hex digits only")
    func reading() {
        let hex = FileDigest(hashing: []).hex
        #expect(FileDigest(hex: hex) == FileDigest(hashing: []))
        #expect(FileDigest(text: "sha256:" + hex) != nil)
        #expect(FileDigest(text: hex) == nil)
        #expect(FileDigest(hex: hex.uppercased()) == nil)
        #expect(FileDigest(hex: hex.dropLast()) == nil)
        #expect(FileDigest(hex: hex + "0") == nil)
    }

    @Test("gives the first 40 bits as eight Crockford digits")
    func identifier() throws {
        let zeros = try #require(WorkOrderDigest(bytes: [UInt8](repeating: 0, count: 32)))
        #expect(zeros.id == "WO-00000000")
        let ones = try #require(WorkOrderDigest(bytes: [UInt8](repeating: 0xff, count: 32)))
        #expect(ones.id == "WO-ZZZZZZZZ")
        let mixed = try #require(
            RequestDigest(bytes: [0x01, 0x23, 0x45, 0x67, 0x89] + [UInt8](repeating: 7, count: 27)))
        #expect(mixed.id == "REQ-04HMASW9")
    }
}

@Suite("Text from outside") struct ShownTests {
    @Test("cannot move the cursor, hide or turn around what is shown")
    func escapes() {
        #expect(Shown.text("plain é 漢") == "plain é 漢")
        #expect(
            Shown.text("a\u{1b}[31mb\r\n\u{202e}c\u{200b}d\u{7f}")
                == "a\\u{1b}[31mb\\u{d}\\u{a}\\u{202e}c\\u{200b}d\\u{7f}")
    }
}

@Suite("Did you mean") struct NearestTests {
    @Test("offers a near word and no far one")
    func near() {
        #expect(nearest(to: "shop-exmaple-com", among: ["shop-example-com", "other"]) == "shop-example-com")
        #expect(nearest(to: "zebra", among: ["shop-example-com", "other"]) == nil)
        #expect(nearest(to: "shop", among: ["shop-example-com", "other"]) == "shop-example-com")
        #expect(nearest(to: "shop", among: ["shop-example-com", "shop-example-org"]) == nil)
    }
}
