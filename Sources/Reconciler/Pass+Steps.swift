// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
internal import Commits
internal import Connectors
internal import Declarations
internal import Git
internal import Journal
internal import Operations
internal import Planning
internal import StatusBranch
internal import TLSProbe
internal import Vocabulary

extension Pass {
    /// Now is never before what the journal already holds.
    func now(_ history: History) -> Timestamp { max(time.now, history.latest ?? time.now) }

    /// - Throws: also where approvals could not be fetched: what was withdrawn meanwhile would be missed.
    func fetch(_ view: Viewpoint) async throws(UserError) {
        let branch = view.trust.set.repository?.spec.branch ?? "main"
        if let delayed = try await site.fetch(branch: branch, others: false).approvals {
            throw UserError("ApprovalsNotFetched", delayed, hint: "nothing is pushed until they can be read")
        }
    }

    /// A clock that went back by more than 5 minutes stops pushes: expiry and windows would be judged by it. One that jumped ahead by
    /// more than 24 hours is not believed, because what is journaled under it could never be taken back.
    func checkClock(_ history: History, _ state: State, _ problems: inout [UserError]) throws(UserError) {
        if let latest = history.latest, time.now + .minutes(5) < latest {
            problems.append(
                UserError(
                    "ClockWentBack",
                    "this host's clock says \(time.now), but the journal already holds \(latest): nothing is pushed",
                    hint: "set the clock right (timedatectl status)"))
        }
        let watch = ClockWatch(directory: state.directory)
        guard let jump = watch.jump(to: time.now), jump > .hours(24) else { return watch.remember(time.now) }
        throw UserError(
            "ClockJumpedAhead",
            "this host's clock says \(time.now), \(jump.wholeDays) days further than the time that really passed: nothing is written",
            hint: "set the clock right; or, if it is right now, confirm that: rm \(watch.path)")
    }

    /// A state that was set back, or is used twice, must not push: its sequences and used approvals are of yesterday.
    ///
    /// What a stranger wrote to the status branch is said, and stops nothing: it is answered at the end, and never read.
    func checkOwnStatus(_ view: inout Viewpoint, _ journal: any JournalStore) async throws(UserError) {
        guard let gateway = view.gateway else { return }
        let known = try await journaled { () async throws(JournalError) in try await journal.published()?.status }
        do throws(StatusError) {
            let stranger = try WriteBack.publisher(site, view, gateway)
                .check(remoteTip: WriteBack.remoteTip(site, view), known: known)
            if let stranger {
                view.notices.append(
                    "commit \(stranger.short) on the status branch of zone \(view.zone) is not this reconciler's: it is answered, and nothing of it is read"
                )
            }
        } catch {
            throw UserError(error, zone: view.zone)
        }
    }

    /// The branch only grows: a tip that does not descend from the accepted one is a rewritten history.
    func checkDescent(_ view: Viewpoint) throws(UserError) {
        guard let accepted = view.history.acceptedTip, let branch = view.trust.set.repository?.spec.branch else {
            return
        }
        let tip = try view.site.tip(of: branch)
        let descends = try explained { () throws(GitError) in try view.site.git.isAncestor(accepted, of: tip) }
        guard descends else {
            throw UserError(
                "HistoryRewritten",
                "\(branch) at \(tip.short) does not descend from \(accepted.short), which was accepted: nothing is done",
                hint:
                    "bring the accepted commit back (git push origin \(accepted.short):\(branch)), or begin anew with who decides there: countersign trust \(tip.short) --anew"
            )
        }
    }

