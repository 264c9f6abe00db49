// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
internal import Commits
internal import Declarations
internal import Git
internal import Journal
internal import Operations
internal import Planning
internal import StatusBranch
internal import Vocabulary

extension Pass {
    /// Brings into force what the people of the set in force have signed, here or for another zone's reconciler; then the whole pass
    /// goes on by the new set. One change a pass: the status branch tells of each by itself.
    ///
    /// - Returns: the change that is in force now and was not before.
    func acceptPolicyChange(
        _ view: inout Viewpoint, _ state: State, _ journal: any JournalStore
    ) async throws(UserError) -> PolicyChangeDigest? {
        guard try await isTold(view, journal) else { return nil }
        let moment = now(view.history)
        var facts: [Fact] = []
        let change: PolicyChangeDigest
        if let step = try TrustChain(site).steps(from: view.trust).first, let digest = step.accepted.by {
            // Accepted by another zone, it counts as seen here: its records are kept with its evidence.
            for evidence in step.evidence {
                facts.append(
                    .recordSeen(
                        evidence.record, commit: evidence.commit.id, raw: evidence.commit.raw,
                        placement: evidence.placement, at: moment))
            }
            var accepted = step.accepted
            accepted.at = moment
            facts.append(.trustSetAccepted(accepted))
            change = digest
        } else {
            guard let own = try await signed(view, at: moment) else { return nil }
            facts = own.facts
            change = own.change
        }
        let appended = facts
        try await journaled { () async throws(JournalError) in
            _ = try await journal.append(appended, under: nil, expecting: nil)
        }
        view = try await Viewpoint.gateway(site, state, journal)
        return change
    }

    /// Whether the status branch tells of the present set: each step must be told, or nobody could follow.
    private func isTold(_ view: Viewpoint, _ journal: any JournalStore) async throws(UserError) -> Bool {
        guard let last = view.history.trustSet?.by else { return true }
        let known = try await journaled { () async throws(JournalError) in try await journal.published()?.status }
        guard let known else { return false }
        return try explained { () throws(GitError) in
            try site.git.entry(StatusPath.policyChange(last), of: try site.git.commit(known).tree) != nil
        }
    }

    /// The open change of the tip, if it has all its signatures and its time has come.
    private func signed(
        _ view: Viewpoint, at moment: Timestamp
    ) async throws(UserError) -> (facts: [Fact], change: PolicyChangeDigest)? {
        let branch = view.trust.set.repository?.spec.branch ?? "main"
        let tip = try site.load(try site.tip(of: branch))
        guard tip.isValid, tip.trust.digest != view.trust.set.digest else { return nil }
        let derivation = try await view.derive(nil, now: moment)
        guard let change = derivation.policyChange(now: moment), case .readyToImplement = change.state,
            let commit = change.commit, let judgement = change.judgement
        else { return nil }
        let records = judgement.levels.flatMap(\.given).map(\.record)
        var facts: [Fact] = derivation.approvals.worthKeeping(inForce: view.trust.set, tip: tip.trust)
            .filter { records.contains($0.seen.signed.key) }
            .map { new in
                .recordSeen(
                    new.seen.signed.key, commit: new.seen.signed.commit, raw: new.raw, placement: new.seen.placement,
                    at: moment)
            }
        facts.append(
            .trustSetAccepted(
                History.AcceptedTrustSet(
                    digest: change.to, commit: commit, by: change.digest, number: view.trust.number + 1, at: moment,
                    from: change.from, previous: view.trust.previous, records: records)))
        return (facts, change.digest)
    }
}
