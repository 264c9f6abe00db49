// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Vocabulary

/// `status`: how everything stands.
package struct StatusOperation: Sendable {
    private let site: Site
    private let time: any TimeSource

    package init(site: Site, time: any TimeSource) { (self.site, self.time) = (site, time) }

    package func run() async throws(UserError) -> PlanReport { try await Overview.open(site, time: time).report }
}
