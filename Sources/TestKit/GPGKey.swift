// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Processes

/// A `GNUPGHOME` of one test's own, and a key in it without a passphrase. Its agent ends by itself when the folder is gone.
package struct GPGKey: Sendable {
    package let home: String
    /// The primary key's, 40 upper-case hex digits.
    package let fingerprint: String

    /// - Parameters:
    ///   - home: a folder that need not be there; short, because gpg-agent's sockets lie in it.
    ///   - usage: what `gpg --quick-generate-key` takes: `sign`, `cert`.
    ///   - expires: `never`, `2y`, `seconds=1`.
    ///   - clock: what gpg is told that it is, in ISO form (`20260101T000000`); nil: now.
    package init(
        _ userID: String, home: String, algorithm: String = "ed25519", usage: String = "sign",
        expires: String = "never",
        clock: String? = nil
    ) async throws {
        self.home = home
        try FileManager.default.createDirectory(
            atPath: home, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let answer = try await Self.gpg(
            home, Self.at(clock) + ["--status-fd", "1", "--quick-generate-key", userID, algorithm, usage, expires])
        guard let line = answer.outputText.split(separator: "\n").first(where: { $0.contains("KEY_CREATED") }),
            let fingerprint = line.split(separator: " ").last
        else { throw FixtureError("gpg made no key: \(answer.outputText)") }
        self.fingerprint = String(fingerprint)
    }

    /// Adds a subkey; its fingerprint.
    @discardableResult
    package func addSubkey(
        _ algorithm: String = "ed25519", usage: String = "sign", expires: String = "never", clock: String? = nil
    ) async throws -> String {
        try await gpg(Self.at(clock) + ["--quick-add-key", fingerprint, algorithm, usage, expires])
        guard let last = try await fingerprints().last else { throw FixtureError("gpg made no subkey") }
        return last
    }

    /// Of the primary key, then of the subkeys.
    package func fingerprints() async throws -> [String] {
        try await gpg(["--with-colons", "--list-keys", fingerprint]).split(separator: "\n")
            .filter { $0.hasPrefix("fpr:") }.map { String($0.split(separator: ":")[1]) }
    }

    package func export(_ options: String...) async throws -> String {
        try await gpg(options + ["--armor", "--export", fingerprint])
    }

    /// A detached signature in armor, by this key or by `signer`.
    package func signature(over bytes: [UInt8], by signer: String? = nil, _ options: String...) async throws -> [UInt8]
    {
        try await signature(over: bytes, by: signer, options)
    }

    package func signature(over bytes: [UInt8], by signer: String?, _ options: [String]) async throws -> [UInt8] {
        try await Self.gpg(
            home, options + ["--local-user", signer ?? fingerprint, "--armor", "--detach-sign"], input: bytes
        ).output
    }

    /// `gpg` with this home; standard output.
    @discardableResult
    package func gpg(_ arguments: [String], input: [UInt8] = []) async throws -> String {
        try await Self.gpg(home, arguments, input: input).outputText
    }

    /// Revokes the key, or a subkey by its number, for a reason of gpg's list (0 none, 1 compromised, 2 superseded, 3 no longer used).
    package func revoke(subkey: Int? = nil, reason: Int, clock: String? = nil) async throws {
        let select = subkey.map { "key \($0)\n" } ?? ""
        let edit = "\(select)revkey\ny\n\(reason)\n\ny\nsave\n"
        try await gpg(
            Self.at(clock) + ["--command-fd", "0", "--status-fd", "1", "--edit-key", fingerprint],
            input: Array(edit.utf8))
    }

    private static func at(_ clock: String?) -> [String] { clock.map { ["--faked-system-time", $0 + "!"] } ?? [] }

    private static func gpg(_ home: String, _ arguments: [String], input: [UInt8] = []) async throws -> ProcessResult {
        try await run(
            [
                "gpg", "--homedir", home, "--no-options", "--batch", "--yes", "--quiet", "--pinentry-mode", "loopback",
                "--passphrase", "",
            ]
                + arguments,
            environment: ["LC_ALL": "C", "TZ": "UTC"], input: input)
    }
}
