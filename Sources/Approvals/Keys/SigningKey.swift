// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Signatures
package import Vocabulary

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

    /// A well-formed key of which nobody has the private half: to try policies with people who are only named.
    package static func imaginary(_ person: PersonName) -> String? {
        let point = FileDigest(hashing: Array("countersign policy test \(person)".utf8)).bytes
        let blob = [0, 0, 0, 11] + Array("ssh-ed25519".utf8) + [0, 0, 0, 32] + point
        return (try? PublicKey(blob: blob)).map { identity(of: $0) }
    }

    /// As people compare keys: `SHA256:9xV…`, as `ssh-keygen -l` shows it.
    package static func shown(_ identity: String) -> String {
        (try? PublicKey(line: identity))?.fingerprintText ?? identity
    }
}