    /// What is new on refs and on devices becomes facts; then everything is derived from facts.
    ///
    /// - Parameters:
    ///   - only: the devices to look at; nil: all of the zone.
    ///   - journaling: false for a dry run: facts are applied, not kept.
    /// - Returns: the plan as of the end of it; and where something lies that nobody may need any more.
    func observeAndDerive(
        _ view: inout Viewpoint, _ journal: any JournalStore, _ driving: Driving, only: Set<DeviceName>?,
        journaling: Bool
    ) async throws(UserError) -> (Derivation, Plan, leftovers: [DeviceName: Leftovers]) {
        var moment = now(view.history)
        var derivation = try await view.derive(nil, now: moment)
        if journaling, !derivation.approvals.new.isEmpty, let later = await pastFirstSeen(view.history, moment) {
            moment = later
            derivation = try await view.derive(nil, now: moment)
        }
        try await handOver(&view, &derivation, journal, at: moment, journaling: journaling)
        var facts: [Fact] = []
        if derivation.tip.isValid, view.history.acceptedTip != derivation.tip.commit {
            facts.append(.tipAccepted(derivation.tip.commit, at: moment))
        }
        facts += derivation.approvals.worthKeeping(inForce: view.trust.set, tip: derivation.tip.trust).map { new in
            .recordSeen(
                new.seen.signed.key, commit: new.seen.signed.commit, raw: new.raw, placement: new.seen.placement,
                at: moment)
        }
        facts += reviews(derivation, view, at: moment)
        let subjects = driving.subjects(derivation).filter { only?.contains($0.device.name) ?? true }
        var leftovers: [DeviceName: Leftovers] = [:]
        var made: [DeviceName: [CertificateName: Set<SPKIFingerprint>]] = [:]
        if !subjects.isEmpty {
            let findings = await driving.discovery(prober).run(
                subjects, history: view.history, now: moment, closely: only != nil)
            facts += findings.facts
            (leftovers, made) = (findings.leftovers, findings.madeKeys)
            if journaling, only == nil {
                let hosts = view.trust.set.zones[view.zone]?.spec.revocationHosts ?? []
                facts += await RevocationRound(rule: AskingRule(revocationHosts: hosts)).facts(
                    view.history, served: findings.presented, declared: derivation.desired.certificates,
                    chains: derivation.desired.chains.values, now: moment)
            }
        }
        if journaling, !facts.isEmpty {
            try await journaled { () async throws(JournalError) in
                _ = try await journal.append(facts, under: nil, expecting: nil)
            }
            try await view.refresh(journal)
        } else {
            view.history = view.history.applying(facts.filter(\.isObservation))
        }
        derivation.history = view.history
        if journaling { derivation.approvals.mark(seenBy: view.history) }
        var plan = derivation.plan(now: now(view.history))
        let isMarked = journaling ? try await mark(signed: plan, &view, &derivation, journal) : false
        let isChecked = await KeyChecks(keys: driving.keys, registry: driving.registry)
            .check(plan, made: made, into: &derivation)
        // A pass with nothing to do plans once.
        if isMarked || isChecked { plan = derivation.plan(now: now(view.history)) }
        view.source = .discovered(at: moment)
        return (derivation, plan, leftovers)
    }

    /// Records of one second are of one pass: they are counted in the order of their levels, and times have no finer grain. What comes
    /// after a pass in the same second waits for the next one, else a `revoke` would seem to stand beside what it takes back, and an
    /// `implement` that was in good time to have come too early.
    ///
    /// - Returns: the time of what is new; nil where `moment` is late enough.
    private func pastFirstSeen(_ history: History, _ moment: Timestamp) async -> Timestamp? {
        guard let last = history.records.values.compactMap(\.firstSeen).max(), last >= moment else { return nil }
        // A clock that is behind what was journaled does not get there in a second: then the count goes on by itself.
        if time.now == last { try? await time.sleep(for: .seconds(1)) }
        return max(now(history), last + Seconds(1))
    }

    /// Gives away what the set in force gives to other zones, and takes over what they have given away.
    private func handOver(
        _ view: inout Viewpoint, _ derivation: inout Derivation, _ journal: any JournalStore, at moment: Timestamp,
        journaling: Bool
    ) async throws(UserError) {
        let facts = derivation.handover.facts(of: view.history, inForce: view.trust.set, zone: view.zone, at: moment)
        guard !facts.isEmpty else { return }
        if journaling {
            try await journaled { () async throws(JournalError) in
                _ = try await journal.append(facts, under: nil, expecting: nil)
            }
            try await view.refresh(journal)
        } else {
            view.history = view.history.applying(facts)
        }
        derivation.history = view.history
    }

    /// Emergencies that somebody outside of their quorum has reviewed since.
    private func reviews(_ derivation: Derivation, _ view: Viewpoint, at now: Timestamp) -> [Fact] {
        let open = view.history.emergencies.filter { $0.value.review == nil }
        guard !open.isEmpty else { return [] }
        let judge = Judge(inForce: view.trust.set, tip: derivation.tip.trust, now: now)
        var facts: [Fact] = []
        var reviewed: Set<WorkOrderDigest> = []
        for new in derivation.approvals.new where new.seen.signed.record.decision == .review {
            guard case .workOrders(let digests) = new.seen.signed.record.subject else { continue }
            for digest in digests where reviewed.insert(digest).inserted {
                guard let emergency = open[digest], let policy = view.trust.set.policies[emergency.policy]?.spec,
                    case .success(let person) = judge.reviewer(new.seen, of: emergency.people, under: policy)
                else {
                    reviewed.remove(digest)
                    continue
                }
                facts.append(.reviewed(digest, by: person, record: new.seen.signed.key, at: now))
            }
        }
        return facts
    }

    /// Where the first signature on another content of a slot has counted, what was signed for former contents is void.
    ///
    /// - Returns: whether there was such a slot.
    private func mark(
        signed plan: Plan, _ view: inout Viewpoint, _ derivation: inout Derivation, _ journal: any JournalStore
    ) async throws(UserError) -> Bool {
        var marks: [SlotKey: SlotHead.SignedFor] = [:]
        for order in plan.workOrders {
            guard let digest = order.digest, digest != view.history.slots[order.slot]?.signedFor?.digest,
                let since = order.judgement.signatures.compactMap(\.firstSeen).min()
            else { continue }
            marks[order.slot] = SlotHead.SignedFor(digest: digest, since: since)
        }
        guard !marks.isEmpty else { return false }
        try await journaled { () async throws(JournalError) in
            _ = try await journal.append([.signed(marks)], under: nil, expecting: nil)
        }
        try await view.refresh(journal)
        derivation.history = view.history
        return true
    }

