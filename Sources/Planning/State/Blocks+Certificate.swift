// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
internal import PKI
internal import Vocabulary

/// Why this certificate cannot be installed, whatever the device says.
extension Block {
    static func ofCertificate(
        _ certificate: Certificate, verdict: CertificateShelf.Verdict, device: Device, at now: Timestamp
    ) -> [Block] {
        let name = certificate.name
        let file = Shown.text(certificate.spec.chain)
        var blocks: [Block] = []
        if let fault = verdict.fault {
            blocks.append(
                Block(
                    .chainIncomplete,
                    "the chain of \(name) does not hold: \(fault); put the complete chain, leaf first, into \(file)"))
        }
        if let weakness = verdict.weakness {
            blocks.append(Block(.weakCertificate, "\(name) is too weak: \(weakness); have it issued anew"))
        }
        guard let leaf = verdict.leaf else { return blocks }
        if leaf.extendedKeyUsage == .withoutServerAuth {
            blocks.append(
                Block(
                    .notServerAuth,
                    "\(name) is not for servers: its extendedKeyUsage is without serverAuth; have it issued anew"))
        }
        if leaf.extendedKeyUsage == .absent, device.spec.server.isCloud {
            blocks.append(
                Block(
                    .notServerAuth,
                    "\(name) has no extendedKeyUsage, and cloud connectors (\(device.name): \(device.spec.server.kind)) take server "
                        + "certificates only; have it issued anew with serverAuth"))
        }
        if let expired = verdict.facts.first(where: { $0.notAfter <= now }) {
            let which = expired.fingerprint == leaf.fingerprint ? "\(name)" : "an issuer in the chain of \(name)"
            blocks.append(
                Block(.certificateExpired, "\(which) expired at \(expired.notAfter); commit a valid chain to \(file)"))
        }
        if let early = verdict.facts.first(where: { $0.notBefore > now }) {
            let which = early.fingerprint == leaf.fingerprint ? "\(name)" : "an issuer in the chain of \(name)"
            blocks.append(
                Block(
                    .certificateNotYetValid,
                    "\(which) is not valid before \(early.notBefore); it is pushed from then on"))
        }
        return blocks
    }

    /// What its authority took back is put nowhere, also where it was good when it was first pushed.
    static func revoked(_ name: CertificateName, _ revocation: Revocation) -> Block? {
        guard case .revoked(let revoked) = revocation.status else { return nil }
        let reason = revoked.reason.map { " (\($0))" } ?? ""
        return Block(
            .certificateRevoked,
            revocation.issuer.map {
                "\($0.short), which issues \(name), was revoked by its own authority at \(revoked.at)\(reason); have one issued under another"
            }
                ?? "\(name) was revoked by its authority at \(revoked.at)\(reason); have another one issued, for another key"
        )
    }

    /// Names that the slot's endpoints are asked for, and names that are served today.
    /// - Parameter served: DNS names of what is served from this slot now.
    static func ofNames(
        _ certificate: Certificate, connector: AppConnector, leaf: CertificateFacts, served: [String]
    ) -> [Block] {
        var blocks: [Block] = []
        let wanted = Set(connector.spec.endpoints.filter { $0.role == .gate }.compactMap(\.serverName))
        let uncovered = wanted.filter { !covers(leaf.dnsNames, host: $0) }.sorted()
        if !uncovered.isEmpty {
            blocks.append(
                Block(
                    .nameNotCovered,
                    "\(certificate.name) does not cover \(list(uncovered)), which \(connector.name) must serve; use a certificate "
                        + "with the name, or correct serverName in AppConnector \(connector.name)"))
        }
        let dropped = certificate.spec.dropsNames
        let lost = Set(served).filter { !covers(leaf.dnsNames, name: $0) && !isDropped($0, by: dropped) }.sorted()
        if !lost.isEmpty {
            blocks.append(
                Block(
                    .coverageLoss,
                    "\(list(lost)) \(lost.count == 1 ? "is" : "are") served now and not covered by the new \(certificate.name); add "
                        + "to the certificate, or to dropsNames of Certificate \(certificate.name) where it is on purpose"
                ))
        }
        return blocks
    }

    private static func isDropped(_ name: String, by dropped: [String]) -> Bool {
        dropped.contains { $0.lowercased() == name.lowercased() }
    }

    /// The first five, so that one sentence stays one.
    static func list(_ names: [String]) -> String {
        let shown = names.prefix(5).map { Shown.text($0) }.joined(separator: ", ")
        return names.count > 5 ? "\(shown) and \(names.count - 5) more" : shown
    }
}
