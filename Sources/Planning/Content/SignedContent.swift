// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Vocabulary

/// What can be read back from the canonical bytes of a content document: for work that was begun, and for what was completed.
package struct SignedContent: Hashable, Sendable {
    package var document: JSONValue
    package var action: Action
    package var binding: WorkOrderDocument.Asked?
    package var certificate: CertificateName?
    package var connector: ConnectorName
    package var connectorPush: Int64
    package var device: DeviceName
    package var epoch: Epoch
    package var holds: Holding
    package var installs: Installs?
    package var policy: PolicyName?
    package var repository: String
    package var sequence: Int64

    /// nil unless `bytes` are a document of the format `countersign.work-order/v1`.
    package init?(_ bytes: [UInt8]) {
        guard let document = try? JSONValue(parsing: bytes) else { return nil }
        self.init(document)
    }

    /// The same, of what was parsed already.
    package init?(_ document: JSONValue) {
        guard document["format"]?.string == WorkOrderDocument.format,
            let action = document["action"]?.string.flatMap(Action.init(rawValue:)),
            let connector = document["connector"]?["name"]?.string.flatMap({ ConnectorName($0) }),
            let device = document["device"]?["name"]?.string.flatMap({ DeviceName($0) }),
            let epoch = document["epoch"]?.string.flatMap(Epoch.init),
            let holds = document["holds"].flatMap(Holding.init(document:)),
            let repository = document["repository"]?.string, let sequence = document["sequence"]?.integer
        else { return nil }
        (self.document, self.action, self.connector, self.device) = (document, action, connector, device)
        (self.epoch, self.holds, self.repository, self.sequence) = (epoch, holds, repository, sequence)
        connectorPush = document["connector"]?["push"]?.integer ?? 0
        binding = document["binding"].flatMap { binding in
            binding["name"]?.string.flatMap { BindingName($0) }
                .map {
                    WorkOrderDocument.Asked(
                        name: $0, push: binding["push"]?.integer ?? 0, rollout: binding["rollout"])
                }
        }
        certificate = document["certificate"]?.string.flatMap { CertificateName($0) }
        policy = document["policy"]?["name"]?.string.flatMap { PolicyName($0) }
        installs = document["installs"].flatMap(Installs.init(document:))
    }
}

extension Installs {
    fileprivate init?(document: JSONValue) {
        guard let leaf = document["leaf"]?.string.flatMap({ Fingerprint(hex: $0) }),
            let spki = document["spki"]?.string.flatMap({ SPKIFingerprint(hex: $0) }),
            let chain = document["chain"]?.array
        else { return nil }
        self.init(leaf: leaf, spki: spki, chain: chain.compactMap { $0.string.flatMap { Fingerprint(hex: $0) } })
    }
}

extension SlotHead.CompletedWorkOrder {
    /// What a slot remembers of a work order that was completed (`adopted`: without touching the device), from what was
    /// signed. Names and push numbers are missing where the content is not of a format known here.
    package init(of intent: Intent, at: Timestamp, adopted: Bool) {
        self.init(
            digest: intent.workOrder, leaf: intent.installs, at: at, adopted: adopted, tip: intent.tip)
        guard let content = SignedContent(intent.content) else { return }
        (chain, spki) = (content.installs?.chain ?? [], content.installs?.spki)
        (certificate, connector, connectorPush) = (content.certificate, content.connector, content.connectorPush)
        (binding, bindingPush) = (content.binding?.name, content.binding?.push ?? 0)
        if let spec = content.document["connector"]?["spec"], let key = content.document["installs"]?["key"] {
            terms = SlotHead.Terms(connector: spec, key: key)
        }
    }
}
