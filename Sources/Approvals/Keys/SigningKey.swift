// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Declarations

/// How a key is named where records and declarations meet: the OpenSSH type and base64 blob without the comment, or `openpgp:` and the
/// fingerprint.
package enum SigningKey {
    /// nil for what is no key.
    package static func identity(of material: DeclaredKey.Material) -> String? {
        switch material {
        case .ssh(let line):
            let fields = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
            return fields.count >= 2 ? "\(fields[0]) \(fields[1])" : nil
        case .openpgp(_, let fingerprint): return "openpgp:" + fingerprint.uppercased()
        }
    }
    package static func shown(_ identity: String) -> String { identity }
}
