// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Commits
internal import Declarations
internal import PKI
internal import Planning
package import Vocabulary

/// `adopt CONNECTOR`: a signed commit that declares what is on the device, so that what somebody did by hand becomes what is
/// wanted. The `adopt` work order that follows touches nothing and needs the same signatures as any push.
package struct AdoptOperation: Sendable {
    package struct Report: Sendable {
        package var connector: ConnectorName
        package var certificate: CertificateName
        package var leaf: Fingerprint
        package var path: String
        package var commit: ObjectID
        package var branch: String
        package var pushed: Bool
        package var notices: [String]

        package init(
            connector: ConnectorName, certificate: CertificateName, leaf: Fingerprint, path: String, commit: ObjectID,
            branch: String, pushed: Bool, notices: [String]
        ) {
            (self.connector, self.certificate, self.leaf, self.path) = (connector, certificate, leaf, path)
            (self.commit, self.branch, self.pushed, self.notices) = (commit, branch, pushed, notices)
        }
    }
    private let site: Site
    private let time: any TimeSource

    package init(site: Site, time: any TimeSource) { (self.site, self.time) = (site, time) }

    /// - Throws: `UnknownName`; `NotBound`; `NothingToAdopt` where the slot holds no certificate, or the declared one;
    ///   `ChainUnknown` where a certificate of its chain is known by its hash only; `KeyCompromised` where its key has leaked.
    package func run(_ text: String, comment: String?) async throws(UserError) -> Report {
        let overview = try await Overview.open(site, time: time)
        let change = try await ChangeCommit(site)
        let tree = try site.loadValid(change.base)
        guard let name = ConnectorName(text), let connector = tree.set.connectors[name] else {
            let meant = nearest(to: text, among: tree.set.connectors.keys.map(\.text))
            throw UserError(
                "UnknownName", "no connector is named \"\(Shown.text(text))\"",
                hint: meant.map { "did you mean \($0)?" } ?? "countersign status lists them")
        }
        guard let slot = DesiredSlots(of: tree.set).slots.first(where: { $0.connector == name }),
            let certificate = tree.set.certificates[slot.certificate]
        else {
            throw UserError(
                "NotBound",
                "no certificate is bound to \(name): there is nothing declared that could become what it holds",
                hint: "declare a Certificate and a Binding for it first")
        }
        let observed = overview.derivation.history.slots[SlotKey(connector)]?.observed
        let (leaf, chain) = try held(observed, at: name, instead: tree.chains[certificate.spec.chain], known: tree)
        try refuseLeaked(observed, chain.first, at: name, overview.derivation.compromisedKeys)
        let made = try await change.make(
            [(certificate.spec.chain, ChainFile.pem(of: chain))],
            message: Self.message(name, leaf, comment))
        return Report(
            connector: name, certificate: certificate.name, leaf: leaf, path: certificate.spec.chain,
            commit: made.commit,
            branch: made.branch, pushed: made.pushed,
            notices: made.notices + remarks(certificate, name, observed, in: tree))
    }

    /// DER of what the slot holds, leaf first.
    private func held(
        _ observed: SlotObservation?, at name: ConnectorName, instead declared: SentChain?, known tree: LoadedTree
    ) throws(UserError) -> (Fingerprint, [[UInt8]]) {
        guard let observed else {
            throw UserError(
                "NothingToAdopt", "nobody has looked at \(name) yet", hint: "run on the gateway: countersign reconcile")
        }
        guard let leaf = observed.holding.leaf, let leafDER = observed.leafDER ?? tree.certificates[leaf] else {
            throw UserError("NothingToAdopt", "\(name) holds no certificate")
        }
        guard SentChain(leaf: leaf, chain: observed.chain) != declared else {
            throw UserError(
                "NothingToAdopt", "\(name) holds what is declared: \(leaf.short)",
                hint: "where it was never signed for, its adopt work order waits: countersign plan")
        }
        var chain = [leafDER]
        for issuer in observed.chain {
            guard let der = tree.certificates[issuer] else {
                throw UserError(
                    "ChainUnknown",
                    "the chain on \(name) holds \(issuer.short), which is in no chain file here; the status has only its hash",
                    hint: "copy the whole chain from the device into the certificate's chain file, and commit it signed"
                )
            }
            chain.append(der)
        }
        return (leaf, chain)
    }

    /// Declared, it would be blocked, and wanted wherever the certificate goes.
    private func refuseLeaked(
        _ observed: SlotObservation?, _ leaf: [UInt8]?, at name: ConnectorName, _ compromised: Set<SPKIFingerprint>
    ) throws(UserError) {
        let keys = [observed?.key, leaf.flatMap { try? CertificateFacts(der: $0) }?.spki].compactMap(\.self)
        guard let leaked = keys.first(where: compromised.contains) else { return }
        throw UserError(
            "KeyCompromised",
            "the key on \(name) (\(leaked.short)) is listed in compromisedKeys and cannot be kept",
            hint: "sign the work order that puts the declared certificate in its place: countersign plan")
    }

    /// What follows besides, said before anybody signs.
    private func remarks(
        _ certificate: Certificate, _ name: ConnectorName, _ observed: SlotObservation?, in tree: LoadedTree
    ) -> [String] {
        var remarks: [String] = []
        let others = DesiredSlots(of: tree.set).slots.filter {
            $0.certificate == certificate.name && $0.connector != name
        }
        if !others.isEmpty {
            remarks.append(
                "\(certificate.name) is bound to \(others.count) more: it is now wanted there too (\(others.prefix(5).map(\.connector.text).joined(separator: ", ")))"
            )
        }
        let isNamedAfterKey =
            if case .file(let path) = certificate.spec.privateKey { path.contains("{spki}") } else { false }
        let former = tree.chains[certificate.spec.chain].flatMap { tree.certificates[$0.leaf] }
            .flatMap { try? CertificateFacts(der: $0) }?.spki
        if !isNamedAfterKey, certificate.spec.privateKey != .installed, observed?.key != former {
            remarks.append(
                "its private key is another one: bring the key that is declared for \(certificate.name) in line, too")
        }
        return remarks
    }

    private static func message(_ name: ConnectorName, _ leaf: Fingerprint, _ comment: String?) -> String {
        let says = "Declare what \(name) holds: \(leaf.short)"
        guard let comment, !comment.allSatisfy(\.isWhitespace) else { return says + "\n" }
        return comment + "\n\n" + says + "\n"
    }
}
