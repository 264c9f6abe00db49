// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Planning
package import Vocabulary

/// What is said of certificates and of what lies in a slot.
package enum CertificateWords {
    /// Eight digits, or all of them where every detail is wanted.
    package static func fingerprint(_ leaf: Fingerprint, _ style: Style) -> String {
        style.isVerbose ? leaf.hex : leaf.short
    }

    package static func holding(_ holding: Holding, _ style: Style) -> String {
        switch holding {
        case .nothing: "nothing"
        case .certificate(let leaf): fingerprint(leaf, style)
        case .other: "something else"
        }
    }

    /// `5d0ce1aa → a91c07d2`.
    package static func change(_ order: WorkOrder, _ style: Style) -> Text {
        let from = holding(order.replaces, style)
        let width = style.isVerbose ? 0 : 8
        let padded = from + String(repeating: " ", count: max(0, width - from.utf8.count))
        return switch (order.action, order.installs) {
        case (.adopt, let installs?): "holds \(fingerprint(installs.leaf, style))"
        case (_, let installs?): "\(padded) → \(fingerprint(installs.leaf, style))"
        case (_, nil): "\(padded) → nothing"
        }
    }

    package static func symbol(_ order: WorkOrder) -> Text {
        if case .blocked = order.state { return "\("×", .bad)" }
        return switch order.action {
        case .install: "\("+", .good)"
        case .replace, .restore: "\("~", .caution)"
        case .remove: "\("-", .bad)"
        case .adopt: "\("=", .note)"
        }
    }

    package static func keyType(_ type: CertificateFacts.KeyType) -> String {
        switch type {
        case .rsa(let bits): "RSA \(bits)"
        case .p256: "P-256"
        case .p384: "P-384"
        case .p521: "P-521"
        case .ed25519: "Ed25519"
        case .other(let name): name
        }
    }

    package static func key(_ check: KeyCheck, zone: ZoneName) -> Text {
        switch check {
        case .matches: "key: matches the leaf"
        case .mismatch: "key: \("belongs to another certificate", .bad)"
        case .unavailable: "key: \("cannot be read", .bad)"
        case .loose(let path, let mode):
            "key: \("may be used by others", .bad) (\(path), mode 0\(String(mode, radix: 8)))"
        case .notChecked: "key: checked by \(zone) right before the push"
        }
    }
}
