// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
internal import Commits
internal import Declarations
internal import Git
internal import Journal
internal import Operations
internal import Planning
internal import Signatures
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
        let facts: [Fact]
        let change: PolicyChangeDigest
        let chain = TrustChain(
            site,
            for: TrustChain.Listener(
                zone: view.zone, records: Array(view.history.records.values),
                since: view.history.beginning.flatMap { $0.isAnew ? $0.at : nil }))
        if let step = chain.steps(from: view.trust).first, let digest = step.accepted.by {
            (facts, change) = (step.facts(at: moment), digest)
        } else {
            guard let own = try await signed(view, at: moment) else { return nil }
            (facts, change) = own
        }
        let before = view.trust.set
        try await journaled { () async throws(JournalError) in
            _ = try await journal.append(facts, under: nil, expecting: nil)
        }
        view = try await Viewpoint.gateway(site, state, journal, checkingRecorder: false)
        let removed = Set(before.zones.keys).subtracting(view.trust.set.zones.keys).sorted()
        if !removed.isEmpty {
            try await journaled { () async throws(JournalError) in
                _ = try await journal.append([.zonesRemoved(removed, at: moment)], under: nil, expecting: nil)
            }
            try await view.refresh(journal)
        }
        return change
    }

    /// This host's key is the recorder no more. Where a policy change has just taken that from it, the change is the last that it tells:
    /// the key that comes after it is declared by that change alone.
    ///
    /// - Throws: always, what is to be done now.
    func stepDown(_ view: Viewpoint, _ journal: any JournalStore) async throws(UserError) -> Never {
        let known = try await journaled { () async throws(JournalError) in try await journal.published()?.status }
        guard let gateway = view.gateway, let change = view.history.trustSet?.by, let known, view.hasSigned(known)
        else { throw view.recorderNotDeclared }
        if try await !isTold(view, journal) {
            let moment = now(view.history)
            let derivation = try await view.derive(nil, now: moment)
            let report = PlanReport(
                derivation, view, refName: view.trust.set.repository?.spec.branch ?? "main",
                plan: derivation.plan(now: moment), now: moment)
            _ = try await WriteBack(site: site, view: view, journal: journal, time: time, heartbeat: nil)
                .run(derivation, report)
        }
        throw UserError(
            "RecorderNotDeclared",
            "\(change.id) is in force and declares another recorder for zone \(view.zone): this gateway has told of it, and writes and pushes nothing more",
            hint: "put the new recorder's key, with its .pub, in place of \(gateway.state.directory.recorder)")
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

extension Viewpoint {
    /// Whether a status commit is by this host's recorder key, declared or not.
    func hasSigned(_ status: ObjectID) -> Bool {
        guard let gateway else { return false }
        let verified = try? StatusReader(site.git).verified(
            status, zone: zone, recorders: KeyRing(of: trust.set), now: Timestamp(secondsSince1970: 0),
            acceptingUndeclared: true)
        return verified?.key == SigningKey.identity(of: gateway.recorder.key.publicKey)
    }
}
