// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

/// A key pair made by `ssh-keygen`, without a passphrase.
package struct SSHKey: Sendable {
    package var name: String
    /// The private key file (0600); the public one is beside it, with `.pub`.
    package var path: String
    /// `ssh-ed25519 AAAA… name`
    package var publicLine: String

    /// - Parameter type: what `ssh-keygen -t` takes, with `-b` where `bits` is given.
    package init(
        _ name: String, in folder: TemporaryFolder, type: String = "ed25519", bits: Int? = nil
    ) async throws {
        self.name = name
        path = folder.file("keys/\(name)")
        try folder.makeFolder("keys")
        let size = bits.map { ["-b", String($0)] } ?? []
        try await run(["ssh-keygen", "-q", "-t", type] + size + ["-N", "", "-C", name, "-f", path])
        publicLine = String(try folder.readText("keys/\(name).pub").split(separator: "\n").first ?? "")
    }

    /// The line without its comment.
    package var key: String { publicLine.split(separator: " ").prefix(2).joined(separator: " ") }
}
