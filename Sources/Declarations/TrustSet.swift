// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Vocabulary

/// Who decides, and what is touched and how: every declared resource whose kind is of the trust set, with the bytes of the files it names.
///
/// A *partial* one is what could be decoded of an invalid tip: it can take rights away and never gives any.
package struct TrustSet: Sendable {
    package var repository: Repository?
    package var zones: [ZoneName: Zone]
    package var devices: [DeviceName: Device]
    package var people: [PersonName: Person]
    package var groups: [GroupName: Group]
    package var policies: [PolicyName: ApprovalPolicy]
    package var standingApprovals: [StandingApprovalName: StandingApproval]
    package var alertPolicies: [AlertPolicyName: AlertPolicy]
    /// Content digests of the files that these resources name, by repository path.
    package var files: [String: FileDigest]
    /// The bytes of those files, for those who need them (known hosts, trust roots).
    package var contents: [String: NamedFile]
    package let digest: TrustSetDigest

    package init(of set: DeclarationSet) {
        (repository, zones, devices, people) = (set.repository, set.zones, set.devices, set.people)
        (groups, policies, standingApprovals) = (set.groups, set.policies, set.standingApprovals)
        alertPolicies = set.alertPolicies
        let resources = Self.documents(of: set)
        contents = [:]
        for path in Self.filesNamed(by: set) { contents[path] = set.files[path] }
        files = contents.mapValues(\.digest)
        digest = Self.digest(resources: resources, files: files)
    }

    /// `{"kind","labels","name","spec"}` of each resource of the trust set, sorted by kind, then name.
    package static func documents(of set: DeclarationSet) -> [ResourceKey: JSONValue] {
        var documents: [ResourceKey: JSONValue] = [:]
        func add<Spec: ResourceSpec>(_ resources: some Sequence<Declared<Spec>>) {
            for resource in resources {
                documents[resource.key] = [
                    "kind": .string(resource.key.kind.rawValue),
                    "labels": .object(resource.labels.reduce(into: JSONObject()) { $0[$1.key] = .string($1.value) }),
                    "name": .string(resource.name.text),
                    "spec": resource.raw,
                ]
            }
        }
        add([set.repository].compactMap(\.self))
        add(set.zones.values)
        add(set.devices.values)
        add(set.people.values)
        add(set.groups.values)
        add(set.policies.values)
        add(set.standingApprovals.values)
        add(set.alertPolicies.values)
        return documents
    }

    /// SHA-256 over `countersign trust-set v1\n` and the canonical document.
    package static func digest(resources: [ResourceKey: JSONValue], files: [String: FileDigest]) -> TrustSetDigest {
        let document: JSONValue = [
            "files": .object(files.reduce(into: JSONObject()) { $0[$1.key] = .string($1.value.hex) }),
            "format": "countersign.trust-set/v1",
            "resources": .array(resources.sorted { $0.key < $1.key }.map(\.value)),
        ]
        return TrustSetDigest(hashing: Array("countersign trust-set v1\n".utf8), document.canonicalBytes)
    }

    /// Repository paths that trust resources name: known hosts, trust roots, recipients, OpenPGP keys, issuer roots, roots of channels.
    package static func filesNamed(by set: DeclarationSet) -> Set<String> {
        var paths: Set<String> = []
        for device in set.devices.values {
            if case .ssh(let ssh) = device.spec.transport { paths.insert(ssh.knownHosts) }
            paths.formUnion(device.spec.trustRoots)
        }
        for zone in set.zones.values {
            paths.formUnion(zone.spec.recipients)
            for key in zone.spec.recorders { paths.formUnion(key.repositoryPath) }
        }
        for person in set.people.values {
            for key in person.spec.keys { paths.formUnion(key.repositoryPath) }
        }
        for channel in set.repository?.spec.channels.values ?? [:].values { paths.formUnion(channel.trustRoots) }
        for standing in set.standingApprovals.values {
            for case .root(let path) in standing.spec.issuers { paths.insert(path) }
        }
        return paths
    }
}

extension DeclaredKey {
    fileprivate var repositoryPath: [String] {
        if case .openpgp(let path, _) = material { [path] } else { [] }
    }
}
