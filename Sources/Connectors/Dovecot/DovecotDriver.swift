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
            let parts = line.split(separator: "=", maxSplits: 1).map(\.trimmed)
            guard parts.count == 2, ["ssl_cert", "ssl_key", "ssl_alt_cert", "ssl_alt_key"].contains(parts[0]),
                parts[1].hasPrefix("<")
            else { return nil }
            return parts[1].dropFirst().trimmed
        }
        // The comments at the beginning name the machine and its kernel.
        let settings = all.split(separator: "\n").filter { !$0.hasPrefix("#") }.joined(separator: "\n")
        return ConfigurationFacts(
            digest: ConfigurationFiles().digest(with: [settings]), referenced: Set(paths).intersection(names),
            named: names)
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
