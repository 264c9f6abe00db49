// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
internal import Declarations
internal import Vocabulary

extension Planner {
    /// The work orders of a batch that was begun and has not ended: as they were signed, whatever is declared by now.
    mutating func inFlight(_ batch: OpenBatch) -> [WorkOrder] {
        batch.intents.map { intent in inFlight(intent, of: batch) }
    }

    private mutating func inFlight(_ intent: Intent, of batch: OpenBatch) -> WorkOrder {
        let signed = SignedContent(intent.content)
        let policy = signed?.policy.flatMap { input.inForce.policies[$0] }
        let last = input.history.slots[intent.slot]?.lastCompleted
        let former = signed?.action == .remove ? last : nil
        let (requesters, comment) = input.requesters.asking(
            for: RequesterTable.Sources(
                certificate: signed?.certificate ?? former?.certificate,
                binding: signed?.binding?.name ?? former?.binding, connector: intent.connector, files: []),
            after: last, &descent)
        let judgement =
            policy.map { policy in
                var subject = ApprovalCase.workOrder(intent.workOrder, under: policy.spec, requesters: requesters)
                subject.implementingSince = batch.intendedAt
                return judge.judgement(on: subject, records: records)
            } ?? Judgement(levels: [])
        var facts = input.history.workOrders[intent.workOrder] ?? WorkOrderFacts()
        if facts.intendedAt == nil { facts.intendedAt = batch.intendedAt }
        let installs = signed?.installs
        let installed = installs.flatMap { shelf.facts($0.leaf) }
        let held = intent.replaces.leaf.flatMap { shelf.facts($0) }
        let action = signed?.action ?? .replace
        let device = input.inForce.devices[batch.device]
        return WorkOrder(
            digest: intent.workOrder, content: intent.content, request: signed.flatMap(request(of:)),
            connector: intent.connector, slot: intent.slot, device: batch.device,
            deviceKind: device?.spec.server.kind ?? signed?.deviceKind ?? "", zone: device?.spec.zone ?? input.zone,
            binding: signed?.binding?.name, certificate: signed?.certificate, action: action,
            change: ChangeClass(
                action: action, held: held,
                heldIssuer: {
                    installs?.chain.first.flatMap { issuer in
                        held.flatMap { shelf.key(of: issuer, signing: $0.fingerprint) }
                    }
                },
                installed: installs.flatMap { shelf.verdict(SentChain(leaf: $0.leaf, chain: $0.chain)).leaf }),
            replaces: intent.replaces, installs: installs, installsFacts: installed, replacesFacts: held,
            policy: policy.map {
                WorkOrder.PolicyReference(
                    name: $0.name, version: $0.spec.version, reason: "it decided when the push began")
            },
            requesters: requesters, judgement: judgement,
            state: .derived(
                from: StateFacts(outcome: facts.outcome, flight: StateFacts.Flight(batch), judgement: judgement),
                at: input.now),
            blocks: [], history: facts, notes: [], comment: comment,
            keyCheck: signed?.certificate.flatMap { input.keyChecks[$0] } ?? .notChecked)
    }

    private func request(of signed: SignedContent) -> RequestDigest? {
        guard let certificate = signed.certificate, let leaf = signed.installs?.leaf else { return nil }
        return RequestDocument(
            certificate: certificate, epoch: signed.epoch, leaf: leaf, repository: signed.repository
        ).digest
    }
}

extension SignedContent {
    var deviceKind: String? { document["device"]?["spec"]?["kind"]?.string }
}
