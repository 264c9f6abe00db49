// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Signatures

/// How a key is named where records and declarations meet: `TYPE BASE64` of an OpenSSH key, or `openpgp:` and the fingerprint of the
/// primary key or subkey that signs.
package enum SigningKey {
    package static func identity(of key: PublicKey) -> String { key.line }

    package static func identity(of key: SignatureKey) -> String {
        switch key {
        case .ssh(let key): identity(of: key)
        case .openpgp: key.fingerprintText
        }
    }

    /// As people compare keys: `SHA256:9xV…`, as `ssh-keygen -l` shows it.
    package static func shown(_ identity: String) -> String {
        (try? PublicKey(line: identity))?.fingerprintText ?? identity
    }
}
