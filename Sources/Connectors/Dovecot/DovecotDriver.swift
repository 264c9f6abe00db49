// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
internal import Planning
internal import Vocabulary

/// Dovecot. `doveconf -n` takes a key that does not match, and after a reload with one every handshake is reset (measured).
struct DovecotDriver: FileDriver {
    var files: FileSlots
    let dovecot: DeviceSpec.Dovecot
    let timeouts: DeviceSpec.Timeouts
    let tokenForm = "dovecot/1"
    var shadow: ShadowFolders.Need? { .alone }
    var reload: [String]? { dovecot.reload }

    var traits: DriverTraits {
        DriverTraits(hasShell: true, checksInShadow: true, isCloud: false, isHitless: true)
    }

    /// `-P`: without it the key's path is hidden. What it prints of passwords goes into the digest and nowhere else.
    func configuration(for paths: [String]) async throws(DeviceError) -> ConfigurationFacts {
        // What the check wants to know, asked along.
        let all = try await answers([["doveconf", "-c", dovecot.config, "-n", "-P"], folders])[0]
        let names = all.split(separator: "\n").compactMap { line -> String? in
            guard let (name, path) = Self.file(line),
                ["ssl_cert", "ssl_key", "ssl_alt_cert", "ssl_alt_key"].contains(name)
            else { return nil }
            return path
        }
        return ConfigurationFacts(
            digest: Self.digest(all), referenced: Set(paths).intersection(names), named: names)
    }

    /// `ssl_cert = </path`
    private static func file(_ line: Substring) -> (name: String, path: String)? {
        let parts = line.split(separator: "=", maxSplits: 1).map(\.trimmed)
        guard parts.count == 2, parts[1].hasPrefix("<") else { return nil }
        return (parts[0], parts[1].dropFirst().trimmed)
    }

    /// The comments at the beginning name the machine and its kernel.
    private static func digest(_ settings: String) -> FileDigest {
        ConfigurationFiles().digest(
            with: [settings.split(separator: "\n").filter { !$0.hasPrefix("#") }.joined(separator: "\n")])
    }

    func configuredSlots() async throws(DeviceError) -> ConfiguredSlots {
        let all = try await answer(["doveconf", "-c", dovecot.config, "-a", "-P"])
        var found = ConfiguredSlots(digest: Self.digest(all))
        var files: [String: String] = [:]
        var names: [String] = []
        var addresses = ["*"]
        var protocols: Set<String>?
        var services: [(listening: [Listening], protocol: String)] = []
        var service: (listening: [Listening], protocol: String) = ([], "")
        var listener: (name: String, port: Int, isSecure: Bool, address: String?)?
        for line in all.split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            if words.last == "{" {
                if words.first == "inet_listener" { listener = (words[1], 0, false, nil) }
                names.append(words.first ?? "")
            } else if words.first == "}" {
                let closed = names.popLast()
                if closed == "service", names.isEmpty {
                    services.append(service)
                    service = ([], "")
                } else if closed == "inet_listener", let one = listener, one.port > 0 {
                    let spoken: Endpoint.ServedProtocol? =
                        one.isSecure
                        ? .tls
                        : ["imap": .imap, "pop3": .pop3, "submission": .smtp][one.name.lowercased()]
                    for address in one.address.map({ [$0] }) ?? addresses {
                        if let spoken {
                            service.listening.append(
                                Listening(
                                    address: address == "0.0.0.0" ? "*" : address, port: one.port,
                                    servedProtocol: spoken))
                        }
                    }
                    listener = nil
                }
            } else if listener != nil, words.count == 3, words[1] == "=" {
                switch words[0] {
                case "port": listener?.port = Int(words[2]) ?? 0
                case "ssl": listener?.isSecure = words[2] == "yes"
                case "address": listener?.address = words[2]
                default: break
                }
            } else if names == ["service"], words.count == 3, words[0] == "protocol" {
                service.protocol = words[2]
            } else if names.isEmpty {
                if words.first == "protocols" {
                    protocols = Set(words.dropFirst(2).map { $0.filter { $0 != "\"" } }.filter { !$0.isEmpty })
                }
                if let (name, path) = Self.file(line) { files[name] = path }
                if words.first == "listen" {
                    addresses = words.dropFirst(2).map { $0.filter { $0 != "," } }.filter { !$0.isEmpty }
                }
            }
        }
        // Also of services that it does not start, its settings say where they would listen.
        let started = services.filter { protocols?.contains($0.protocol) ?? true || $0.protocol.isEmpty }
        for (certificate, key) in [("ssl_cert", "ssl_key"), ("ssl_alt_cert", "ssl_alt_key")] {
            guard let certificate = files[certificate], let key = files[key] else { continue }
            found.add(
                ConfiguredSlots.Entry(
                    certificate: certificate, privateKeys: [key], source: dovecot.config,
                    listening: started.flatMap(\.listening)))
        }
        return found
    }

    private var folders: [String] { ["doveconf", "-c", dovecot.config, "-h", "base_dir", "state_dir"] }

    func check(_ staged: StagedBatch) async throws(DeviceError) -> [WorkOrderDigest: CandidateVerdict] {
        let folders = try await answer(folders).split(separator: "\n").map(String.init)
        let arguments = [dovecot.config] + folders
        return try await check(
            staged,
            by: { _ in ShadowServer(start: Self.start, arguments: arguments) },
            configuration: try await configuration(for: []))
    }

    /// Sockets and state of its own over those of the server that runs.
    private static let start = """
        config=$1
        shift
        for folder in "$@"; do
            if [ -d "$folder" ]; then mount -n -t tmpfs -o mode=755 tmpfs "$folder" || exit 126; fi
        done
        dovecot -c "$config" >&2
        """
}
