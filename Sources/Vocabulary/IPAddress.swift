// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

/// An IPv4 or IPv6 address, without a zone. An IPv4-mapped IPv6 address (`::ffff:a.b.c.d`) is the IPv4 address that
/// it stands for: a rule about one must not be passed by writing the other.
///
/// Text is read strictly: IPv4 as four decimal numbers without leading zeros (the C library also takes `127.1` and
/// `0177.0.0.1`), IPv6 as in RFC 4291, 2.2; written as in RFC 5952.
package struct IPAddress: Hashable, Comparable, Sendable {
    package enum Family: Hashable, Sendable { case v4, v6 }
    package let family: Family
    private let high: UInt64, low: UInt64  // IPv4 as ::ffff:a.b.c.d

    private static let mapped: UInt64 = 0xffff_0000_0000

    private init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
        family = high == 0 && low >> 32 == 0xffff ? .v4 : .v6
    }

    /// nil unless there are 4 or 16 bytes, in network order.
    package init?(bytes: some Collection<UInt8>) {
        switch bytes.count {
        case 4: self.init(high: 0, low: Self.mapped | bytes.reduce(0) { $0 << 8 | UInt64($1) })
        case 16:
            self.init(
                high: bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) },
                low: bytes.suffix(8).reduce(0) { $0 << 8 | UInt64($1) })
        default: return nil
        }
    }

    package init?(_ text: some StringProtocol) {
        guard text.utf8.count <= 45 else { return nil }
        let bytes = Array(text.utf8)
        if let v4 = Self.parseV4(bytes[...]) {
            self.init(high: 0, low: Self.mapped | UInt64(v4))
        } else if let groups = Self.parseV6(bytes) {
            self.init(
                high: groups[..<4].reduce(0) { $0 << 16 | UInt64($1) },
                low: groups[4...].reduce(0) { $0 << 16 | UInt64($1) })
        } else {
            return nil
        }
    }

    /// 4 or 16 bytes in network order.
    package var bytes: [UInt8] {
        let all = [high, low].flatMap { word in
            (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * UInt64($0))) }
        }
        return family == .v4 ? Array(all[12...]) : all
    }

    /// 32 or 128.
    package var bitWidth: Int { family == .v4 ? 32 : 128 }

    package static func < (left: Self, right: Self) -> Bool { (left.high, left.low) < (right.high, right.low) }

    /// 127.0.0.0/8 or ::1.
    package var isLoopback: Bool { family == .v4 ? low >> 24 & 0xff == 127 : high == 0 && low == 1 }
    /// 169.254.0.0/16 or fe80::/10: what a cloud's metadata service answers on, too.
    package var isLinkLocal: Bool { family == .v4 ? low >> 16 & 0xffff == 0xa9fe : high >> 54 == 0xfe80 >> 6 }
    /// 0.0.0.0/8 or ::. Connecting to it reaches this machine on Linux.
    package var isUnspecified: Bool { family == .v4 ? low >> 24 & 0xff == 0 : high == 0 && low == 0 }
    /// 224.0.0.0/4, 255.255.255.255 or ff00::/8.
    package var isMulticast: Bool {
        family == .v4 ? low >> 28 & 0xf == 0xe || low & 0xffff_ffff == 0xffff_ffff : high >> 56 == 0xff
    }

    /// What the registries of special-purpose addresses (RFC 6890 and its successors) call globally reachable; of IPv6, what is
    /// global unicast at all and embeds no IPv4 address.
    package var isPublic: Bool {
        if family == .v6 {
            return Self.globalUnicast.contains(self) && !Self.specialV6.contains { $0.contains(self) }
        }
        return !Self.specialV4.contains { $0.contains(self) }
    }
    private static let globalUnicast = CIDR(IPAddress(high: 0x2000 << 48, low: 0), prefixLength: 3)
    private static let specialV6 = ["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"].compactMap { CIDR($0) }
    private static let specialV4 = [
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/3",
    ].compactMap { CIDR($0) }

    fileprivate func sharesPrefix(with other: Self, bits: Int) -> Bool {
        guard family == other.family else { return false }
        let total = family == .v4 ? 96 + bits : bits
        if total <= 64 { return total == 0 || (high ^ other.high) >> UInt64(64 - total) == 0 }
        return high == other.high && (total == 64 || (low ^ other.low) >> UInt64(128 - total) == 0)
    }

    fileprivate func hasOnlyZeros(after bits: Int) -> Bool {
        let total = family == .v4 ? 96 + bits : bits
        if total >= 128 { return true }
        if total >= 64 { return low & (UInt64.max >> UInt64(total - 64)) == 0 }
        return low == 0 && high & (UInt64.max >> UInt64(total)) == 0
    }
}

