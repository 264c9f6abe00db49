// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Commits
package import Declarations
internal import Git
internal import Journal
internal import Planning
internal import StatusBranch
package import Vocabulary

/// `trust COMMIT`: pins the first trusted commit, and with it who decides.
package struct TrustOperation: Sendable {
    package enum Mode: Sendable {
        /// Only where nothing is trusted yet.
        case first
        /// Begins again, whatever was in force: the last way out of a deadlock or a rewritten branch.
        case anew
        /// Rebuilds a lost journal from what the zone had published.
        case recover
    }
    package struct Report: Sendable {
        package var commit: ObjectID
        package var set: TrustSet
        package var warnings: [Diagnostic]
        /// It was pinned before: nothing changed.
        package var wasTrusted: Bool
        package var stateDirectory: String
        package var mode = Mode.first
        /// The commit whose set is in force for a zone that policy changes have brought since.
        package var joined: ObjectID?
        /// With `recover`: what came back.
        package var recovered: Recovered?
    }
    package struct Recovered: Sendable {
        package var slots: Int
        /// Policy changes that were proven on the way to the set in force.
        package var changes: Int
        package var commit: ObjectID
    }
    private let site: Site
    private let now: Timestamp

    package init(site: Site, now: Timestamp) { (self.site, self.now) = (site, now) }

    /// - Throws: `AlreadyTrusted` for another commit than the one that is pinned; `Invalid` for a commit whose
    ///   declarations are not valid; `NotOnBranch` for one that is no ancestor of the branch's tip.
    package func run(_ revision: String, _ mode: Mode = .first) async throws(UserError) -> Report {
        _ = try await site.fetch(branch: nil)
        let commit = try site.commit(revision)
        let loaded = try site.load(commit)
        guard let repository = loaded.set.repository, loaded.isValid else {
            let first = loaded.diagnostics.first { $0.severity == .error }
            throw UserError(
                "Invalid",
                "commit \(commit.short) cannot be trusted: \(first?.description ?? "no Repository is declared")",
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
        let accepted = History.AcceptedTrustSet(
            digest: loaded.trust.digest, commit: commit, by: nil, number: 0, at: max(now, history.latest ?? now))
        switch mode {
        case .first:
            if let beginning = history.beginning?.commit ?? history.trustSet?.commit {
                guard beginning == commit else {
                    throw UserError(
                        "AlreadyTrusted", "this state already trusts commit \(beginning.short)",
                        hint:
                            "who decides changes only by an approved policy change (POL-…); --anew begins again, where there is no other way out"
                    )
                }
                return report(loaded, state, wasTrusted: true)
            }
        case .anew: break
        case .recover: return try await recover(accepted, loaded, state, history)
        }
        let joined = mode == .first ? try joining(loaded, at: accepted.at) : nil
        var facts: [Fact] = [.epochBegun(.random(), at: accepted.at), .trustSetAccepted(accepted)]
        if let joined { facts += joined.facts }
        try await state.append(facts)
        var made = report(loaded, state, wasTrusted: false)
        made.mode = mode
        made.joined = joined?.commit
        return made
    }

    /// How the zone of this host came to be, where the trusted commit does not declare it yet: by policy changes that the zones before it
    /// tell of, each proven by the people of the set before. So all zones count the changes alike, and one audit follows them all.
    ///
    /// - Throws: `UnknownZone` where no such change is proven.
    private func joining(
        _ loaded: LoadedTree, at moment: Timestamp
    ) throws(UserError) -> (commit: ObjectID, facts: [Fact])? {
        guard let wanted = site.options.zone.flatMap({ ZoneName($0) }), loaded.trust.zones[wanted] == nil else {
            return nil
        }
        let root = TrustInForce(commit: loaded.commit, set: loaded.trust, acceptedAt: moment, root: loaded.commit)
        let steps = TrustChain(site).steps(from: root)
        guard let last = steps.last, last.trust.set.zones[wanted] != nil else {
            throw UserError(
                "UnknownZone",
                "commit \(loaded.commit.short) declares no zone \(wanted), and no policy change that is proven since brings it",
                hint: "its people sign that change first; the line for its recorder is printed by: countersign recorder")
        }
        let handover = Handover.facts(recovering: History(), sets: [loaded.trust] + steps.map(\.trust.set), at: moment)
        return (last.trust.commit, handover + last.facts(at: moment))
    }

    /// From the verified status history of this zone, and the policy changes of all zones, under a new epoch: everything open needs new
    /// signatures, and no used approval lives again.
    ///
    /// - Throws: `StateExists` where there is a journal; `TrustSetTooOld` where the way from this commit to the set that was in force
    ///   cannot be proven; `StatusAbsent` and others where nothing can be believed.
    private func recover(
        _ accepted: History.AcceptedTrustSet, _ loaded: LoadedTree, _ state: State, _ known: History
    ) async throws(UserError) -> Report {
        guard known.trustSet == nil else {
            throw UserError(
                "StateExists", "\(state.directory.path) holds a journal: there is nothing to recover",
                hint: "name an empty --state, with the recorder key of the lost one in it")
        }
        let root = TrustInForce(commit: loaded.commit, set: loaded.trust, acceptedAt: accepted.at, root: loaded.commit)
        let steps = TrustChain(site).steps(from: root)
        let reached = steps.last?.trust ?? root
        let zone = try site.zone(in: reached.set)
        guard let published = try PublishedStatus.read(site, zone: zone, trust: reached.set, now: accepted.at) else {
            throw UserError(
                "StatusAbsent", "zone \(zone) has no status branch: there is nothing to recover from",
                hint: "countersign trust \(loaded.commit.short) begins for the first time")
        }
        guard published.history.trustSet?.digest == reached.set.digest else {
            throw UserError(
                "TrustSetTooOld",
                "zone \(zone) decided last by the set of commit \(published.history.trustSet?.commit.short ?? "?"), and the way from \(loaded.commit.short) to it cannot be proven",
                hint: "name the commit that this gateway was first told to trust, or a later one that was in force")
        }
        let at = max(accepted.at, published.at)
        var first = accepted
        first.at = at
        var facts: [Fact] = [.epochBegun(.random(), at: at), .trustSetAccepted(first)]
        if let last = steps.last { facts.append(.trustSetAccepted(last.accepted)) }
        if let tip = published.history.acceptedTip { facts.append(.tipAccepted(tip, at: at)) }
        facts.append(
            .recovered(published.history.slots, published.history.openBatches.values.sorted { $0.id < $1.id }, at: at))
        facts += Handover.facts(recovering: published.history, sets: [loaded.trust] + steps.map(\.trust.set), at: at)
        try await state.append(facts)
        let (_, head) = try await state.history()
        try await state.append([.published(status: published.commit, upTo: head)])
        var made = report(loaded, state, wasTrusted: false)
        made.mode = .recover
        made.recovered = Recovered(
            slots: published.history.slots.count, changes: steps.count, commit: reached.commit)
        return made
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
