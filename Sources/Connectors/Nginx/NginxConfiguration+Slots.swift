// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
internal import Planning
internal import Vocabulary

extension NginxConfiguration {
    /// Which pair every `server` serves, where, and under which names: `http`, `stream` and `mail`.
    var slots: ConfiguredSlots {
        var servers: [Server] = []
        var blocks = [Server(kind: "", source: path)]
        traverse { item, file in
            switch item {
            case .directive(let words): blocks[blocks.count - 1].add(words.map(\.text))
            case .open(let words):
                var block = blocks[blocks.count - 1]
                let name = words.first?.text ?? ""
                // What a block says itself stands in place of what it would inherit, list for list.
                block.begin(name, file)
                blocks.append(block)
            case .close:
                guard blocks.count > 1 else { return }
                let block = blocks.removeLast()
                if block.kind == "server" { servers.append(block) }
            }
        }
        // `ssl` belongs to the socket: one server that says so says it for all at that place.
        let secured = Set(servers.flatMap { server in server.listens.filter(\.isSecure).map(\.place) })
        var found = ConfiguredSlots(digest: digest)
        for server in servers {
            let places = server.listens.filter {
                server.isSecure || secured.contains($0.place) || server.starttls != nil
            }
            guard !places.isEmpty, !server.certificates.isEmpty else { continue }
            let names = server.names.compactMap(AskableName.name).distinct()
            let listening = places.map {
                Listening(address: $0.address, port: $0.port, serverNames: names, servedProtocol: server.spoken(at: $0))
            }
            for (index, certificate) in server.certificates.enumerated() {
                guard index < server.keys.count else {
                    found.say("\(server.source): \(certificate) has no ssl_certificate_key")
                    continue
                }
                for (certificate, key) in server.expanded(certificate, server.keys[index], names) {
                    found.add(
                        ConfiguredSlots.Entry(
                            certificate: normalized(resolved(certificate)), privateKeys: [normalized(resolved(key))],
                            source: server.source, listening: listening))
                }
            }
        }
        return found
    }
}

/// A block as far as it concerns what is served; what it does not say itself is its parent's.
private struct Server {
    struct Listen {
        var address: String
        var port: Int
        var isSecure: Bool
        var place: String { "\(address) \(port)" }
    }
    var kind: String
    var source: String
    /// `http`, `stream` or `mail`.
    private var family = ""
    private(set) var certificates: [String] = []
    private(set) var keys: [String] = []
    private var ownsCertificates = true
    private var ownsKeys = true
    private(set) var listens: [Listen] = []
    private(set) var names: [String] = []
    private(set) var isSecure = false
    /// `on` or `only`; nil: it is TLS from the first byte.
    private(set) var starttls: String?
    private var mailProtocol: String?

    init(kind: String, source: String) { (self.kind, self.source) = (kind, source) }

    mutating func begin(_ name: String, _ file: String) {
        (kind, source) = (name, file)
        if ["http", "stream", "mail"].contains(name) { family = name }
        (ownsCertificates, ownsKeys) = (false, false)
        if name == "server" { (listens, names) = ([], []) }
    }

    mutating func add(_ words: [String]) {
        guard words.count > 1 else { return }
        switch words[0] {
        case "ssl_certificate" where isFile(words[1]):
            if !ownsCertificates { certificates = [] }
            ownsCertificates = true
            certificates.append(words[1])
        case "ssl_certificate_key" where isFile(words[1]):
            if !ownsKeys { keys = [] }
            ownsKeys = true
            keys.append(words[1])
        case "server_name": names += words.dropFirst()
        case "ssl": isSecure = words[1] == "on"
        case "starttls": starttls = ["on", "only"].contains(words[1]) ? words[1] : nil
        case "protocol": mailProtocol = words[1]
        case "listen": if let listen = Self.listen(words) { listens.append(listen) }
        default: break
        }
    }

    private func isFile(_ value: String) -> Bool {
        !["data:", "engine:", "store:"].contains(where: value.hasPrefix) && !value.isEmpty
    }

    /// nil: no TCP socket.
    private static func listen(_ words: [String]) -> Listen? {
        let (place, options) = (words[1], words.dropFirst(2))
        guard !place.hasPrefix("unix:"), !options.contains("quic"), !options.contains("udp") else { return nil }
        var (address, port) = ("*", 80)
        if let number = Int(place) {
            port = number
        } else if place.hasPrefix("["), let end = place.firstIndex(of: "]") {
            address = String(place[place.index(after: place.startIndex)..<end])
            port = Int(place[place.index(after: end)...].dropFirst()) ?? 80
        } else if let colon = place.lastIndex(of: ":") {
            address = String(place[..<colon])
            port = Int(place[place.index(after: colon)...]) ?? 80
        } else {
            address = place
        }
        if address == "0.0.0.0" { address = "*" }
        return Listen(address: address, port: port, isSecure: options.contains("ssl"))
    }

    func spoken(at listen: Listen) -> Endpoint.ServedProtocol {
        guard family == "mail", starttls != nil, !listen.isSecure else { return .tls }
        switch mailProtocol ?? [25: "smtp", 587: "smtp", 143: "imap", 110: "pop3"][listen.port] {
        case "smtp": return .smtp
        case "imap": return .imap
        case "pop3": return .pop3
        default: return .tls
        }
    }

    /// A path may hold the name that the client asked for: then each name has files of its own.
    func expanded(_ certificate: String, _ key: String, _ names: [String]) -> [(String, String)] {
        let variables = ["${ssl_server_name}", "$ssl_server_name"]
        guard variables.contains(where: certificate.contains), !names.isEmpty else { return [(certificate, key)] }
        return names.map { name in
            func put(_ text: String) -> String { variables.reduce(text) { $0.replacing($1, with: name) } }
            return (put(certificate), put(key))
        }
    }
}
