// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
internal import Vocabulary

extension Planner {
    /// Canonical bytes; nil where something that must be in it is not known: a slot that nobody looked at, a device that is
    /// not in force, a file that is not there.
    mutating func content(of draft: Draft, _ row: SlotRow) -> [UInt8]? {
        guard let epoch = input.history.epoch, let repository = input.inForce.repository, row.isInForce,
            let head = row.head, let observed = head.observed, var files = draft.standing.files
        else { return nil }
        var installed: CanonicalFragment?
        if draft.action != .remove {
            guard let certificate = row.certificate, let installs = draft.installs(row) else { return nil }
            if case .encrypted(let path) = certificate.spec.privateKey {
                guard let file = input.desired.files[path] else { return nil }
                files[path] = file.digest
            }
            installed = fragment(of: certificate, installs)
        }
        let document = WorkOrderDocument(
            action: draft.action,
            binding: row.binding.map { WorkOrderDocument.Asked(name: $0.name, push: $0.pushNumber, rollout: $0.raw["rollout"]) },
            certificate: row.certificate?.name,
            connector: .connector(
                name: row.connector.name.text, push: row.connector.pushNumber, spec: row.connector.raw),
            device: draft.standing.fragment, epoch: epoch, files: files, holds: observed.holding, installs: installed,
            policy: (draft.decision?.policy).map { fragment(of: $0) }, repository: repository.spec.id,
            sequence: head.sequence)
        return document.canonicalBytes
    }

    private mutating func fragment(of certificate: Certificate, _ installed: Installs) -> CanonicalFragment {
        if let known = installs[certificate.name] { return known }
        let made = CanonicalFragment.installs(
            installed, dropsNames: certificate.raw["dropsNames"] ?? [], key: certificate.raw["privateKey"] ?? .null)
        installs[certificate.name] = made
        return made
    }

    private mutating func fragment(of policy: ApprovalPolicy) -> CanonicalFragment {
        if let known = policyFragments[policy.name] { return known }
        let made = CanonicalFragment.resource(name: policy.name.text, spec: policy.raw)
        policyFragments[policy.name] = made
        return made
    }
}
