// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
internal import Declarations
internal import PKI
internal import Vocabulary

extension Planner {
    /// nil: nothing is to be done at this slot.
    mutating func workOrder(for index: Int, _ difference: SlotDifference) -> WorkOrder? {
        let row = rows[index]
        guard let device = row.device else { return nil }
        let action: Action
        switch difference {
        case .inFlight: return nil
        case .work(let found): action = found
        case .unobserved: action = .install
        case .nothing:
            // Bound, and its chain cannot be read: that is not the same as nothing wanted.
            guard row.certificate != nil, row.sent == nil else { return nil }
            action = row.holding == .nothing ? .install : .replace
        }
        var draft = draft(of: row, action: action, device: device)
        draft.decision = decision(for: index, change: draft.change, key: draft.key(of: row))
        return finish(draft, index, row, device)
    }

    /// What is known before anybody is asked who must sign.
    struct Draft {
        var action: Action
        var standing: DeviceStanding
        var verdict: CertificateShelf.Verdict?
        var held: CertificateFacts?
        var change: ChangeClass
        var decision: PolicyDecision?

        var installed: CertificateFacts? { verdict?.leaf }
        func key(of row: SlotRow) -> SPKIFingerprint? { installed?.spki ?? row.head?.observed?.key ?? held?.spki }
        func installs(_ row: SlotRow) -> Installs? {
            guard let leaf = installed, let sent = row.sent else { return nil }
            return Installs(leaf: leaf.fingerprint, spki: leaf.spki, chain: sent.chain)
        }
    }

    private mutating func draft(of row: SlotRow, action: Action, device: Device) -> Draft {
        let standing = standing(of: device, isInForce: row.isInForce)
        let verdict = action == .remove ? nil : row.sent.map { shelf.verdict($0, roots: standing.roots) }
        let held = row.holding.leaf.flatMap { shelf.facts($0) }
        let change = ChangeClass(
            action: action, held: held,
            heldIssuer: {
                guard let held, let issuer = row.sent?.chain.first else { return nil }
                return shelf.key(of: issuer, signing: held.fingerprint)
            },
            installed: verdict?.leaf)
        return Draft(action: action, standing: standing, verdict: verdict, held: held, change: change, decision: nil)
    }

    private mutating func finish(_ draft: Draft, _ index: Int, _ row: SlotRow, _ device: Device) -> WorkOrder? {
        let content = content(of: draft, row)
        let digest = content.map(WorkOrderDocument.digest(of:))
        let facts = digest.flatMap { input.history.workOrders[$0] } ?? WorkOrderFacts()
        // Signed and done already, by this very content: an `adopt` leaves the sequence as it is.
        if facts.outcome?.finalState == .completed { return nil }
        let (requesters, comment) = input.requesters.asking(
            for: sources(of: row, draft.action), after: row.head?.lastCompleted, &descent)
        let policy = draft.decision?.policy
        var judgement = Judgement(levels: [])
        var standing: WorkOrder.Standing?
        if let policy {
            // Nobody can have signed what has no digest; the levels and who could sign are shown all the same.
            var subject = ApprovalCase.workOrder(
                digest ?? WorkOrderDigest(hashing: []), under: policy.spec, requesters: requesters)
            subject.signaturesSince = row.head?.signaturesSince
            let signed = digest == nil ? RecordIndex([]) : records
            judgement = judge.judgement(on: subject, records: signed)
            if let digest, !judgement.isComplete, !self.standing.approvals.isEmpty, draft.action != .adopt {
                let facts = standingFacts(draft, index, row, requesters)
                let levels = policy.spec.levels.map(\.name)
                standing = nearest(to: facts, levels: levels)
                if let found = self.standing.standing(for: facts, levels: levels) {
                    byPeople[digest] = judgement
                    (subject.standing, subject.standsUntil) = (found.levels, found.until)
                    judgement = judge.judgement(on: subject, records: signed)
                }
            }
        }
        let blocks = blocks(
            of: draft, row, device, hasContent: content != nil, requesters: requesters, judgement: judgement,
            outcome: facts.outcome)
        let state = WorkOrderState.derived(
            from: StateFacts(outcome: facts.outcome, judgement: judgement, blocks: blocks), at: input.now)
        var workOrder = WorkOrder(
            digest: digest, content: content, request: digest.flatMap { _ in request(of: row, draft) },
            connector: row.connector.name, slot: row.key, device: device.name, deviceKind: device.spec.server.kind,
            zone: device.spec.zone, binding: row.binding?.name, certificate: row.certificate?.name,
            action: draft.action,
            change: draft.change, replaces: row.holding, installs: draft.installs(row), installsFacts: draft.installed,
            replacesFacts: draft.held, policy: draft.decision?.reference, requesters: requesters, judgement: judgement,
            state: state, blocks: blocks, history: facts, notes: notes(of: draft, row), comment: comment,
            keyCheck: input.keyCheck(of: row.certificate?.name, at: row.connector.name))
        workOrder.standing = standing
        return workOrder
    }

    private func request(of row: SlotRow, _ draft: Draft) -> RequestDigest? {
        guard draft.action != .remove, let certificate = row.certificate, let leaf = row.sent?.leaf,
            let epoch = input.history.epoch, let repository = input.inForce.repository
        else { return nil }
        return RequestDocument(
            certificate: certificate.name, epoch: epoch, leaf: leaf, repository: repository.spec.id
        ).digest
    }

    /// A removal is made from what is no longer there: who took it away asked for it.
    private func sources(of row: SlotRow, _ action: Action) -> RequesterTable.Sources {
        let former = action == .remove ? row.head?.lastCompleted : nil
        let certificate = row.certificate ?? former?.certificate.flatMap { input.desired.certificates[$0] }
        var files: [String] = []
        if let certificate {
            files.append(certificate.spec.chain)
            if case .encrypted(let path) = certificate.spec.privateKey { files.append(path) }
        }
        return RequesterTable.Sources(
            certificate: row.certificate?.name ?? former?.certificate, binding: row.binding?.name ?? former?.binding,
            connector: row.connector.name, files: files)
    }
}

extension PolicyDecision {
    var reference: WorkOrder.PolicyReference {
        WorkOrder.PolicyReference(name: policy.name, version: policy.spec.version, reason: reason)
    }
}
