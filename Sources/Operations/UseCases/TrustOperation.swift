// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Commits
package import Declarations
internal import Git
internal import Journal
internal import Planning
package import Vocabulary

/// `trust COMMIT`: pins the first trusted commit, and with it who decides.
package struct TrustOperation: Sendable {
    package struct Report: Sendable {
        package var commit: ObjectID
        package var set: TrustSet
        package var warnings: [Diagnostic]
        /// It was pinned before: nothing changed.
        package var wasTrusted: Bool
        package var stateDirectory: String
    }
    private let site: Site
    private let now: Timestamp

    package init(site: Site, now: Timestamp) { (self.site, self.now) = (site, now) }

    /// - Throws: `AlreadyTrusted` for another commit than the one that is pinned; `Invalid` for a commit whose
    ///   declarations are not valid; `NotOnBranch` for one that is no ancestor of the branch's tip.
    package func run(_ revision: String) async throws(UserError) -> Report {
        _ = try await site.fetch(branch: nil)
        let commit = try site.commit(revision)
        let loaded = try site.load(commit)
        guard let repository = loaded.set.repository, loaded.isValid else {
            let first = loaded.diagnostics.first { $0.severity == .error }
            throw UserError(
                "Invalid", "commit \(commit.short) cannot be trusted: \(first?.description ?? "no Repository is declared")",
                hint: "countersign validate --ref \(commit.short) shows all that is wrong")
        }
        let tip = try site.tip(of: repository.spec.branch)
        guard try explained({ () throws(GitError) in try site.git.isAncestor(commit, of: tip) }) else {
            throw UserError(
                "NotOnBranch", "commit \(commit.short) is not on \(repository.spec.branch) (at \(tip.short))",
                hint: "only a commit that the branch in force holds can be trusted")
        }
        let state = try State.open(site)
        let (history, _) = try await state.history()
        if let present = history.trustSet {
            guard present.commit == commit else {
                throw UserError(
                    "AlreadyTrusted", "this state already trusts commit \(present.commit.short)",
                    hint: "who decides changes only by an approved policy change (POL-…), or with another --state")
            }
            return report(loaded, state, wasTrusted: true)
        }
        let accepted = History.AcceptedTrustSet(
            digest: loaded.trust.digest, commit: commit, by: nil, number: 0, at: now)
        try await state.append([.epochBegun(.random(), at: now), .trustSetAccepted(accepted)])
        return report(loaded, state, wasTrusted: false)
    }

    private func report(_ loaded: LoadedTree, _ state: State, wasTrusted: Bool) -> Report {
        Report(
            commit: loaded.commit, set: loaded.trust, warnings: loaded.diagnostics, wasTrusted: wasTrusted,
            stateDirectory: state.directory.path)
    }
}

extension Epoch {
    /// 128 bits from getrandom(2).
    static func random() -> Epoch {
        var generator = SystemRandomNumberGenerator()
        let bytes = (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        guard let epoch = Epoch(Hex.encode(bytes)) else { preconditionFailure("16 bytes are 32 digits") }
        return epoch
    }
}
