// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
internal import PKI
package import Vocabulary

extension Planner {
    /// What an approver must not miss, in sentences.
    mutating func notes(of draft: Draft, _ row: SlotRow) -> [String] {
        var notes: [String] = []
        let served = ServedView(row.head?.served ?? [], declared: row.connector.spec.endpoints).served.compactMap(
            \.leaf)
        for leaf in Set(served).sorted() where leaf != row.holding.leaf && shelf.facts(leaf) == nil {
            notes.append("what is served now (\(leaf.short)) is known by its hash only: its names were not compared")
        }
        if let new = draft.installed {
            if let old = draft.held, old.fingerprint != new.fingerprint {
                notes += CertificateChange(from: old, to: new).notes
            } else if row.holding.leaf != nil, draft.held == nil {
                notes.append("what the slot holds cannot be decoded: names, issuer and key type were not compared")
            }
        }
        guard draft.action == .adopt, let device = row.device else { return notes }
        let wrong = certificateBlocks(draft, row, device)
        notes += wrong.filter { $0.code != .keyCompromised }
            .sorted { $0.code.rank < $1.code.rank }.map { "\($0.code.rawValue): \($0.message)" }
        return notes
    }
}

/// How one certificate differs from the one before it.
package struct CertificateChange: Sendable {
    /// DNS names and addresses that only the old one has; what a wildcard of the new one covers is not lost.
    package var lost: [String]
    package var gained: [String]
    /// (before, after); nil: the same.
    package var issuer: (before: String, after: String)?
    package var keyType: (before: CertificateFacts.KeyType, after: CertificateFacts.KeyType)?
    package var keepsKey: Bool
    package var beginsEarlier: Bool
    package var endsEarlier: Bool

    package init(from old: CertificateFacts, to new: CertificateFacts) {
        lost =
            old.dnsNames.filter { !covers(new.dnsNames, name: $0) && !new.dnsNames.contains($0) }
            + old.ipAddresses.filter { !new.ipAddresses.contains($0) }
        gained =
            new.dnsNames.filter { !covers(old.dnsNames, name: $0) && !old.dnsNames.contains($0) }
            + new.ipAddresses.filter { !old.ipAddresses.contains($0) }
        issuer = old.issuer == new.issuer ? nil : (old.issuer, new.issuer)
        keyType = old.keyType == new.keyType ? nil : (old.keyType, new.keyType)
        keepsKey = old.spki == new.spki
        beginsEarlier = new.notBefore < old.notBefore
        endsEarlier = new.notAfter < old.notAfter
    }

    package var notes: [String] {
        var notes: [String] = []
        if !lost.isEmpty { notes.append("names lost: \(Block.list(lost))") }
        if !gained.isEmpty { notes.append("names gained: \(Block.list(gained))") }
        if let issuer {
            notes.append("issuer changes from \(Shown.text(issuer.before)) to \(Shown.text(issuer.after))")
        }
        if let keyType { notes.append("key type changes from \(keyType.before.words) to \(keyType.after.words)") }
        if keepsKey { notes.append("the key stays the same") }
        if beginsEarlier { notes.append("begins earlier than what it replaces") }
        if endsEarlier { notes.append("ends earlier than what it replaces") }
        return notes
    }
}

extension CertificateFacts.KeyType {
    /// `RSA 2048`, `P-256`.
    package var words: String {
        switch self {
        case .rsa(let bits): "RSA \(bits)"
        case .p256: "P-256"
        case .p384: "P-384"
        case .p521: "P-521"
        case .ed25519: "Ed25519"
        case .other(let name): Shown.text(name)
        }
    }
}
