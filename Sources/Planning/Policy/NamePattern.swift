// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

/// Whether some DNS name fits both a policy's pattern and a name of a certificate.
///
/// A wildcard stands for one or more labels on both sides, more than TLS lets it (RFC 9525: exactly one): a policy that
/// guards `*.pay.example.com` must also see a certificate for `*.example.com`.
enum NamePattern {
    static func fits(_ pattern: String, _ name: String) -> Bool {
        let (left, leftIsWild) = split(pattern)
        let (right, rightIsWild) = split(name)
        switch (leftIsWild, rightIsWild) {
        case (false, false): return left.elementsEqual(right)
        case (true, false): return isBelow(right, left)
        case (false, true): return isBelow(left, right)
        case (true, true): return left.elementsEqual(right) || isBelow(left, right) || isBelow(right, left)
        }
    }

    /// Whether every name that `name` stands for lies within `pattern`: what may be done without people is told narrowly.
    static func covers(_ pattern: String, _ name: String) -> Bool {
        let (left, leftIsWild) = split(pattern)
        let (right, rightIsWild) = split(name)
        switch (leftIsWild, rightIsWild) {
        case (false, false): return left.elementsEqual(right)
        case (true, false): return isBelow(right, left)
        case (false, true): return false
        case (true, true): return left.elementsEqual(right) || isBelow(right, left)
        }
    }

    /// Lower case, without the dot of the root and without `*.`.
    private static func split(_ text: String) -> (ArraySlice<UInt8>, isWild: Bool) {
        var bytes = text.utf8.map { (0x41...0x5a).contains($0) ? $0 + 0x20 : $0 }[...]
        if bytes.last == 0x2e { bytes = bytes.dropLast() }
        let isWild = bytes.starts(with: [0x2a, 0x2e])
        return (isWild ? bytes.dropFirst(2) : bytes, isWild)
    }

    private static func isBelow(_ name: ArraySlice<UInt8>, _ domain: ArraySlice<UInt8>) -> Bool {
        name.count > domain.count + 1 && name.suffix(domain.count).elementsEqual(domain)
            && name[name.endIndex - domain.count - 1] == 0x2e
    }
}
