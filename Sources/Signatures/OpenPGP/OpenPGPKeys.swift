// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

/// The OpenPGP keys that signatures may be by: an OpenPGP signature holds no key, only whose it says that it is.
package struct OpenPGPKeys: Sendable {
    private var keys: [String: OpenPGPSigningKey] = [:]

    /// No OpenPGP signature holds.
    package static let none = OpenPGPKeys([])

    package init(_ keys: some Sequence<OpenPGPSigningKey>) {
        for key in keys { self.keys[key.fingerprint] = key }
    }

    package func union(_ other: Self) -> Self {
        var both = self
        both.keys.merge(other.keys) { first, _ in first }
        return both
    }

    package subscript(fingerprint: String) -> OpenPGPSigningKey? { keys[fingerprint] }

    /// nil too where several keys have this end.
    func key(endingIn keyID: String) -> OpenPGPSigningKey? {
        let found = keys.values.filter { $0.fingerprint.hasSuffix(keyID) }
        return found.count == 1 ? found[0] : nil
    }
}
