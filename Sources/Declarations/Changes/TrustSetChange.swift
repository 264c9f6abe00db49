// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Vocabulary

/// One difference between two trust sets, in words that say who gains, who loses, which machine, which command.
package struct TrustSetChange: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable { case added, removed, changed }
    package var key: ResourceKey
    package var kind: Kind
    /// Clauses, each for itself; texts out of the declarations are escaped.
    package var words: [String]
}

extension TrustSet {
    /// What is different in `new`, sorted by kind and name: exactly what makes the two digests differ.
    package func changes(to new: TrustSet) -> [TrustSetChange] {
        guard digest != new.digest else { return [] }
        let files = changedFiles(new)
        var found: [TrustSetChange] = []
        found += Self.compare([repository].compactMap(\.self), [new.repository].compactMap(\.self), files)
        found += Self.compare(zones.values, new.zones.values, files)
        found += Self.compare(devices.values, new.devices.values, files)
        found += Self.compare(people.values, new.people.values, files)
        found += Self.compare(groups.values, new.groups.values, files)
        found += Self.compare(policies.values, new.policies.values, files)
        found += Self.compare(standingApprovals.values, new.standingApprovals.values, files)
        found += Self.compare(alertPolicies.values, new.alertPolicies.values, files)
        return found.sorted { $0.key < $1.key }
    }

    private func changedFiles(_ new: TrustSet) -> Set<String> {
        Set(files.filter { path, digest in new.files[path].map { $0 != digest } ?? false }.keys)
    }

    private static func compare<Spec: TrustSpec>(
        _ old: some Sequence<Declared<Spec>>, _ new: some Sequence<Declared<Spec>>, _ changedFiles: Set<String>
    ) -> [TrustSetChange] {
        let old = Dictionary(old.map { ($0.name, $0) }) { first, _ in first }
        let new = Dictionary(new.map { ($0.name, $0) }) { first, _ in first }
        return Set(old.keys).union(new.keys).compactMap { name in
            switch (old[name], new[name]) {
            case (let was?, let now?):
                let words = changes(from: was, to: now, changedFiles)
                return words.isEmpty ? nil : TrustSetChange(key: now.key, kind: .changed, words: words)
            case (nil, let now?):
                return TrustSetChange(key: now.key, kind: .added, words: now.spec.summary.map { Shown.text($0) })
            case (let was?, nil):
                return TrustSetChange(
                    key: was.key, kind: .removed, words: was.spec.summary.map { Shown.text("no more: \($0)") })
            case (nil, nil): return nil
            }
        }
    }

    private static func changes<Spec: TrustSpec>(
        from old: Declared<Spec>, to new: Declared<Spec>, _ changedFiles: Set<String>
    ) -> [String] {
        var words: [String] = []
        if old.raw != new.raw {
            let own = new.spec.changes(from: old.spec)
            words += own.words
            words += RawDifference.words(old.raw, new.raw, leavingOut: own.told)
        }
        if old.labels != new.labels {
            words += RawDifference.words(Self.json(old.labels), Self.json(new.labels), under: "label")
        }
        for path in new.spec.namedFiles where changedFiles.contains(path) {
            words.append("the content of \(path) is another")
        }
        if words.isEmpty, old.raw != new.raw {
            words.append("written otherwise (order, comments of keys), with the same meaning")
        }
        return words.map { Shown.text($0) }
    }

    private static func json(_ labels: [String: String]) -> JSONValue {
        .object(labels.reduce(into: JSONObject()) { $0[$1.key] = .string($1.value) })
    }
}
