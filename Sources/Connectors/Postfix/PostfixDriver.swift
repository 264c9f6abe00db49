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
        let answers = try await answers([
            ["postconf", "-c", postfix.config, "-nx"], ["postconf", "-c", postfix.config, "-Px"], folders,
        ])
        let (all, services) = (answers[0], answers[1])
        let names = (all + "\n" + services).split(separator: "\n").flatMap { line -> [String] in
            let parts = line.split(separator: "=", maxSplits: 1).map { $0.trimmed }
            guard parts.count == 2, let parameter = parts[0].split(separator: "/").last else { return [] }
            guard Self.parameters.contains(String(parameter)) else { return [] }
            return parts[1].split(whereSeparator: { $0 == "," || $0 == " " }).map(String.init).filter {
                $0.hasPrefix("/")
            }
        }
        return ConfigurationFacts(
            digest: ConfigurationFiles().digest(with: [all, services]), referenced: Set(paths).intersection(names),
            named: names)
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
