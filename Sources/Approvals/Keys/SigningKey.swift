// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Declarations
package import Signatures
package import Vocabulary

/// How a key is named where records and declarations meet: `TYPE BASE64` of an OpenSSH key, or `openpgp:` and the fingerprint.
package enum SigningKey {
    /// nil for what is no key, an OpenSSH certificate included: nobody can have signed with it.
    package static func identity(of material: DeclaredKey.Material) -> String? {
        switch material {
        case .ssh(let line):
            guard let key = try? PublicKey(line: line), key.strength == .sound else { return nil }
            return key.line
        case .openpgp(_, let fingerprint): return "openpgp:" + fingerprint.uppercased()
        }
    }

    /// A well-formed key of which nobody has the private half: to try policies with people who are only named.
    package static func imaginary(_ person: PersonName) -> DeclaredKey? {
        let point = FileDigest(hashing: Array("countersign policy test \(person)".utf8)).bytes
        let blob = [0, 0, 0, 11] + Array("ssh-ed25519".utf8) + [0, 0, 0, 32] + point
        return (try? PublicKey(blob: blob)).map { DeclaredKey(material: .ssh($0.line)) }
    }

    package static func identity(of key: PublicKey) -> String { key.line }

    /// As people compare keys: `SHA256:9xV…`, as `ssh-keygen -l` shows it.
    package static func shown(_ identity: String) -> String {
        (try? PublicKey(line: identity))?.fingerprintText ?? identity
    }
}