extension IPAddress {
    private static func parseV4(_ bytes: ArraySlice<UInt8>) -> UInt32? {
        let parts = bytes.split(separator: 0x2e, omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var value: UInt32 = 0
        for part in parts {
            guard (1...3).contains(part.count), part.count == 1 || part.first != 0x30,
                part.allSatisfy({ (0x30...0x39).contains($0) })
            else { return nil }
            let number = part.reduce(UInt32(0)) { $0 * 10 + UInt32($1 - 0x30) }
            guard number <= 255 else { return nil }
            value = value << 8 | number
        }
        return value
    }

    private static func parseV6(_ bytes: [UInt8]) -> [UInt16]? {
        var pieces = bytes.split(separator: 0x3a, omittingEmptySubsequences: false)
        guard (3...9).contains(pieces.count) else { return nil }
        // "::" at an end gives two empty pieces there; one alone is a stray colon.
        if pieces[0].isEmpty {
            guard pieces[1].isEmpty else { return nil }
            pieces.removeFirst()
        }
        if pieces[pieces.count - 1].isEmpty {
            guard pieces.count > 1, pieces[pieces.count - 2].isEmpty else { return nil }
            pieces.removeLast()
        }
        var groups: [UInt16] = []
        var gap: Int?
        for (index, piece) in pieces.enumerated() {
            if piece.isEmpty {
                guard gap == nil else { return nil }
                gap = groups.count
            } else if piece.contains(0x2e) {
                guard index == pieces.count - 1, let v4 = parseV4(piece) else { return nil }
                groups += [UInt16(truncatingIfNeeded: v4 >> 16), UInt16(truncatingIfNeeded: v4)]
            } else {
                guard piece.count <= 4, let group = UInt16(String(decoding: piece, as: UTF8.self), radix: 16),
                    piece.allSatisfy({ $0 != 0x2b && $0 != 0x2d })
                else { return nil }
                groups.append(group)
            }
        }
        if let gap {
            guard groups.count < 8 else { return nil }
            groups.insert(contentsOf: [UInt16](repeating: 0, count: 8 - groups.count), at: gap)
        }
        return groups.count == 8 ? groups : nil
    }
}

extension IPAddress: CustomStringConvertible {
    package var description: String {
        if family == .v4 { return bytes.map { String($0) }.joined(separator: ".") }
        let groups = [high, low].flatMap { word in
            (0..<4).map { UInt16(truncatingIfNeeded: word >> (48 - 16 * UInt64($0))) }
        }
        // RFC 5952, 4.2: the longest run of at least two zero groups, the first of equals.
        var longest = 0..<0
        var start = 0
        for index in 0...8 where index == 8 || groups[index] != 0 {
            if index - start > max(longest.count, 1) { longest = start..<index }
            start = index + 1
        }
        func text(_ part: ArraySlice<UInt16>) -> String {
            part.map { String($0, radix: 16) }.joined(separator: ":")
        }
        guard !longest.isEmpty else { return text(groups[...]) }
        return text(groups[..<longest.lowerBound]) + "::" + text(groups[longest.upperBound...])
    }
}

/// A range of addresses: `10.0.9.0/24`, `2001:db8::/32`, or a single address.
package struct CIDR: Hashable, Sendable {
    package let network: IPAddress
    package let prefixLength: Int

    package init(_ address: IPAddress) { self.init(network: address, prefixLength: address.bitWidth) }

    fileprivate init(_ network: IPAddress, prefixLength: Int) { self.init(network: network, prefixLength: prefixLength) }

    private init(network: IPAddress, prefixLength: Int) {
        self.network = network
        self.prefixLength = prefixLength
    }

    /// nil unless the bits after the prefix are all zero: `10.0.9.5/24` says two things at once.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = IPAddress(parts[0]) else { return nil }
        guard parts.count == 2 else {
            self.init(address)
            return
        }
        guard (1...3).contains(parts[1].utf8.count), parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            parts[1].utf8.count == 1 || parts[1].utf8.first != 0x30,
            let length = Int(parts[1]), length <= address.bitWidth, address.hasOnlyZeros(after: length)
        else { return nil }
        self.init(network: address, prefixLength: length)
    }

    package func contains(_ address: IPAddress) -> Bool {
        network.sharesPrefix(with: address, bits: prefixLength)
    }
}

extension CIDR: CustomStringConvertible {
    package var description: String {
        prefixLength == network.bitWidth ? network.description : "\(network)/\(prefixLength)"
    }
}

/// Where endpoints may be: `10.0.0.5:443`, `10.0.9.0/24:443`, `[2001:db8::/32]:443`. One port, always said.
package struct ProbeRange: Hashable, Sendable {
    package let addresses: CIDR
    package let port: UInt16

    package init(addresses: CIDR, port: UInt16) {
        self.addresses = addresses
        self.port = port
    }

    package init?(_ text: some StringProtocol) {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let digits = text[text.index(after: colon)...].utf8
        var range = text[..<colon]
        guard (1...5).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }), digits.first != 0x30,
            let port = UInt16(String(text[text.index(after: colon)...]))
        else { return nil }
        let bracketed = range.first == "["
        if bracketed {
            guard range.last == "]" else { return nil }
            range = range.dropFirst().dropLast()
        }
        guard let addresses = CIDR(range), (range.contains(":")) == bracketed else { return nil }
        self.init(addresses: addresses, port: port)
    }

    package func contains(_ address: IPAddress, port: UInt16) -> Bool {
        self.port == port && addresses.contains(address)
    }
}

extension ProbeRange: CustomStringConvertible {
    package var description: String {
        addresses.network.family == .v4 ? "\(addresses):\(port)" : "[\(addresses)]:\(port)"
    }
}
