// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
internal import Vocabulary

/// Who names whom in one commit's declarations, both ways.
struct ReferenceGraph {
    private(set) var out: [ResourceKey: Set<ShownResource.Reference>] = [:]
    private(set) var into: [ResourceKey: Set<ShownResource.Reference>] = [:]

    init(_ set: DeclarationSet) {
        for device in set.devices.values { link(device.key, .zone, device.spec.zone.text) }
        for connector in set.connectors.values { link(connector.key, .device, connector.spec.device.text) }
        for certificate in set.certificates.values {
            if case .endpoint(let device) = certificate.spec.privateKey {
                link(certificate.key, .device, device.text, "keeps its private key")
            }
        }
        addBindings(set)
        for group in set.groups.values {
            for member in group.spec.members { link(group.key, .person, member.text, "member") }
        }
        for policy in set.policies.values { addPolicy(policy) }
        for standing in set.standingApprovals.values {
            for requester in standing.spec.requesters { link(standing.key, requester, "may ask") }
        }
        for policy in set.alertPolicies.values {
            for zone in policy.spec.match.devices.zones { link(policy.key, .zone, zone.text, "matches") }
            guard let repository = set.repository else { continue }
            let channels = policy.spec.notify.map(\.text).joined(separator: ", ")
            link(policy.key, .repository, repository.name.text, "notifies \(channels)")
        }
    }

    private mutating func addBindings(_ set: DeclarationSet) {
        for binding in set.bindings.values {
            link(binding.key, .certificate, binding.spec.certificate.text)
            if case .connectors(let names) = binding.spec.target {
                for name in names { link(binding.key, .appConnector, name.text) }
            }
        }
        for slot in DesiredSlots(of: set).slots {
            let key = ResourceKey(kind: .binding, name: slot.binding.text)
            if case .selector? = set.bindings[slot.binding]?.spec.target {
                link(key, .appConnector, slot.connector.text, "by labels")
            }
        }
    }

    private mutating func addPolicy(_ policy: ApprovalPolicy) {
        for level in policy.spec.levels {
            for approver in level.approvers { link(policy.key, approver, "approves at level \(level.name)") }
        }
        for approver in policy.spec.policyChange?.approvers ?? [] {
            link(policy.key, approver, "approves policy changes")
        }
        for approver in policy.spec.emergency?.approvers ?? [] {
            link(policy.key, approver, "approves in an emergency")
        }
        for zone in policy.spec.match.zones { link(policy.key, .zone, zone.text, "matches") }
    }

    private mutating func link(_ from: ResourceKey, _ approver: Approver, _ how: String) {
        switch approver {
        case .group(let name): link(from, .group, name.text, how)
        case .person(let name): link(from, .person, name.text, how)
        }
    }

    private mutating func link(_ from: ResourceKey, _ kind: ResourceKind, _ name: String, _ how: String = "") {
        let to = ResourceKey(kind: kind, name: name)
        out[from, default: []].insert(ShownResource.Reference(to, how))
        into[to, default: []].insert(ShownResource.Reference(from, how))
    }
}
