// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
internal import Git
internal import Planning
package import Vocabulary

/// `status` and `explain`: how everything stands, derived now from what is recorded and from the refs; no device is contacted.
package struct StatusOperation: Sendable {
    private let site: Site
    private let time: any TimeSource

    package init(site: Site, time: any TimeSource) { (self.site, self.time) = (site, time) }

    /// On the gateway from its own journal, elsewhere from the status branch.
    package func run() async throws(UserError) -> PlanReport {
        let fetched = try await site.fetch()
        let now = time.now
        var view = try await Viewpoint.open(site, own: true, now: now)
        view.notices += fetched.notices
        let asked = try site.options.ref.map { (ref) throws(UserError) in try site.commit(ref) }
        let derivation = try await view.derive(asked, now: now)
        let branch = view.trust.set.repository?.spec.branch ?? "main"
        return PlanReport(
            derivation, view, refName: site.options.ref ?? branch, plan: derivation.plan(now: now), now: now)
    }
}
