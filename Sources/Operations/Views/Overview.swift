// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Commits
internal import Declarations
internal import Git
internal import Journal
internal import Planning
package import StatusBranch
package import Vocabulary

/// What every view begins with: how everything stands, derived now from what is recorded and from the refs. No device is
/// contacted, no key is read, nothing is written.
package struct Overview: Sendable {
    package let site: Site
    package let view: Viewpoint
    package let derivation: Derivation
    package let report: PlanReport

    package init(site: Site, view: Viewpoint, derivation: Derivation, report: PlanReport) {
        (self.site, self.view, self.derivation, self.report) = (site, view, derivation, report)
    }

    /// On the gateway from its own journal, elsewhere from the status branch.
    package static func open(_ site: Site, time: any TimeSource) async throws(UserError) -> Overview {
        let fetched = try await site.fetch()
        let now = time.now
        var view = try await Viewpoint.open(site, own: true, now: now)
        view.notices += fetched.notices
        if let journal = view.gateway?.state.journal {
            let standings = try await journaled { () async throws(JournalError) in try await journal.channelStandings()
            }
            view.notices += standings.compactMap(\.failing)
        }
        let asked = try site.options.ref.map { (ref) throws(UserError) in try site.commit(ref) }
        let derivation = try await view.derive(asked, now: now)
        let branch = view.trust.set.repository?.spec.branch ?? "main"
        let report = PlanReport(
            derivation, view, refName: site.options.ref ?? branch, plan: derivation.plan(now: now), now: now)
        return Overview(site: site, view: view, derivation: derivation, report: report)
    }

    /// Finished work orders, as the zone's reconciler has published them; nil where it has not published yet.
    package func archive() throws(UserError) -> StatusArchive? {
        try statusTree().map { StatusArchive(site.git, tree: $0, derived: site.loader.derived) }
    }

    /// Those of another zone that is in force, by its own status branch.
    func archive(of zone: ZoneName) throws(UserError) -> StatusArchive? {
        let tip = try PublishedStatus.tip(site, zone: zone, trust: view.trust.set, now: report.now)
        return try tip.map { (commit) throws(UserError) in
            try explained { () throws(GitError) in
                StatusArchive(site.git, tree: try site.git.commit(commit).tree)
            }
        }
    }

    func statusTree() throws(UserError) -> ObjectID? {
        try statusCommit().map { (commit) throws(UserError) in
            try explained { () throws(GitError) in try site.git.commit(commit).tree }
        }
    }

    /// The status commit that counts: the one that was read, or the one that this gateway wrote.
    func statusCommit() throws(UserError) -> ObjectID? {
        if case .statusBranch(let commit, _) = report.observation { return commit }
        return try PublishedStatus.tip(site, zone: view.zone, trust: view.trust.set, now: report.now)
    }
}
