// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Vocabulary

/// Who may ask: by the name that they think they talk to, and beyond loopback by a token.
struct Access: Sendable {
    enum Verdict: Hashable, Sendable {
        case allowed
        /// Another site's page made a browser ask here (DNS rebinding): by RFC 9110, 7.4 not for this host.
        case wrongHost
        case tokenNeeded
    }
    /// Lower case, without a port.
    var hosts: Set<String>
    /// nil: nobody has to show one.
    var tokens: TokenFile?

    /// - Parameters:
    ///   - host: `Host`, or HTTP/2's `:authority`, as sent.
    ///   - authorization: as sent.
    ///   - isOpen: asks for nothing but whether the service is well.
    func verdict(host: String?, authorization: String?, isOpen: Bool) -> Verdict {
        guard let host, let name = Self.name(host), hosts.contains(name) else { return .wrongHost }
        guard let tokens, !isOpen else { return .allowed }
        guard let authorization, let token = Self.bearer(authorization), tokens.knows(token) else {
            return .tokenNeeded
        }
        return .allowed
    }

    /// `Shop.example.com:8443` → `shop.example.com`, `[::1]:80` → `::1`.
    static func name(_ host: String) -> String? {
        let host = host.lowercased()
        if host.hasPrefix("[") {
            guard let end = host.firstIndex(of: "]") else { return nil }
            let rest = host[host.index(after: end)...]
            guard rest.isEmpty || isPort(rest) else { return nil }
            return String(host[host.index(after: host.startIndex)..<end])
        }
        guard let colon = host.firstIndex(of: ":") else { return host.isEmpty ? nil : withoutDot(host) }
        guard isPort(host[colon...]), colon != host.startIndex else { return nil }
        return withoutDot(String(host[..<colon]))
    }

    private static func withoutDot(_ host: String) -> String { host.hasSuffix(".") ? String(host.dropLast()) : host }

    private static func isPort(_ text: Substring) -> Bool {
        text.first == ":" && (2...6).contains(text.count) && text.dropFirst().allSatisfy { ("0"..."9").contains($0) }
    }

    private static func bearer(_ authorization: String) -> String? {
        let parts = authorization.split(separator: " ", omittingEmptySubsequences: true)
        return parts.count == 2 && parts[0].lowercased() == "bearer" ? String(parts[1]) : nil
    }
}
