// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Vocabulary

/// "Did you mean", for the first diagnostics only: a name is compared with all others of its kind, and a repository in
/// which every reference is wrong has as many names as mistakes.
struct Suggestions {
    static let most = 20
    private static let mostCandidates = 2_000

    let set: DeclarationSet
    let paths: [String]

    /// Sorted, each once, the first ones with what was probably meant.
    func finish(_ findings: [Finding]) -> [Diagnostic] {
        var given = 0
        var known: [ResourceKind: [String]] = [:]
        var diagnostics: [Diagnostic] = []
        diagnostics.reserveCapacity(findings.count)
        for finding in findings.sorted(by: { $0.diagnostic < $1.diagnostic }) {
            var diagnostic = finding.diagnostic
            if let misspelt = finding.misspelt, given < Self.most {
                given += 1
                let candidates = candidates(misspelt.among, &known)
                if let meant = Self.nearest(to: misspelt.word, among: candidates), meant != misspelt.word {
                    diagnostic.message += "; did you mean \(quoted(meant))?"
                }
            }
            if diagnostics.last != diagnostic { diagnostics.append(diagnostic) }
        }
        return diagnostics
    }

    private func candidates(_ among: Finding.Candidates, _ known: inout [ResourceKind: [String]]) -> [String] {
        switch among {
        case .words(let words): return words
        case .commands: return (set.repository?.spec.commands.keys).map(Array.init) ?? []
        case .levels: return Set(set.policies.values.flatMap { $0.spec.levels.map(\.name) }).sorted()
        case .files: return paths
        case .resources(let kind):
            if let names = known[kind] { return names }
            let names = names(of: kind).sorted()
            known[kind] = names
            return names
        }
    }

    private func names(of kind: ResourceKind) -> [String] {
        switch kind {
        case .repository: set.repository.map { [$0.name.text] } ?? []
        case .zone: set.zones.keys.map(\.text)
        case .device: set.devices.keys.map(\.text)
        case .person: set.people.keys.map(\.text)
        case .group: set.groups.keys.map(\.text)
        case .approvalPolicy: set.policies.keys.map(\.text)
        case .standingApproval: set.standingApprovals.keys.map(\.text)
        case .alertPolicy: set.alertPolicies.keys.map(\.text)
        case .certificate: set.certificates.keys.map(\.text)
        case .appConnector: set.connectors.keys.map(\.text)
        case .binding: set.bindings.keys.map(\.text)
        case .policyTest: []
        }
    }

    /// The nearest of those that have about the same letters; of very many such, of the first ones.
    private static func nearest(to word: String, among candidates: [String]) -> String? {
        let letters = letters(word)
        let limit = max(1, word.utf8.count / 3)
        let similar = candidates.lazy.filter { candidate in
            abs(candidate.utf8.count - word.utf8.count) <= limit
                && (letters ^ Self.letters(candidate)).nonzeroBitCount <= 2 * limit
        }
        return Vocabulary.nearest(to: word, among: Array(similar.prefix(mostCandidates)))
    }

    private static func letters(_ word: String) -> UInt64 {
        word.utf8.reduce(0) { $0 | 1 << UInt64($1 & 63) }
    }
}
