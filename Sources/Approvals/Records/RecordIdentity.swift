// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Signatures
internal import Vocabulary

/// By what a record is known, however its signature is wrapped.
package enum RecordIdentity {
    private static let tag = Array("countersign record v1\n".utf8)

    /// SHA-256 of `countersign record v1\n`, the key's fingerprint (`SignatureKey.fingerprintText`), `\n`, and the commit without its
    /// `gpgsig` header. An ECDSA signature (r, s) also holds as (r, n−s), and its armor can be wrapped anew: each would be another
    /// commit id for the same words of the same person.
    package static func key(payload: [UInt8], signingKey: SignatureKey) -> RecordKey {
        RecordKey(hashing: tag, Array("\(signingKey.fingerprintText)\n".utf8), payload)
    }
}
