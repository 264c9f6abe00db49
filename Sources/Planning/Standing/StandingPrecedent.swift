// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Declarations
package import Vocabulary

/// A new leaf beside what the slot was last completed with, and what it holds: the same for the plan and for the audit.
package struct StandingPrecedent {
    private let head: SlotHead?
    private let certificate: Certificate?
    private let binding: BindingName?
    private let connector: AppConnector
    private let held: CertificateFacts?
    private let installed: CertificateFacts?

    package init(
        head: SlotHead?, certificate: Certificate?, binding: BindingName?, connector: AppConnector,
        held: CertificateFacts?,
        installed: CertificateFacts?
    ) {
        (self.head, self.certificate, self.binding, self.connector) = (head, certificate, binding, connector)
        (self.held, self.installed) = (held, installed)
    }

    /// In words, with the way out where there is one.
    package var differences: [StandingCondition: String] {
        guard let head, let last = head.lastCompleted, let terms = last.terms, let certificate, let installed else {
            return [
                .firstPush:
                    "no push to this slot is known to have been completed or adopted: what is there can be signed for with countersign adopt"
            ]
        }
        var found: [StandingCondition: String] = [:]
        if last.certificate != certificate.name {
            found[.certificate] =
                "it was last completed with certificate \(last.certificate?.text ?? "none"), not \(certificate.name)"
        }
        if last.binding != binding {
            found[.binding] =
                "it was last completed under binding \(last.binding?.text ?? "none"), not \(binding?.text ?? "none")"
        }
        let now = SlotHead.Terms(connector: connector.raw, key: certificate.raw["privateKey"] ?? .null)
        if last.connector != connector.name || terms.connector != now.connector {
            found[.connector] = "AppConnector \(connector.name) has been edited since people signed for it"
        }
        if terms.key != now.key {
            found[.key] = "the kind or the place of the private key has been edited since people signed for it"
        }
        if let held {
            compare(held, installed, &found)
        } else {
            found[.names] = "what the slot holds cannot be compared with the new certificate"
        }
        let leaf = installed.fingerprint
        if head.formerLeaves.contains(leaf) || head.observed?.holding.leaf == leaf || head.lastVerified == leaf {
            found[.heldBefore] = "this slot has held this certificate before"
        }
        if let ended = head.lastEnded, ended.leaf == leaf, ended.outcome.isFailure {
            found[.failedBefore] = "its last push to this slot failed (\(ended.outcome.name))"
        }
        return found
    }

    private func compare(
        _ old: CertificateFacts, _ new: CertificateFacts, _ found: inout [StandingCondition: String]
    ) {
        let (before, after) = (Self.names(of: old), Self.names(of: new))
        let (lost, gained) = (before.subtracting(after).sorted(), after.subtracting(before).sorted())
        if !lost.isEmpty || !gained.isEmpty {
            let words = [
                gained.isEmpty ? nil : "name added: \(Block.list(gained))",
                lost.isEmpty ? nil : "name dropped: \(Block.list(lost))",
            ]
            found[.names] = words.compactMap(\.self).joined(separator: ", ")
        }
        if old.keyType != new.keyType {
            found[.keyType] = "key type changes from \(old.keyType.words) to \(new.keyType.words)"
        }
        if new.notBefore <= old.notBefore {
            found[.older] = "the new certificate does not begin later than the old one"
        }
    }

    private static func names(of facts: CertificateFacts) -> Set<String> { Set(facts.dnsNames + facts.ipAddresses) }
}
