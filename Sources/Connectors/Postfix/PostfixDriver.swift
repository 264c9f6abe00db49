// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
internal import Planning
internal import Vocabulary

/// Postfix. `postfix check` takes a key that does not match, and a reload with one is followed by `454 TLS not available` (measured).
struct PostfixDriver: FileDriver {
    var files: FileSlots
    let postfix: DeviceSpec.Postfix
    let timeouts: DeviceSpec.Timeouts
    let tokenForm = "postfix/1"
    var shadow: ShadowFolders.Need? { .alone }
    var reload: [String]? { postfix.reload }

    var traits: DriverTraits {
        DriverTraits(hasShell: true, checksInShadow: true, isCloud: false, isHitless: true)
    }

    /// Postfix's own words, with variables put in: main.cf's first, then what services of master.cf are given.
    func configuration(for paths: [String]) async throws(DeviceError) -> ConfigurationFacts {
        // What the check wants to know, asked along.
        let words = try await words(also: [folders])
        let names = (words.main + words.services).filter { Self.parameters.contains($0.parameter) }
            .flatMap { Self.paths($0.value, of: $0.parameter) }
        return ConfigurationFacts(
            digest: words.digest, referenced: Set(paths).intersection(names), named: names)
    }

    func configuredSlots() async throws(DeviceError) -> ConfiguredSlots {
        let words = try await words()
        let services = try await answer(["postconf", "-c", postfix.config, "-M"])
        var found = ConfiguredSlots(digest: words.digest)
        for line in services.split(separator: "\n") where !line.hasPrefix(" ") {
            let fields = line.split(separator: " ").map(String.init)
            guard fields.count > 7, fields[1] == "inet", fields[7] == "smtpd" else { continue }
            // What a service is given stands in place of what main.cf says.
            func value(_ parameter: String) -> String {
                words.services.last { $0.service == "\(fields[0])/inet" && $0.parameter == parameter }?.value
                    ?? words.main.last { $0.parameter == parameter }?.value ?? ""
            }
            let isWrapped = value("smtpd_tls_wrappermode") == "yes"
            let hasTLS =
                isWrapped || ["may", "encrypt"].contains(value("smtpd_tls_security_level"))
                || value("smtpd_use_tls") == "yes"
            guard hasTLS, let (address, port) = Self.place(fields[0]) else { continue }
            let listening = [Listening(address: address, port: port, servedProtocol: isWrapped ? .tls : .smtp)]
            let chains = Self.paths(value(Self.chains), of: Self.chains)
            var pairs = chains.map { ($0, $0) }
            if chains.isEmpty {
                for (certificate, key) in [("cert", "key"), ("eccert", "eckey"), ("dcert", "dkey")] {
                    func file(_ kind: String) -> String? {
                        let parameter = "smtpd_tls_\(kind)_file"
                        return Self.paths(value(parameter), of: parameter).first
                    }
                    guard let path = file(certificate) else { continue }
                    pairs.append((path, file(key) ?? path))
                }
            }
            for (certificate, key) in pairs {
                found.add(
                    ConfiguredSlots.Entry(
                        certificate: certificate, privateKeys: [key], source: postfix.config, listening: listening))
            }
        }
        return found
    }

    /// `smtp`, `2525`, `10.0.0.5:smtp`, `[::1]:25`; nil: a service that this program does not know.
    private static func place(_ service: String) -> (String, Int)? {
        let colon = service.lastIndex(of: ":")
        let name = colon.map { String(service[service.index(after: $0)...]) } ?? service
        let address = colon.map { service[..<$0].filter { $0 != "[" && $0 != "]" } } ?? "*"
        let port = Int(name) ?? ["smtp": 25, "submission": 587, "smtps": 465, "submissions": 465][name]
        return port.map { (address, $0) }
    }

    private typealias Setting = (service: String, parameter: String, value: String)

    private func words(
        also more: [[String]] = []
    ) async throws(DeviceError) -> (main: [Setting], services: [Setting], digest: FileDigest) {
        let answers = try await answers(
            [["postconf", "-c", postfix.config, "-nx"], ["postconf", "-c", postfix.config, "-Px"]] + more)
        let (all, services) = (answers[0], answers[1])
        func settings(_ text: String) -> [Setting] {
            text.split(separator: "\n").compactMap { line in
                let parts = line.split(separator: "=", maxSplits: 1).map { $0.trimmed }
                guard let name = parts.first else { return nil }
                let place = name.split(separator: "/").map(String.init)
                return (place.dropLast().joined(separator: "/"), place.last ?? "", parts.count > 1 ? parts[1] : "")
            }
        }
        return (settings(all), settings(services), ConfigurationFiles().digest(with: [all, services]))
    }

    private static let chains = "smtpd_tls_chain_files"

    /// One file, blanks in its name included; or several.
    private static func paths(_ value: String, of parameter: String) -> [String] {
        let names = parameter == chains ? value.split(whereSeparator: { $0 == "," || $0 == " " }).map(String.init) : [value]
        return names.filter { $0.hasPrefix("/") }
    }

    private var folders: [String] {
        ["postconf", "-c", postfix.config, "-hx", "queue_directory", "data_directory", "mail_owner"]
    }

    /// Keys, certificates, and both in turn.
    private static let parameters: Set = [
        "smtpd_tls_chain_files", "smtpd_tls_cert_file", "smtpd_tls_key_file", "smtpd_tls_eccert_file",
        "smtpd_tls_eckey_file", "smtpd_tls_dcert_file", "smtpd_tls_dkey_file",
    ]

    func check(_ staged: StagedBatch) async throws(DeviceError) -> [WorkOrderDigest: CandidateVerdict] {
        let folders = try await answer(folders).split(separator: "\n").map(String.init)
        guard folders.count == 3 else {
            throw DeviceError(
                .failed, operation: "read configuration", detail: "postconf does not say where the queue is")
        }
        let arguments = [postfix.config] + folders
        return try await check(
            staged, by: { _ in ShadowServer(start: Self.start, arguments: arguments) },
            configuration: try await configuration(for: []))
    }

    /// An empty queue over the real one: nothing of it is seen, or delivered.
    private static let start = """
        mount -n -t tmpfs -o mode=755 tmpfs "$2" || exit 126
        mount -n -t tmpfs -o "mode=700,uid=$(id -u "$4")" tmpfs "$3" || exit 126
        postfix -c "$1" start >&2
        """
}

extension Substring {
    var trimmed: String {
        String(drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
    }
}
