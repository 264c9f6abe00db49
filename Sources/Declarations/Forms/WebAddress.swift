// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Vocabulary

/// An address of the web that something may be sent to: https, or http to this machine itself.
///
/// One strict reading (RFC 3986 without what nobody needs here): no user or password, no fragment, printable ASCII only. What is
/// connected to and what people have read in the change cannot be two things.
package struct WebAddress: Hashable, Sendable {
    package let text: String
    package let isSecure: Bool
    /// A DNS name or an address literal, without brackets.
    package let host: String
    package let port: UInt16
    /// Path and query, as a request line has them.
    package let target: String

    package init?(_ text: String) {
        let bytes = text.utf8
        guard bytes.count <= 2_000, bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7f && !Self.refused.contains($0) }) else {
            return nil
        }
        let secure = text.hasPrefix("https://")
        guard secure || text.hasPrefix("http://") else { return nil }
        let rest = text.dropFirst(secure ? 8 : 7)
        let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        guard let (host, port) = Self.authority(rest[..<end], secure ? 443 : 80) else { return nil }
        (self.text, isSecure, self.host, self.port) = (text, secure, host, port)
        let path = String(rest[end...])
        target = path.hasPrefix("/") ? path : "/" + path
        if !secure, !isLoopback { return nil }
    }

    /// Written as this machine: a name that somebody else's resolver leads there is not.
    package var isLoopback: Bool { host == "localhost" || IPAddress(host)?.isLoopback ?? false }

    /// As a `Host` field has it.
    package var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
    }

    private static let refused: Set<UInt8> = [0x22, 0x23, 0x3c, 0x3e, 0x5c, 0x5e, 0x60, 0x7b, 0x7c, 0x7d]  // " # < > \ ^ ` { | }

    private static func authority(_ text: Substring, _ standard: UInt16) -> (String, UInt16)? {
        guard !text.contains("@") else { return nil }
        var host = text
        var port = standard
        let isBracketed = text.hasPrefix("[")
        let tail =
            isBracketed ? (text.firstIndex(of: "]").map { text.index(after: $0) } ?? text.endIndex) : text.startIndex
        if let colon = text[tail...].lastIndex(of: ":") {
            let digits = text[text.index(after: colon)...]
            guard let number = TextForm.decimal(digits), let given = UInt16(exactly: number), given > 0 else {
                return nil
            }
            (host, port) = (text[..<colon], given)
        }
        if isBracketed {
            guard host.hasSuffix("]") else { return nil }
            host = host.dropFirst().dropLast()
            guard IPAddress(host)?.family == .v6 else { return nil }
        } else if host.contains(":") {
            return nil
        }
        let name = host.lowercased()
        return TextForm.hostProblem(name) == nil ? (name, port) : nil
    }
}

extension WebAddress: CustomStringConvertible {
    package var description: String { text }
}
