// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing
import Vocabulary

@Suite("An IP address") struct IPAddressTests {
    @Test(
        "is read strictly and written in one way",
        arguments: [
            ("10.0.0.5", "10.0.0.5"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"), ("::", "::"),
            ("::1", "::1"), ("1::", "1::"), ("2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
            ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"), ("0:0:0:0:0:0:0:0", "::"), ("1:0:0:2::", "1:0:0:2::"),
            ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"), ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"),
            ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"), ("::ffff:192.0.2.1", "192.0.2.1"),
            ("::ffff:c000:0201", "192.0.2.1"), ("FE80::1", "fe80::1"),
        ])
    func reads(text: String, written: String) {
        let address = IPAddress(text)
        #expect(address?.description == written)
        #expect(address.flatMap { IPAddress(bytes: $0.bytes) } == address)
        #expect(IPAddress(written) == address)
    }

    @Test(
        "is nothing that only some parsers take",
        arguments: [
            "", "1", "127.1", "0x7f.0.0.1", "0177.0.0.1", "127.0.0.01", "256.0.0.1", "1.2.3", "1.2.3.4.5", "1.2.3.4 ",
            " 1.2.3.4", "1..2.3", "+1.2.3.4", "1.2.3.-4", ":", ":::", "1:", ":1", "1::2::3", "1:2:3:4:5:6:7:8:9",
            "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8", "12345::", "g::", "::1%eth0", "[::1]", "::1.2.3",
            "1.2.3.4::", "::1.2.3.4:5", "::+1", "::-1", "1:2:3:4:5:6:7:1.2.3.4", "localhost", "\u{0661}.2.3.4",
        ])
    func refuses(text: String) { #expect(IPAddress(text) == nil) }

    @Test("agrees with inet_pton and inet_ntop on whatever both take")
    func agrees() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            // Zeros more often than chance gives them: they are what is abbreviated.
            let bytes = (0..<8).flatMap { _ -> [UInt8] in
                Bool.random(using: &generator) ? [0, 0] : [.random(in: 0...255), .random(in: 0...255)]
            }
            guard let address = IPAddress(bytes: bytes), address.family == .v6 else { continue }
            var back = [UInt8](repeating: 0, count: 16)
            #expect(inet_pton(AF_INET6, address.description, &back) == 1)
            #expect(back == bytes)
            var text = [CChar](repeating: 0, count: 64)
            _ = inet_ntop(AF_INET6, bytes, &text, 64)
            let said = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            #expect(IPAddress(said) == address)
        }
    }

    @Test("knows where it leads, also when it is written as an IPv4-mapped one")
    func kinds() throws {
        for text in ["127.0.0.1", "127.255.0.9", "::1", "::ffff:127.0.0.1"] {
            #expect(try #require(IPAddress(text)).isLoopback)
        }
        for text in ["169.254.169.254", "::ffff:a9fe:a9fe", "fe80::1", "febf::1"] {
            #expect(try #require(IPAddress(text)).isLinkLocal)
        }
        for text in ["0.0.0.0", "0.1.2.3", "::"] { #expect(try #require(IPAddress(text)).isUnspecified) }
        for text in ["224.0.0.1", "255.255.255.255", "ff02::1"] { #expect(try #require(IPAddress(text)).isMulticast) }
        for text in ["10.0.0.5", "128.0.0.1", "fec0::1", "2001:db8::1", "::2"] {
            let address = try #require(IPAddress(text))
            #expect(!address.isLoopback && !address.isLinkLocal && !address.isUnspecified && !address.isMulticast)
        }
    }
}

@Suite("A range of addresses") struct CIDRTests {
    @Test(
        "holds",
        arguments: [
            ("10.0.9.0/24", "10.0.9.0", true), ("10.0.9.0/24", "10.0.9.255", true), ("10.0.9.0/24", "10.0.10.0", false),
            ("10.0.9.0/24", "::ffff:10.0.9.7", true), ("10.0.0.0/9", "10.127.1.1", true),
            ("10.0.0.0/9", "10.128.0.0", false), ("0.0.0.0/0", "8.8.8.8", true), ("0.0.0.0/0", "2001:db8::1", false),
            ("::/0", "2001:db8::1", true), ("::/0", "8.8.8.8", false), ("10.0.0.5", "10.0.0.5", true),
            ("10.0.0.5/32", "10.0.0.4", false), ("2001:db8::/32", "2001:db8:ffff::1", true),
            ("2001:db8::/32", "2001:db9::", false), ("2001:db8::/65", "2001:db8::7fff:0:0:0", true),
            ("2001:db8::/65", "2001:db8::8000:0:0:0", false), ("::1/128", "::1", true), ("::1/128", "::2", false),
            ("2001:db8::/64", "2001:db8::1", true), ("2001:db8::/64", "2001:db8:0:1::", false),
        ])
    func holds(range: String, address: String, expected: Bool) throws {
        #expect(try #require(CIDR(range)).contains(try #require(IPAddress(address))) == expected)
    }

    @Test(
        "is refused where it says two things or nothing",
        arguments: [
            "10.0.9.5/24", "10.0.9.0/33", "10.0.9.0/", "10.0.9.0/024", "10.0.9.0/+8", "10.0.9.0/-1", "/24", "::1/129",
            "::1/64", "10.0.9.0/24/24", "10.0.9/24", "2001:db8:0:0:8000::/64",
        ])
    func refused(range: String) { #expect(CIDR(range) == nil) }

    @Test(
        "with a port says where endpoints may be",
        arguments: [
            ("10.0.0.5:443", "10.0.0.5", 443, true), ("10.0.0.5:443", "10.0.0.5", 8443, false),
            ("10.0.9.0/24:443", "10.0.9.77", 443, true), ("[2001:db8::/32]:8443", "2001:db8::9", 8443, true),
            ("[::1]:1", "::1", 1, true),
        ] as [(String, String, UInt16, Bool)])
    func ports(text: String, address: String, port: UInt16, expected: Bool) throws {
        let range = try #require(ProbeRange(text))
        #expect(range.description == text)
        #expect(range.contains(try #require(IPAddress(address)), port: port) == expected)
    }

    @Test(
        "without a port, or with one that is none, is refused",
        arguments: [
            "10.0.0.5", "10.0.0.5:", "10.0.0.5:0", "10.0.0.5:65536", "10.0.0.5:0443", "10.0.0.5:+1", "::1:443",
            "[10.0.0.5]:443", "[::1:443", "::1]:443", "[::1]", "10.0.0.5:https", ":443",
        ])
    func portless(text: String) { #expect(ProbeRange(text) == nil) }
}
