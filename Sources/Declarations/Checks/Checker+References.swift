// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Vocabulary

extension Checker {
    mutating func checkRepository() {
        guard set.repository == nil, !isTorn, !broken.contains(where: { $0.kind == .repository }) else { return }
        object(
            at: SourcePosition(file: "countersign.yaml"),
            "no Repository is declared: one is needed, with id and branch",
            .repository)
    }

    mutating func checkReferences() {
        let everyLevel = Set(set.policies.values.flatMap { $0.spec.levels.map(\.name) })
        for device in set.devices.values {
            refer(device, ["spec", "zone"], .zone, device.spec.zone.text, set.zones[device.spec.zone] != nil)
            if let plugin = device.spec.server.plugin {
                referToCommand(device, ["spec", "exec", "command"], plugin.command)
            }
        }
        for group in set.groups.values { checkMembers(of: group) }
        for policy in set.policies.values {
            checkMatch(policy, policy.spec.match)
            for (index, level) in policy.spec.levels.enumerated() {
                refer(policy, ["spec", "levels", .entry(index), "approvers"], level.approvers)
            }
            refer(policy, ["spec", "policyChange", "approvers"], policy.spec.policyChange?.approvers ?? [])
            refer(policy, ["spec", "emergency", "approvers"], policy.spec.emergency?.approvers ?? [])
        }
        for standing in set.standingApprovals.values {
            checkMatch(standing, standing.spec.match)
            refer(standing, ["spec", "requesters"], standing.spec.requesters)
            for (index, level) in standing.spec.levels.enumerated() where !everyLevel.contains(level) {
                if isTorn || broken.contains(where: { $0.kind == .approvalPolicy }) { continue }
                object(
                    to: standing, at: ["spec", "levels", .entry(index)],
                    "no ApprovalPolicy has a level \(quoted(level))",
                    .reference, misspelt: (level, .levels))
            }
        }
        for certificate in set.certificates.values {
            checkKeySource(of: certificate)
            checkKeyOptions(of: certificate)
        }
        for connector in set.connectors.values {
            refer(
                connector, ["spec", "device"], .device, connector.spec.device.text,
                set.devices[connector.spec.device] != nil)
        }
        for binding in set.bindings.values {
            let name = binding.spec.certificate
            refer(binding, ["spec", "certificate"], .certificate, name.text, set.certificates[name] != nil)
            guard case .connectors(let names) = binding.spec.target else { continue }
            for (index, name) in names.enumerated() where set.connectors[name] == nil {
                refer(binding, ["spec", "connectors", .entry(index)], .appConnector, name.text, false)
            }
        }
    }

    mutating func refer<Spec>(
        _ resource: Declared<Spec>, _ path: [PathStep], _ kind: ResourceKind, _ name: String, _ exists: Bool
    ) {
        guard !exists, !isTorn, !isBroken(kind, name) else { return }
        object(
            to: resource, at: path, "no \(kind.rawValue) is named \(quoted(name))", .reference,
            misspelt: (name, .resources(kind)))
    }

    private mutating func refer<Spec>(_ resource: Declared<Spec>, _ path: [PathStep], _ approvers: [Approver]) {
        for (index, approver) in approvers.enumerated() {
            switch approver {
            case .group(let name): refer(resource, path + [.entry(index)], .group, name.text, set.groups[name] != nil)
            case .person(let name): refer(resource, path + [.entry(index)], .person, name.text, set.people[name] != nil)
            }
        }
    }

    private mutating func checkMembers(of group: Group) {
        for (index, member) in group.spec.members.enumerated() where set.people[member] == nil {
            let path: [PathStep] = ["spec", "members", .entry(index)]
            if let name = GroupName(member.text), set.groups[name] != nil {
                object(to: group, at: path, "\(quoted(member.text)) is a Group: groups do not nest", .group)
            } else {
                refer(group, path, .person, member.text, false)
            }
        }
    }

    private mutating func checkMatch<Spec>(_ resource: Declared<Spec>, _ match: ApprovalPolicySpec.Match) {
        for (index, zone) in match.zones.enumerated() {
            refer(
                resource, ["spec", "match", "devices", "zones", .entry(index)], .zone, zone.text, set.zones[zone] != nil
            )
        }
    }

    private mutating func referToCommand<Spec>(_ resource: Declared<Spec>, _ path: [PathStep], _ name: String) {
        guard let repository = set.repository, repository.spec.commands[name] == nil else { return }
        object(
            to: resource, at: path, "the Repository declares no command \(quoted(name))", .reference,
            misspelt: (name, .commands))
    }

    private mutating func checkKeySource(of certificate: Certificate) {
        switch certificate.spec.privateKey {
        case .endpoint(let device):
            refer(certificate, ["spec", "privateKey", "endpoint"], .device, device.text, set.devices[device] != nil)
            guard let holder = set.devices[device] else { return }
            if holder.spec.server.plugin != nil {
                object(
                    to: certificate, at: ["spec", "privateKey", "endpoint"],
                    "Device \(quoted(device.text)) is of kind exec, whose plugin makes no keys: make the key elsewhere, and say where it is",
                    .key)
            }
            guard holder.spec.server.isCloud else { return }
            object(
                to: certificate, at: ["spec", "privateKey", "endpoint"],
                "Device \(quoted(device.text)) is a cloud connector (\(holder.spec.server.kind)), which makes no keys: make the key elsewhere, and say where it is",
                .key)
        case .command(let name, _):
            referToCommand(certificate, ["spec", "privateKey", "command"], name)
        case .file, .encrypted, .installed: break
        }
    }

    /// What stands beside a source that has no use for it would be believed to have an effect.
    private mutating func checkKeyOptions(of certificate: Certificate) {
        let spec = certificate.spec
        if let passphrase = spec.passphrase {
            referToCommand(certificate, ["spec", "privateKey", "passphrase", "command"], passphrase.command)
            switch spec.privateKey {
            case .file, .command: break
            case .encrypted, .endpoint, .installed:
                object(
                    to: certificate, at: ["spec", "privateKey", "passphrase"],
                    "a passphrase opens only what a file or a command gives", .choice)
            }
        }
        if certificate.raw["request"] != nil {
            guard case .endpoint = spec.privateKey else {
                object(
                    to: certificate, at: ["spec", "request"],
                    "a request is made only where the key is made on a device: privateKey: {endpoint: DEVICE}", .choice)
                return
            }
        }
    }
}
