// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Operations
internal import Vocabulary

/// Where the dashboard is served, and to whom. Beyond loopback only encrypted, and only to who shows a token.
package struct Listening: Sendable {
    package struct Certificate: Sendable {
        /// PEM, leaf first, and PEM; read again when they change.
        package var chain: String
        package var key: String
        package init(chain: String, key: String) { (self.chain, self.key) = (chain, key) }
    }
    let address: String
    let port: Int
    let access: Access
    let certificate: Certificate?
    /// nil: nobody can wake the service from here.
    let webhook: Webhook?

    /// - Parameters:
    ///   - place: `8459`, `127.0.0.1:8459`, `[::1]:8459`, `0.0.0.0:8459`; port 0 takes a free one.
    ///   - hosts: by which names it may be asked for, beside loopback's own and the address.
    ///   - webhook: a file with the secrets of who may wake the service.
    /// - Throws: `Listening` for what is no place, `NotProtected` for a place beyond loopback without TLS or tokens, `TokenFile`,
    ///   `WebhookSecrets`.
    package init(
        _ place: String, hosts: [String], certificate: Certificate?, tokens: String?, webhook: String? = nil
    ) throws(UserError) {
        guard let (address, port) = Self.parse(place), let literal = IPAddress(address) else {
            throw UserError(
                "Listening", "\"\(Shown.text(place))\" is no place to listen at",
                hint: "a port, or ADDRESS:PORT with an IP address: 127.0.0.1:8459, [::1]:8459, 0.0.0.0:8459")
        }
        if !literal.isLoopback, certificate == nil || tokens == nil {
            throw UserError(
                "NotProtected",
                "\(Shown.text(place)) can be reached by others: it is only served with TLS and to who shows a token",
                hint:
                    "add --tls-certificate, --tls-key and --tokens, or listen at 127.0.0.1 behind a proxy that asks who it is"
            )
        }
        for host in hosts where Access.name(host) != host.lowercased() || host.contains("/") {
            throw UserError(
                "Listening", "\"\(Shown.text(host))\" is no host name", hint: "without a port: certs.example.com")
        }
        (self.address, self.port, self.certificate) = (address, port, certificate)
        var names = Set(hosts.map { $0.lowercased() })
        if literal.isLoopback { names.formUnion(["localhost", "127.0.0.1", "::1"]) }
        names.insert(address.lowercased())
        self.webhook = try webhook.map { (path) throws(UserError) in try Webhook(path) }
        access = Access(hosts: names, tokens: try tokens.map { (path) throws(UserError) in try TokenFile(path) })
    }

    private static func parse(_ place: String) -> (String, Int)? {
        func port(_ text: some StringProtocol) -> Int? {
            guard !text.isEmpty, text.allSatisfy({ ("0"..."9").contains($0) }), let port = Int(text), port <= 65_535
            else {
                return nil
            }
            return port
        }
        if let port = port(place) { return ("127.0.0.1", port) }
        guard let colon = place.lastIndex(of: ":"), let port = port(place[place.index(after: colon)...]) else {
            return nil
        }
        let address = place[..<colon]
        if address.hasPrefix("["), address.hasSuffix("]") { return (String(address.dropFirst().dropLast()), port) }
        return address.contains(":") ? nil : (String(address), port)
    }

    /// How somebody on this host reaches it.
    func url(port: Int) -> String {
        let host = address.contains(":") ? "[\(address)]" : address
        return "\(certificate == nil ? "http" : "https")://\(host):\(port)/"
    }
}
