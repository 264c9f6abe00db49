// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
internal import Commits
internal import Declarations
internal import Planning
internal import Vocabulary

/// What a standing approval was asked of one work order, told again from the line and the commits that it names.
///
/// Which other slots held the same key then no line tells: as with the policy that decides, only the slot itself is asked.
struct StandingOrigin {
    let content: SignedContent
    let told: Replay.Told
    let tip: LoadedTree
    let inForce: TrustSet
    let loader: TreeLoader
    let leaves: [Fingerprint: [UInt8]]

    func facts(_ requesters: Requesters, _ rule: StandingRule) -> StandingFacts {
        var certificates = tip.certificates
        if let before = content.holds.leaf, let der = held(before) { certificates[before] = der }
        var shelf = CertificateShelf(sent: certificates, slots: [:])
        let held = content.holds.leaf.flatMap { shelf.facts($0) }
        let sent = content.installs.map { SentChain(leaf: $0.leaf, chain: $0.chain) }
        let installed = sent.flatMap { shelf.verdict($0).leaf }
        let change = ChangeClass(
            action: content.action, held: held,
            heldIssuer: {
                guard let held, let issuer = sent?.chain.first else { return nil }
                return shelf.key(of: issuer, signing: held.fingerprint)
            }, installed: installed)
        var roots: Set<String> = []
        for case .root(let path) in rule.approvals.flatMap(\.spec.issuers) {
            guard let sent, let file = inForce.contents[path] else { continue }
            if shelf.verdict(sent, roots: [(path, file)]).fault == nil { roots.insert(path) }
        }
        let device = inForce.devices[content.device].map { PolicyTable.DeviceFacts($0) }
        let names = Set((held?.dnsNames ?? []) + (installed?.dnsNames ?? [])).sorted()
        return StandingFacts(
            change: change, places: device.map { [StandingFacts.Place(device: $0, names: names)] } ?? [],
            requesters: requesters, issuer: installed?.issuerSPKI, roots: roots, differs: differences(held, installed))
    }

    private func differences(
        _ held: CertificateFacts?, _ installed: CertificateFacts?
    ) -> [StandingCondition: String] {
        guard let connector = tip.set.connectors[content.connector] else {
            return [.connector: "connector \(content.connector) is not declared by the commit that it was derived from"]
        }
        return StandingPrecedent(
            head: told.head, certificate: content.certificate.flatMap { tip.set.certificates[$0] },
            binding: content.binding?.name, connector: connector, held: held, installed: installed
        ).differences
    }

    /// What lay there before: as it was proven to be served, or as the commit of the last push or adoption declares it.
    private func held(_ leaf: Fingerprint) -> [UInt8]? {
        if let known = leaves[leaf] { return known }
        guard let before = told.after?.tip, let tree = try? loader.load(before) else { return nil }
        return tree.certificates[leaf]
    }
}
