// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Commits
internal import Declarations
package import Planning
package import Vocabulary

/// Everything that holds one private key, serves with it, or would install it.
package struct KeyWhereabouts: Sendable {
    package struct Slot: Sendable {
        package var slot: SlotKey
        /// nil: no connector declares it any more.
        package var connector: ConnectorName?
        package var leaf: Fingerprint?
        /// Endpoints that answered with a certificate of this key.
        package var serves: [String]
    }
    package struct Declared: Sendable {
        package var certificate: CertificateName
        package var connectors: [ConnectorName]
    }
    package var key: SPKIFingerprint
    /// Listed in `compromisedKeys`, in force or at the tip.
    package var isCompromised: Bool
    package var holds: [Slot]
    package var installs: [Declared]
    /// Open work orders that would install it.
    package var workOrders: [WorkOrder]

    package var isNowhere: Bool { holds.isEmpty && installs.isEmpty }
}

extension Overview {
    package func whereabouts(of key: SPKIFingerprint) -> KeyWhereabouts {
        let history = derivation.history
        let desired = derivation.desired
        var shelf = CertificateShelf(sent: desired.certificates, slots: history.slots)
        let connectors = Dictionary(desired.set.connectors.values.map { (SlotKey($0), $0.name) }) { first, _ in first }
        var holds: [KeyWhereabouts.Slot] = []
        for (slot, head) in history.slots.sorted(by: { $0.key < $1.key }) {
            let leaf = head.observed?.holding.leaf
            let held = leaf.flatMap { shelf.publicKey($0, der: head.observed?.leafDER) }
            var serves: [String] = []
            for answer in head.served {
                guard case .served(let leaf, _) = answer.answer, shelf.publicKey(leaf) == key else { continue }
                serves.append("\(answer.address):\(answer.endpoint.port)")
            }
            guard head.observed?.key == key || held == key || !serves.isEmpty else { continue }
            holds.append(
                KeyWhereabouts.Slot(
                    slot: slot, connector: connectors[slot], leaf: held == key ? leaf : nil, serves: serves))
        }
        var installs: [KeyWhereabouts.Declared] = []
        for certificate in desired.set.certificates.values.sorted(by: { $0.name < $1.name }) {
            guard let chain = desired.chains[certificate.spec.chain], shelf.publicKey(chain.leaf) == key else {
                continue
            }
            installs.append(
                KeyWhereabouts.Declared(
                    certificate: certificate.name,
                    connectors: desired.slots.slots.filter { $0.certificate == certificate.name }.map(\.connector)))
        }
        let sets = [derivation.inForce.repository, derivation.tip.trust.repository]
        return KeyWhereabouts(
            key: key, isCompromised: sets.contains { $0?.spec.compromisedKeys.contains(key) ?? false }, holds: holds,
            installs: installs, workOrders: report.plan.workOrders.filter { $0.installs?.spki == key })
    }
}
