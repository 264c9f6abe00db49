// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Synchronization
internal import Vocabulary

/// Public keys as OpenSSL wants them, kept: to decode one takes longer than to verify an RSA signature with it.
enum VerifyingKeys {
    /// Far above the number of keys that people declare; strangers' keys must not fill the memory.
    private static let limit = 1024
    private static let known = Mutex<[KeyFingerprint: EVPKey]>([:])

    /// nil for a key that OpenSSL does not take (a point that is not on its curve), and for kinds not verified here.
    static func key(_ key: PublicKey) -> EVPKey? {
        if let known = known.withLock({ $0[key.fingerprint] }) { return known }
        guard let made = make(key.material) else { return nil }
        known.withLock { known in
            if known.count >= limit { known.removeAll(keepingCapacity: true) }
            known[key.fingerprint] = made
        }
        return made
    }

    private static func make(_ material: PublicKey.Material) -> EVPKey? {
        switch material {
        case .ecdsa(let curve, let point): .ecdsa(curve, point: point)
        case .securityECDSA(let point, _): .ecdsa(.p256, point: point)
        case .rsa(let exponent, let modulus): .rsa(exponent: exponent, modulus: modulus)
        case .ed25519, .securityEd25519, .dsa, .certificate, .unknown: nil
        }
    }
}
