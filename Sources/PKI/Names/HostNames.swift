// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

/// Does a certificate with these DNS names cover this host (RFC 9525, 6.3)? A wildcard is the whole left-most label
/// and stands for exactly one; letters are compared without case; the common name is never looked at.
///
/// False for an address, for anything that is not a host name, and for names that had to be escaped.
package func covers(_ dnsNames: some Sequence<String>, host: String) -> Bool {
    guard let host = HostName(host) else { return false }
    return dnsNames.contains { PresentedName($0)?.covers(host) ?? false }
}

/// Do these names cover everything that `pattern`, a host name or `*.` and one, stands for?
package func covers(_ dnsNames: some Sequence<String>, name pattern: String) -> Bool {
    guard let wanted = PresentedName(pattern) else { return false }
    guard wanted.isWildcard else { return covers(dnsNames, host: pattern) }
    return dnsNames.contains { PresentedName($0) == wanted }
}

/// Letters, digits, hyphens and underscores in labels of at most 63, in all at most 253, lower case, without the dot
/// of the root. nil for an address, and for a last label of digits only: it would be one to some C library.
package struct HostName: Hashable, Sendable {
    package let text: String

    package init?(_ raw: some StringProtocol) {
        guard raw.utf8.count <= 254 else { return nil }
        let all = Array(raw.utf8)
        let text = all.last == 0x2e ? all.dropLast() : all[...]
        guard text.count <= 253 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var label = 0
        var digitsOnly = true
        for byte in text {
            switch byte {
            case 0x2e:
                guard label > 0, bytes.last != 0x2d else { return nil }
                (label, digitsOnly) = (0, true)
                bytes.append(byte)
                continue
            case 0x41...0x5a: bytes.append(byte + 0x20)
            case 0x61...0x7a, 0x30...0x39, 0x5f: bytes.append(byte)
            case 0x2d where label > 0: bytes.append(byte)
            default: return nil
            }
            if !(0x30...0x39).contains(byte) { digitsOnly = false }
            label += 1
            guard label <= 63 else { return nil }
        }
        guard label > 0, !digitsOnly, bytes.last != 0x2d else { return nil }
        self.text = String(decoding: bytes, as: UTF8.self)
    }
}

/// A DNS name as a certificate presents it.
private struct PresentedName: Equatable {
    var isWildcard: Bool
    var host: HostName  // without the wildcard

    init?(_ text: String) {
        isWildcard = text.hasPrefix("*.")
        guard let host = HostName(isWildcard ? text.dropFirst(2) : text[...]) else { return nil }
        self.host = host
    }

    func covers(_ wanted: HostName) -> Bool {
        guard isWildcard else { return wanted == host }
        // A wildcard directly below a top-level name would stand for half the world; no client takes it.
        guard host.text.utf8.contains(0x2e), let dot = wanted.text.firstIndex(of: ".") else { return false }
        return wanted.text[wanted.text.index(after: dot)...] == host.text[...]
    }
}
