// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Vocabulary

/// All files decoded, each for itself.
package struct Decoded: Sendable {
    package let files: [DecodedFile]
    /// Everything that decoded, without the contents of named files. What is declared twice is in it once, or not at all
    /// where that decides: see `duplicates`.
    package let set: DeclarationSet
    /// Repository paths that some spec names: what `check` wants to see.
    package let referencedFiles: Set<String>
    /// Those of them that are certificates' chains and nothing else.
    package let chainFiles: Set<String>
    /// Of nobody's desired state and in no trust set: for `countersign test` alone.
    package let policyTests: [PolicyTest]
    /// Of each resource that is declared again: where, and where first.
    let duplicates: [(key: ResourceKey, place: SourcePosition, first: SourcePosition)]

    package init(_ files: [DecodedFile]) {
        // The order of files decides which of two is "first": it must not depend on who listed them.
        let isSorted = zip(files, files.dropFirst()).allSatisfy { $0.source.path <= $1.source.path }
        self.files = isSorted ? files : files.sorted { $0.source.path < $1.source.path }
        var collector = Collector(self.files)
        for file in self.files {
            for resource in file.resources { collector.add(resource) }
        }
        collector.dropAmbiguousPeople()
        (set, duplicates) = (collector.set, collector.duplicates)
        policyTests = collector.tests.values.sorted { $0.position < $1.position }
        let others = collector.set.filesNamedBesideChains
        chainFiles = Set(collector.set.certificates.values.lazy.map(\.spec.chain).filter { !others.contains($0) })
        referencedFiles = chainFiles.union(others)
    }
}

private struct Collector {
    var set = DeclarationSet()
    var tests: [PolicyTestName: PolicyTest] = [:]
    var duplicates: [(key: ResourceKey, place: SourcePosition, first: SourcePosition)] = []

    init(_ files: [DecodedFile]) {
        var counts: [ResourceKind: Int] = [:]
        for file in files {
            for resource in file.resources { counts[resource.kind, default: 0] += 1 }
        }
        set.certificates.reserveCapacity(counts[.certificate] ?? 0)
        set.connectors.reserveCapacity(counts[.appConnector] ?? 0)
        set.bindings.reserveCapacity(counts[.binding] ?? 0)
        set.devices.reserveCapacity(counts[.device] ?? 0)
    }

    mutating func add(_ resource: DeclaredResource) {
        switch resource {
        case .repository(let it):
            if let first = set.repository {
                duplicates.append((it.key, it.position, first.position))
            } else {
                set.repository = it
            }
        case .zone(let it): Self.put(it, in: &set.zones, &duplicates)
        case .device(let it): Self.put(it, in: &set.devices, &duplicates)
        case .person(let it): Self.put(it, in: &set.people, &duplicates)
        case .group(let it): Self.put(it, in: &set.groups, &duplicates)
        case .approvalPolicy(let it): Self.put(it, in: &set.policies, &duplicates)
        case .standingApproval(let it): Self.put(it, in: &set.standingApprovals, &duplicates)
        case .alertPolicy(let it): Self.put(it, in: &set.alertPolicies, &duplicates)
        case .certificate(let it): Self.put(it, in: &set.certificates, &duplicates)
        case .appConnector(let it): Self.put(it, in: &set.connectors, &duplicates)
        case .binding(let it): Self.put(it, in: &set.bindings, &duplicates)
        case .policyTest(let it): Self.put(it, in: &tests, &duplicates)
        }
    }

    private static func put<Spec: ResourceSpec>(
        _ resource: Declared<Spec>, in table: inout [Name<Spec.NamedKind>: Declared<Spec>],
        _ duplicates: inout [(key: ResourceKey, place: SourcePosition, first: SourcePosition)]
    ) {
        guard let first = table.updateValue(resource, forKey: resource.name) else { return }
        duplicates.append((resource.key, resource.position, first.position))
        table[resource.name] = first
    }

    /// Of two Persons with one name nobody knows which is meant: neither has keys until that is settled.
    mutating func dropAmbiguousPeople() {
        for duplicate in duplicates where duplicate.key.kind == .person {
            if let name = PersonName(duplicate.key.name) { set.people[name] = nil }
        }
    }
}

extension DeclarationSet {
    /// Every repository path that a spec names, chains left out.
    var filesNamedBesideChains: Set<String> {
        var paths = TrustSet.filesNamed(by: self)
        for certificate in certificates.values {
            if case .encrypted(let path) = certificate.spec.privateKey { paths.insert(path) }
        }
        return paths
    }
}
