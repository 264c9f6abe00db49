// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Glibc
package import Vocabulary

/// Where one reconciler keeps what git does not: the journal, its keys, its own clone and caches. 0700, its own user's.
package struct StateDirectory: Sendable, Hashable {
    package let path: String

    package var journal: String { path + "/journal.sqlite" }
    /// The private key that signs the status branch (0600), and its public line (0644).
    package var recorder: String { path + "/recorder" }
    package var recorderPublic: String { path + "/recorder.pub" }
    /// What private keys in git are encrypted to: certificate and private key (0600), and the certificate alone (0644).
    package var recipient: String { path + "/recipient" }
    package var recipientCertificate: String { path + "/recipient.pem" }
    /// The reconciler's own bare clone.
    package var git: String { path + "/git" }
    package var cache: String { path + "/cache" }

    /// Where it is: `--state`, else `$XDG_STATE_HOME/countersign/<repository id>`, else below `$HOME/.local/state`.
    ///
    /// A relative XDG_STATE_HOME is ignored, as the XDG base directory specification wants.
    /// - Throws: `noPlace`, `invalidRepository`.
    package static func place(
        option: String?, stateHome: String?, home: String?, repository: String
    ) throws(StateError) -> String {
        if let option { return option }
        guard isRepositoryID(repository) else {
            throw StateError(
                .invalidRepository, path: repository, detail: "the repository's id is not a UUID in lower case")
        }
        if let stateHome, stateHome.hasPrefix("/") { return stateHome + "/countersign/" + repository }
        guard let home, home.hasPrefix("/") else {
            throw StateError(.noPlace, path: "", detail: "neither --state nor XDG_STATE_HOME nor HOME is set")
        }
        return home + "/.local/state/countersign/" + repository
    }

    /// Opens the folder; with `create`, makes it (0700) and those above it that are missing.
    ///
    /// - Throws: `absent`, `wrongKind`, `foreignOwner`, `openToOthers` (others may write to it), `notWritable`.
    package init(at path: String, create: Bool) throws(StateError) {
        self.path = path
        if create { try Folder.make(path) }
        try Folder.check(path)
    }

    /// Whether there is a journal: `plan` in a clone without one makes none.
    package var hasJournal: Bool { access(journal, F_OK) == 0 }

    /// Makes a folder of ours in it (0700) if it is not there: `git`, `cache`.
    package func makeFolder(_ path: String) throws(StateError) {
        try Folder.make(path)
        try Folder.check(path)
    }

    /// The recorder's private key file; nil if there is none.
    /// - Throws: `openToOthers` where others may read it, `foreignOwner`, `wrongKind`.
    package func recorderKey() throws(StateError) -> SecretBytes? { try PrivateFile.read(recorder, limit: 64 << 10) }
    package func recipientKey() throws(StateError) -> SecretBytes? { try PrivateFile.read(recipient, limit: 64 << 10) }

    /// Keeps a new recorder key; the one that is there stays, and is given back, where another process was faster.
    ///
    /// - Parameter publicLine: for `recorder.pub`; written only with the key that it belongs to.
    package func keepRecorderKey(_ key: SecretBytes, publicLine: String) throws(StateError) -> SecretBytes {
        try keep(key, at: recorder, public: Array((publicLine + "\n").utf8), at: recorderPublic)
    }

    /// The same for the key that others encrypt to.
    package func keepRecipientKey(_ key: SecretBytes, certificate: [UInt8]) throws(StateError) -> SecretBytes {
        try keep(key, at: recipient, public: certificate, at: recipientCertificate)
    }

    private func keep(
        _ key: SecretBytes, at path: String, public half: [UInt8], at publicPath: String
    ) throws(StateError) -> SecretBytes {
        guard try PrivateFile.create(path, key, mode: 0o600) else {
            guard let present = try PrivateFile.read(path, limit: 64 << 10) else {
                throw StateError(.notWritable, path: path, detail: "it comes and goes")
            }
            return present
        }
        var bytes = half
        unlink(publicPath)
        _ = try PrivateFile.create(publicPath, SecretBytes(taking: &bytes), mode: 0o644)
        return key
    }

    /// 32 random bytes, made on first use: what slots hold that is no certificate is shown by a hash under it.
    /// - Throws: `damaged` where the file is not of that length.
    package func secret() throws(StateError) -> SecretBytes {
        let path = self.path + "/secret"
        if try PrivateFile.read(path, limit: 32) == nil {
            var generator = SystemRandomNumberGenerator()  // getrandom(2)
            var bytes = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            _ = try PrivateFile.create(path, SecretBytes(taking: &bytes), mode: 0o600)
        }
        guard let secret = try PrivateFile.read(path, limit: 32), secret.count == 32 else {
            throw StateError(.damaged, path: path, detail: "it has not the 32 bytes that were written to it")
        }
        return secret
    }

    /// It comes from the repository and becomes part of a path.
    private static func isRepositoryID(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return bytes.count == 36
            && bytes.indices.allSatisfy { index in
                [8, 13, 18, 23].contains(index)
                    ? bytes[index] == 0x2d
                    : (0x30...0x39).contains(bytes[index]) || (0x61...0x66).contains(bytes[index])
            }
    }
}
