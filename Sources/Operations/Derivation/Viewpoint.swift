// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
internal import Commits
internal import Declarations
internal import Git
internal import Signatures
package import Journal
package import Planning
package import Vocabulary

/// From where a repository is seen: the gateway has a journal of its own; everybody else reads what it published.
package struct Viewpoint: Sendable {
    package var site: Site
    package var trust: TrustInForce
    package var zone: ZoneName
    package var history: History
    package var source: PlanReport.ObservationSource
    /// The gateway's own state; nil for a reader.
    package var gateway: Gateway?
    package var notices: [String] = []

    package struct Gateway: Sendable {
        package var state: State
        package var recorder: Recorder
        package var head: Revision

        package init(state: State, recorder: Recorder, head: Revision) {
            (self.state, self.recorder, self.head) = (state, recorder, head)
        }
    }

    package init(
        site: Site, trust: TrustInForce, zone: ZoneName, history: History, source: PlanReport.ObservationSource,
        gateway: Gateway? = nil, notices: [String] = []
    ) {
        (self.site, self.trust, self.zone, self.history) = (site, trust, zone, history)
        (self.source, self.gateway, self.notices) = (source, gateway, notices)
    }

    /// - Parameter own: use this state's journal where this host is the zone's gateway; otherwise only what is published.
    package static func open(_ site: Site, own: Bool, now: Timestamp) async throws(UserError) -> Viewpoint {
        let state = try State.existing(site)
        var notices: [String] = []
        let known = try await state?.history()
        let pinned = try site.trust(known?.history)
        if own, let state, let known, let recorder = try Recorder.existing(state.directory) {
            let zone = try site.zone(in: pinned.set)
            if recorder.isDeclared(in: zone, of: pinned.set) {
                return Viewpoint(
                    site: site, trust: pinned, zone: zone, history: known.history,
                    source: .journal(at: known.history.latest),
                    gateway: Gateway(state: state, recorder: recorder, head: known.head))
            }
        }
        let trust = site.followed(pinned, known?.history)
        let zone = try site.zone(in: trust.set)
        // What is published and what is declared are large, and neither needs the other.
        async let prepared: Void = site.prepare(trust.set)
        let published = try PublishedStatus.read(site, zone: zone, trust: trust.set, now: now)
        await prepared
        guard let published else {
            notices.append(
                "the reconciler of zone \(zone) has not written a status branch yet: nothing was observed, and nothing can be approved"
            )
            return Viewpoint(site: site, trust: trust, zone: zone, history: History(), source: .none, notices: notices)
        }
        if let theirs = published.history.trustSet, theirs.digest != trust.set.digest {
            notices.append(
                "zone \(zone) decides by the trust set of commit \(theirs.commit.short); here it is that of \(trust.commit.short)"
            )
        }
        var history = published.history
        if let silence = published.silence(of: zone, at: now) {
            notices.append(silence)
            for device in trust.set.devices.values
            where device.spec.zone == zone && history.unreachable[device.name] == nil {
                history.unreachable[device.name] = History.Unreachable(since: published.at, message: silence)
            }
        }
        return Viewpoint(
            site: site, trust: trust, zone: zone, history: history,
            source: .statusBranch(commit: published.commit, at: published.at), notices: notices)
    }

    /// The set that decides, as every report says it.
    var standing: PlanReport.TrustStanding {
        var standing = trust.standing
        if let beginning = history.beginning, beginning.isAnew { standing.anewSince = beginning.at }
        return standing
    }

    /// The derivation of `commit` as seen from here, and the tip of the branch in force with it.
    ///
    /// - Parameter commit: nil for the branch in force, where an invalid tip leaves desired state at the last valid one.
    package func derive(_ commit: ObjectID?, now: Timestamp) async throws(UserError) -> Derivation {
        let branch = trust.set.repository?.spec.branch ?? "main"
        let tip = try site.load(try site.tip(of: branch))
        let desired = try desired(commit, tip: tip)
        let identities = CommitIdentities(inForce: trust.set, tip: tip.trust)
        var milestones = Set(history.slots.values.compactMap { $0.lastCompleted?.tip })
        milestones.insert(trust.commit)
        let asked = commit.flatMap { $0 == tip.commit ? nil : desired }
        let proposed = asked ?? (tip.isValid ? tip : nil)
        let requesters = try explained { () throws(GitError) in
            try RequesterWalk.table(
                from: trust.root, to: desired.commit, milestones: milestones, git: site.git, loader: site.loader,
                identities: identities)
        }
        let keys = KeyRing(of: trust.set)
        let approvals = try await ReadApprovals.read(
            site, history: history, recorders: keys, openpgp: keys.openpgp.union(KeyRing(of: tip.trust).openpgp),
            now: now, unseenCommits: unseenCommits, seen: seen)
        site.loader.derived?.save()
        var derivation = Derivation(
            desired: desired, tip: tip, proposed: proposed, trust: trust, history: history, approvals: approvals,
            requesters: requesters, zone: zone)
        derivation.handover = Handover.find(self, connectors: desired.set.connectors.values, now: now)
        return derivation
    }

    private func unseenCommits(_ commits: [ObjectID]) async throws(UserError) -> Set<ObjectID> {
        guard let gateway else { return Set(commits) }
        do throws(JournalError) { return try await gateway.state.journal.unseen(commits) } catch {
            throw UserError(error)
        }
    }

    private func seen(_ records: [RecordKey]) async throws(UserError) -> Set<RecordKey> {
        guard !records.isEmpty else { return [] }
        if let gateway {
            do throws(JournalError) {
                return Set(try await gateway.state.journal.firstSeen(of: records).keys)
            } catch {
                throw UserError(error)
            }
        }
        guard case .statusBranch(let commit, _) = source else { return [] }
        return try PublishedStatus.recorded(records, at: commit, site: site, zone: zone)
    }

    private func desired(_ commit: ObjectID?, tip: LoadedTree) throws(UserError) -> LoadedTree {
        if let commit, commit != tip.commit { return try site.loadValid(commit) }
        if tip.isValid { return tip }
        // What the last valid commit wants goes on; nothing new is pushed from an invalid tip.
        return try site.load(history.acceptedTip ?? trust.commit)
    }
}
