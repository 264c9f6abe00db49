// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Declarations
package import PKI
internal import Processes
package import Vocabulary

/// The private keys of certificates, wherever they are declared to be, as this gateway finds them.
package struct GatewayKeys: Sendable {
    private let files: PrivateKeyLoader
    /// nil: no key in git was ever encrypted to this gateway.
    private let recipient: RecipientKey?
    /// Of the Repository in force, by name: the only programs that are run for a key.
    private let commands: [String: [String]]
    /// For one run of a command.
    private let limit: Duration

    package init(
        files: PrivateKeyLoader, recipient: RecipientKey?, commands: [String: [String]] = [:],
        limit: Duration = .seconds(30)
    ) {
        (self.files, self.recipient) = (files, recipient)
        (self.commands, self.limit) = (commands, limit)
    }

    /// Whether the key can be looked at before anybody has signed: no command is run for that.
    package static func isLookedAt(_ spec: CertificateSpec) -> Bool {
        switch spec.privateKey {
        case .file, .encrypted: spec.passphrase == nil
        case .installed, .command, .endpoint: false
        }
    }

    /// The key of a certificate for which nothing has to be run.
    ///
    /// - Parameter repositoryFiles: those that the commit in force holds, for `encrypted`.
    /// - Throws: `unusable` also for what `isLookedAt` says no to.
    package func keyAtRest(
        of certificate: Certificate, spki: SPKIFingerprint, repositoryFiles: [String: NamedFile]
    ) throws(KeyFileError) -> PrivateKey {
        guard Self.isLookedAt(certificate.spec) else { throw KeyFileError(.unusable, "") }
        switch certificate.spec.privateKey {
        case .file(let path): return try files.load(path, for: spki)
        case .encrypted(let path):
            guard let file = repositoryFiles[path], let sealed = try? SealedKey(file.bytes), let recipient,
                let key = try? sealed.open(with: recipient)
            else { throw KeyFileError(.unusable, path) }
            return key
        case .installed, .command, .endpoint: throw KeyFileError(.unusable, "")
        }
    }

    /// The key of what is about to be pushed. Read once by whoever calls: the bytes that are checked are those that are sent. nil: the
    /// key stays where it lies (`installed`), or never comes here (`endpoint`).
    ///
    /// Runs what has to be run, for what people have signed only.
    package func key(
        of certificate: Certificate, spki: SPKIFingerprint, repositoryFiles: [String: NamedFile]
    ) async throws(KeyFileError) -> PrivateKey? {
        let spec = certificate.spec
        let content: SecretBytes
        let place: String
        switch spec.privateKey {
        case .installed, .endpoint: return nil
        case .encrypted: return try keyAtRest(of: certificate, spki: spki, repositoryFiles: repositoryFiles)
        case .file(let path):
            content = try files.content(path, for: spki)
            place = PrivateKeyLoader.path(path, for: spki)
        case .command(let name, let argument):
            place = "command \(name)"
            guard let output = await output(of: name, argument) else { throw KeyFileError(.unusable, place) }
            content = output
        }
        do {
            guard let passphrase = spec.passphrase else { return try PrivateKey(content) }
            guard let word = await output(of: passphrase.command, passphrase.argument) else {
                throw KeyFileError(.unusable, place)
            }
            return try PrivateKey(content, passphrase: word.firstLine)
        } catch {
            throw KeyFileError(.unusable, place)
        }
    }

    /// What a command prints; nil for every failure. What it says beside it may be about the key, and is shown to nobody.
    private func output(of name: String, _ argument: String) async -> SecretBytes? {
        guard let argv = commands[name], let program = argv.first else { return nil }
        let command = Command(
            program, argv.dropFirst() + [argument], outputLimit: PrivateKeyLoader.limit, deadline: limit)
        guard var result = try? await command.run() else { return nil }
        let output = SecretBytes(taking: &result.output)
        return result.succeeded && output.count > 0 ? output : nil
    }
}

extension SecretBytes {
    /// Without the end of the line, as programs that print a passphrase end it.
    fileprivate var firstLine: SecretBytes {
        withUnsafeBytes { bytes in
            var line = UnsafeRawBufferPointer(rebasing: bytes.prefix { $0 != 0x0a })
            if line.last == 0x0d { line = UnsafeRawBufferPointer(rebasing: line.dropLast()) }
            return SecretBytes(copying: line)
        }
    }
}
