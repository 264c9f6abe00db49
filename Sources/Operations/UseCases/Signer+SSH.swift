// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Git
internal import Processes
internal import Signatures
internal import Vocabulary

extension Signer {
    /// The public half of the SSH key that git signs with: named by a file, written out (`key::`), or by the command that git asks
    /// where neither is set.
    static func signingKey(_ site: Site) async throws(UserError) -> PublicKey {
        let format = try await configured("gpg.format", site)
        guard format == "ssh" else {
            throw UserError(
                "NoSigningKey",
                "git is set to sign with \(Shown.text(format ?? "openpgp")), and an SSH key is asked for", hint: setUp)
        }
        guard let configured = try await configured("user.signingKey", site) else {
            if let command = try await configured("gpg.ssh.defaultKeyCommand", site) {
                return try await defaultKey(command, site)
            }
            throw UserError("NoSigningKey", "git does not know which key you sign with", hint: setUp)
        }
        if let literal = literal(configured) { return try parsed(literal, from: "git config user.signingKey") }
        let home = site.options.environment["HOME"] ?? ""
        let path = configured.hasPrefix("~/") ? home + configured.dropFirst(1) : configured
        for candidate in path.hasSuffix(".pub") ? [path] : [path + ".pub", path] {
            guard let bytes = SmallFile.read(candidate), let line = String(validating: bytes, as: UTF8.self),
                !line.contains("PRIVATE KEY")
            else { continue }
            return try parsed(line, from: candidate)
        }
        throw UserError(
            "NoSigningKey", "the key that git signs with cannot be read: \(Shown.text(path))",
            hint: "ssh-keygen -t ed25519 makes one; then: \(setUp)")
    }

    /// git-config(1), user.signingKey: `key::` and the key, or the key alone as it was written before.
    private static func literal(_ text: String) -> String? {
        if text.hasPrefix("key::") { return String(text.dropFirst(5)) }
        return ["ssh-", "sk-", "ecdsa-"].contains(where: text.hasPrefix) ? text : nil
    }

    /// As git does: a shell runs it, and the first line that is a key counts.
    private static func defaultKey(_ command: String, _ site: Site) async throws(UserError) -> PublicKey {
        let result: ProcessResult
        do throws(ProcessError) {
            result = try await Command("sh", ["-c", command], outputLimit: 1 << 20, deadline: .seconds(60)).run()
        } catch {
            throw UserError("NoSigningKey", "gpg.ssh.defaultKeyCommand: \(Shown.text(error.description))")
        }
        let lines = result.outputText.split(whereSeparator: \.isNewline).map(String.init)
        guard result.succeeded, let key = lines.lazy.compactMap(literal).first else {
            throw UserError(
                "NoSigningKey", "gpg.ssh.defaultKeyCommand (\(Shown.text(command))) names no key",
                hint: "ssh-add ~/.ssh/id_ed25519")
        }
        return try parsed(key, from: "gpg.ssh.defaultKeyCommand")
    }

    private static func parsed(_ line: String, from place: String) throws(UserError) -> PublicKey {
        do throws(PublicKeyError) {
            return try PublicKey(line: line.split(whereSeparator: \.isNewline).first ?? "")
        } catch {
            throw UserError("NoSigningKey", "\(Shown.text(place)) holds no OpenSSH public key: \(error)")
        }
    }
}
