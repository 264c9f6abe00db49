// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Declarations
package import PKI
package import Vocabulary

/// The private keys of certificates, wherever they are declared to be, as this gateway finds them.
package struct GatewayKeys: Sendable {
    private let files: PrivateKeyLoader
    /// nil: no key in git was ever encrypted to this gateway.
    private let recipient: RecipientKey?

    package init(files: PrivateKeyLoader, recipient: RecipientKey?) {
        (self.files, self.recipient) = (files, recipient)
    }

    /// Whether the key can be looked at before anybody has signed.
    package static func isLookedAt(_ source: CertificateSpec.PrivateKeySource) -> Bool {
        switch source {
        case .file, .encrypted: true
        case .installed, .command, .endpoint: false
        }
    }

    /// Read once by whoever calls: the bytes that are checked are those that are sent. nil: the key stays where it lies (`installed`).
    ///
    /// - Parameter repositoryFiles: those that the commit in force holds, for `encrypted`.
    /// - Throws: `unusable` also for what this version does not fetch.
    package func key(
        of certificate: Certificate, spki: SPKIFingerprint, repositoryFiles: [String: NamedFile]
    ) throws(KeyFileError) -> PrivateKey? {
        switch certificate.spec.privateKey {
        case .installed: return nil
        case .file(let path): return try files.load(path, for: spki)
        case .encrypted(let path):
            guard let file = repositoryFiles[path], let sealed = try? SealedKey(file.bytes), let recipient,
                let key = try? sealed.open(with: recipient)
            else { throw KeyFileError(.unusable, path) }
            return key
        case .command(let name, _): throw KeyFileError(.unusable, "command \(name)")
        case .endpoint(let device): throw KeyFileError(.unusable, "endpoint \(device)")
        }
    }
}
