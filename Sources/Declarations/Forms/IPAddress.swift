// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// An IPv4 or IPv6 address as 16 bytes (IPv4 mapped into `::ffff:0:0/96`), so that two ways to write one address are equal.
package struct IPAddress: Hashable, Sendable {
    package let high: UInt64
    package let low: UInt64
    package let isIPv4: Bool

    /// nil unless `text` is a plain literal: four decimal numbers without leading zeros, or RFC 4291 text without a zone.
    package init?(_ text: some StringProtocol) {
        let text = String(text)
        guard text.utf8.count <= 45, !text.utf8.contains(0) else { return nil }
        var four = in_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            self.init(high: 0, low: 0xffff_0000_0000 | UInt64(UInt32(bigEndian: four.s_addr)))
            return
        }
        var six = in6_addr()
        guard inet_pton(AF_INET6, text, &six) == 1 else { return nil }
        let words = withUnsafeBytes(of: &six) { bytes in
            (bytes.load(as: UInt64.self).bigEndian, bytes.load(fromByteOffset: 8, as: UInt64.self).bigEndian)
        }
        self.init(high: words.0, low: words.1)
    }

    private init(high: UInt64, low: UInt64) {
        (self.high, self.low) = (high, low)
        isIPv4 = high == 0 && low >> 32 == 0xffff
    }

    package var isLoopback: Bool {
        isIPv4 ? (low >> 24) & 0xff == 127 : high == 0 && low == 1
    }

    /// The first `bits` of the 128.
    func prefix(_ bits: Int) -> (UInt64, UInt64) {
        func mask(_ count: Int) -> UInt64 { count <= 0 ? 0 : count >= 64 ? .max : ~(UInt64.max >> UInt64(count)) }
        return (high & mask(bits), low & mask(bits - 64))
    }
}

/// Where endpoints may be: `10.0.0.5:443`, `10.0.9.0/24:443`, `[fd00::5]:443`, `[fd00::/64]:443`, `mail.example.com:25`.
package struct Probe: Hashable, Sendable {
    package enum Hosts: Hashable, Sendable {
        case network(IPAddress, prefix: Int)  // bits of 128
        case name(String)
    }
    package var hosts: Hosts
    package var port: Int

    /// nil unless `text` has one of the forms above; a network with bits set behind its prefix is refused.
    package init?(_ text: some StringProtocol) {
        let text = Substring(text)
        guard let colon = text.utf8.lastIndex(of: UInt8(ascii: ":")) else { return nil }
        let digits = text[text.utf8.index(after: colon)...]
        guard let port = TextForm.decimal(digits), (1...65535).contains(port) else { return nil }
        self.port = port
        var host = text[..<colon]
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        if isBracketed { host = host.dropFirst().dropLast() }
        var prefix: Int?
        if let slash = host.utf8.firstIndex(of: UInt8(ascii: "/")) {
            guard let bits = TextForm.decimal(host[host.utf8.index(after: slash)...]) else { return nil }
            prefix = bits
            host = host[..<slash]
        }
        if let address = IPAddress(host) {
            guard isBracketed != address.isIPv4 else { return nil }
            let longest = address.isIPv4 ? 32 : 128
            guard prefix ?? longest <= longest else { return nil }
            let bits = (prefix ?? longest) + (address.isIPv4 ? 96 : 0)
            guard address.prefix(bits) == (address.high, address.low) else { return nil }
            hosts = .network(address, prefix: bits)
        } else {
            guard !isBracketed, prefix == nil, TextForm.hostProblem(String(host)) == nil else { return nil }
            hosts = .name(host.lowercased())
        }
    }

    /// True if this endpoint address (a literal or a host name) and port are allowed by this probe.
    package func covers(address: String, port: Int) -> Bool {
        guard port == self.port else { return false }
        switch hosts {
        case .name(let name): return name == address.lowercased()
        case .network(let network, let bits):
            guard let address = IPAddress(address) else { return false }
            return address.prefix(bits) == (network.high, network.low)
        }
    }
}
