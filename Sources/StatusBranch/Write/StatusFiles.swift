// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
internal import Planning
internal import Vocabulary

extension StatusFiles {
    /// The same values make the same bytes, so that nothing is committed where nothing has changed.
    package init(_ content: StatusContent) {
        let history = content.history
        let views = content.plan.connectors
        let (readme, documents) = Parallel.both({ Array(StatusReadme(content).text.utf8) }) {
            inParallel(views) { view in
                ConnectorForm.document(view, history.slots[view.slot] ?? SlotHead(), epoch: history.epoch).prettyBytes
            }
        }
        present = [StatusPath.head: HeadForm(content).document.prettyBytes, StatusPath.readme: readme]
        added = [:]
        var claimed: Set<SlotKey> = []
        for (view, bytes) in zip(views, documents) {
            claimed.insert(view.slot)
            present[StatusPath.connector(view.connector)] = bytes
        }
        for (slot, head) in history.slots where !claimed.contains(slot) && head.isWorthKeeping {
            let document = ConnectorForm.document(slot, head, epoch: history.epoch)
            present[StatusPath.slot(device: slot.device, path: slot.path)] = document.prettyBytes
        }
        let certificates = Dictionary(grouping: views, by: \.certificate).compactMap { name, views in
            name.map { (name: $0, views: views) }
        }
        for ((name, _), bytes) in zip(
            certificates, inParallel(certificates) { CertificateForm.document($0.name, $0.views).prettyBytes })
        {
            present[StatusPath.certificate(name)] = bytes
        }
        addWorkOrders(content)
        for (id, batch) in history.openBatches {
            present[StatusPath.batch(id.text)] = BatchForm.document(batch).prettyBytes
        }
        addDevices(content)
        for (leaf, revocation) in history.revocations {
            present[StatusPath.revocation(leaf)] = RevocationForm.document(leaf, revocation).prettyBytes
        }
        for evidence in content.evidence {
            added[StatusPath.evidence(evidence.record)] = EvidenceForm.document(evidence).prettyBytes
        }
        for commit in content.requesterCommits {
            added[StatusPath.requester(commit.id)] = EvidenceForm.document(requester: commit).prettyBytes
        }
        if let change = content.policyChange {
            added[StatusPath.policyChange(change.digest)] = EvidenceForm.document(change).prettyBytes
        }
        if let report = content.report {
            let document = ReportForm.document(report, zone: content.zone)
            added[StatusPath.report(until: report.until)] = document.prettyBytes
        }
        for leaf in content.leaves { added[StatusPath.leaf(leaf.leaf)] = EvidenceForm.document(leaf).prettyBytes }
    }

    private mutating func addWorkOrders(_ content: StatusContent) {
        for order in content.plan.workOrders {
            guard let digest = order.digest else { continue }
            present[StatusPath.workOrder(digest)] = WorkOrderForm.document(order, digest).prettyBytes
        }
        for finished in content.finished {
            let path = StatusPath.archived(finished.intent.workOrder, at: finished.at)
            added[path] = WorkOrderForm.document(finished).prettyBytes
        }
    }

    private mutating func addDevices(_ content: StatusContent) {
        var devices = Set(content.history.unreachable.keys)
        devices.formUnion(content.history.tokens.filter { $0.value.lacksShadow }.map(\.key))
        for order in content.plan.workOrders {
            if case .candidateRefused = order.history.outcome { devices.insert(order.device) }
        }
        for device in devices {
            let document = DeviceForm.document(
                device, token: content.history.tokens[device], unreachable: content.history.unreachable[device])
            present[StatusPath.device(device)] = document.prettyBytes
        }
    }
}

extension SlotHead {
    /// Where a key still lies decides on policies: who derives from here must see what the gateway sees.
    fileprivate var isWorthKeeping: Bool {
        observed?.key != nil || observed?.holding.leaf != nil || sequence > 0 || lastCompleted != nil
            || lastEnded != nil || openBatch != nil
    }
}
