// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Planning
internal import Vocabulary

/// Which pair every virtual host of an Apache httpd serves, where, and under which names.
struct ApacheSlots {
    private struct Host {
        var places: [String] = []
        var names: [String] = []
        var certificates: [String] = []
        var keys: [String] = []
        var isSecure = false
        var source = ""
    }
    private let files: ConfigurationFiles
    private var root: String
    private var defines: [String: String] = [:]
    /// The main server, and the virtual host that is open.
    private var main = Host()
    private var open: Host?
    private var hosts: [Host] = []
    private var listens: [String] = []

    init(_ files: ConfigurationFiles, main path: String) {
        self.files = files
        root = folder(of: path)
        read(path, depth: 0)
        hosts.insert(main, at: 0)
    }

    var found: ConfiguredSlots {
        var found = ConfiguredSlots(digest: files.digest())
        for host in hosts where host.isSecure || host.places.isEmpty && main.isSecure {
            let certificates = host.certificates.isEmpty ? main.certificates : host.certificates
            let keys = host.certificates.isEmpty ? main.keys : host.keys
            let listening = listening(of: host)
            guard !listening.isEmpty else { continue }
            for (index, certificate) in certificates.enumerated() {
                // Without a key of its own it lies in the certificate's file (mod_ssl, SSLCertificateKeyFile).
                found.add(
                    ConfiguredSlots.Entry(
                        certificate: certificate, privateKeys: [index < keys.count ? keys[index] : certificate],
                        source: host.source.isEmpty ? main.source : host.source, listening: listening))
            }
        }
        return found
    }

    private func listening(of host: Host) -> [Listening] {
        let names = host.names.compactMap(AskableName.name).distinct()
        let everywhere = listens.compactMap(Self.place)
        let places = host.places.isEmpty ? everywhere : host.places.compactMap(Self.place)
        return places.flatMap { place -> [Listening] in
            // `*` without a port: wherever it listens.
            let ports = place.port.map { [$0] } ?? everywhere.compactMap(\.port)
            return ports.map { Listening(address: place.address, port: $0, serverNames: names) }
        }.distinct()
    }

    /// `*:443`, `10.0.0.5:443`, `[::1]:443`, `_default_:443`, `443`; an address alone has no port.
    private static func place(_ text: String) -> (address: String, port: Int?)? {
        if let port = Int(text) { return ("*", port) }
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            let address = String(text[text.index(after: text.startIndex)..<end])
            return (address, Int(text[text.index(after: end)...].dropFirst()))
        }
        let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
        guard let first = parts.first else { return nil }
        let address = ["*", "_default_", "0.0.0.0"].contains(first) ? "*" : first
        guard parts.count == 2 else { return (address, nil) }
        return parts[1] == "*" ? (address, nil) : Int(parts[1]).map { (address, $0) }
    }

    // MARK: reading

    /// Sections whose condition does not hold, and their ends.
    private mutating func read(_ path: String, depth: Int) {
        guard depth < 64, let bytes = files.files[path] else { return }
        var passedOver: [String] = []
        for words in ApacheConfiguration.directives(String(decoding: bytes, as: UTF8.self)) {
            let first = words[0].lowercased()
            if let section = passedOver.last {
                if first == "</\(section)>" {
                    passedOver.removeLast()
                } else if first == "<\(section)" {
                    passedOver.append(section)
                }
                continue
            }
            let arguments = words.dropFirst().map {
                expanded($0.hasSuffix(">") && first.hasPrefix("<") ? String($0.dropLast()) : $0)
            }
            switch first {
            case "<ifmodule", "<ifdefine":
                guard let condition = arguments.first, !holds(condition, isModule: first == "<ifmodule") else { break }
                passedOver.append(String(first.dropFirst()))
            case "<virtualhost":
                open = Host()
                open?.places = arguments.filter { !$0.isEmpty }
                open?.source = path
            case "</virtualhost>":
                if let host = open { hosts.append(host) }
                open = nil
            case "include", "includeoptional":
                for included in arguments.prefix(1).flatMap({ paths(fitting: resolved($0)) }) {
                    read(included, depth: depth + 1)
                }
            default: take(first, Array(arguments), path)
            }
        }
    }

    private mutating func take(_ directive: String, _ arguments: [String], _ path: String) {
        guard let value = arguments.first else { return }
        var host = open ?? main
        switch directive {
        case "serverroot": root = value
        case "define": defines[value] = arguments.count > 1 ? arguments[1] : ""
        case "undefine": defines[value] = nil
        case "listen": if arguments.count < 2 || arguments[1].lowercased() != "http" { listens.append(value) }
        case "servername":
            let name = value.split(separator: "/").last.map(String.init) ?? value
            host.names.insert(String(name.prefix { $0 != ":" }), at: 0)
        case "serveralias": host.names += arguments
        case "sslengine": host.isSecure = ["on", "optional"].contains(value.lowercased())
        case "sslcertificatefile":
            host.certificates.append(resolved(value))
            if host.source.isEmpty { host.source = path }
        case "sslcertificatekeyfile": host.keys.append(resolved(value))
        default: return
        }
        if open == nil { main = host } else { open = host }
    }

    /// A module that is asked for is taken to be there: what names certificates in vain serves nothing, and handshakes show it.
    private func holds(_ condition: String, isModule: Bool) -> Bool {
        let isNot = condition.hasPrefix("!")
        return isModule ? !isNot : (defines[isNot ? String(condition.dropFirst()) : condition] != nil) != isNot
    }

    private func expanded(_ text: String) -> String {
        guard text.contains("${") else { return text }
        return defines.reduce(text) { $0.replacing("${\($1.key)}", with: $1.value) }
    }

    private func resolved(_ name: String) -> String {
        name.hasPrefix("${") ? name : normalized(name.hasPrefix("/") ? name : joined(root, name))
    }

    /// Of the files that were read, in the order of their names; a folder stands for all in it.
    private func paths(fitting pattern: String) -> [String] {
        files.paths.filter { path in
            path == pattern || fnmatch(pattern, path, FNM_PATHNAME | FNM_PERIOD) == 0 || folder(of: path) == pattern
        }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}