    /// What slots hold already and never got through a work order: settled by signatures alone, no device is touched.
    ///
    /// - Returns: whether there was anything.
    func adopt(_ plan: Plan, of derivation: Derivation, _ journal: any JournalStore) async throws(UserError) -> Bool {
        let moment = now(derivation.history)
        let facts = plan.workOrders.compactMap { order -> Fact? in
            guard case .readyToImplement = order.state, order.action == .adopt, let digest = order.digest,
                let content = order.content
            else { return nil }
            let intent = Intent(
                workOrder: digest, connector: order.connector, slot: order.slot, content: content,
                installs: order.installs?.leaf, replaces: order.replaces,
                records: order.judgement.counted.map(\.record), tip: derivation.desired.commit)
            return .adopted(digest, intent, at: moment)
        }
        guard !facts.isEmpty else { return false }
        try await journaled { () async throws(JournalError) in
            _ = try await journal.append(facts, under: nil, expecting: nil)
        }
        return true
    }

    func execution(
        _ view: Viewpoint, _ journal: any JournalStore, _ driving: Driving, _ proof: Proof, _ realms: Realms
    ) -> Execution {
        Execution(
            journal: journal, registry: driving.registry, keys: driving.keys, proof: proof,
            time: NeverBefore(time, view.history.latest), holder: holder, realms: realms,
            rederive: { device async throws(UserError) in
                // Fetched, verified, observed and derived once more, under the device's lease: any difference stops here.
                var fresh = try await Viewpoint.gateway(site, view, journal)
                try await fetch(fresh)
                try checkDescent(fresh)
                try await checkOwnStatus(&fresh, journal)
                let (derivation, plan, _) = try await observeAndDerive(
                    &fresh, journal, driving, only: [device], journaling: true)
                return (derivation, plan)
            })
    }
}

/// The host's clock, but never before what the journal already holds: a window that has begun stays begun.
struct NeverBefore: TimeSource {
    private let clock: any TimeSource
    private let latest: Timestamp?

    init(_ clock: any TimeSource, _ latest: Timestamp?) { (self.clock, self.latest) = (clock, latest) }

    var now: Timestamp { latest.map { max($0, clock.now) } ?? clock.now }
    func sleep(for duration: Duration) async throws(CancellationError) { try await clock.sleep(for: duration) }
}

extension Fact {
    var isObservation: Bool {
        switch self {
        case .observed, .unobserved, .served, .referenced, .revocations: true
        default: false
        }
    }
}

extension ReadApprovals {
    /// A record by a key that nobody in either set has can count for nothing: it is shown, and not kept for ever.
    func worthKeeping(inForce: TrustSet, tip: TrustSet) -> [New] {
        let rings = [KeyRing(of: inForce), KeyRing(of: tip)]
        return new.filter { new in rings.contains { $0[new.seen.signed.signingKey] != nil } }
    }

    /// Records that were just journaled are read back with the time they were first seen.
    mutating func mark(seenBy history: History) {
        records = records.map { history.records[$0.signed.key] ?? $0 }
    }
}

extension Viewpoint {
    /// The gateway's own view.
    ///
    /// - Throws: `RecorderNotDeclared` where this host's recorder key is not the zone's: nothing is written or pushed.
    static func gateway(
        _ site: Site, _ state: State, _ journal: any JournalStore, checkingRecorder: Bool = true
    ) async throws(UserError) -> Viewpoint {
        let (history, head) = try await journaled { () async throws(JournalError) in try await journal.history() }
        let trust = try site.trust(history)
        let zone = try site.zone(in: trust.set)
        let recorder = try Recorder.open(state.directory)
        let view = Viewpoint(
            site: site, trust: trust, zone: zone, history: history, source: .journal(at: history.latest),
            gateway: Gateway(state: state, recorder: recorder, head: head))
        guard view.hasDeclaredRecorder || !checkingRecorder else { throw view.recorderNotDeclared }
        return view
    }

    var hasDeclaredRecorder: Bool { gateway?.recorder.isDeclared(in: zone, of: trust.set) ?? false }

    var recorderNotDeclared: UserError {
        UserError(
            "RecorderNotDeclared",
            "this gateway's recorder key is not declared in zone \(zone): nothing is written, nothing is pushed",
            hint: gateway.map { "the line for the zone's recorders: {ssh: \"\($0.recorder.publicKey)\"}" })
    }

    static func gateway(_ site: Site, _ view: Viewpoint, _ journal: any JournalStore) async throws(UserError)
        -> Viewpoint
    {
        var fresh = view
        try await fresh.refresh(journal)
        return fresh
    }

    mutating func refresh(_ journal: any JournalStore) async throws(UserError) {
        let (history, head) = try await journaled { () async throws(JournalError) in try await journal.history() }
        self.history = history
        gateway?.head = head
    }
}
