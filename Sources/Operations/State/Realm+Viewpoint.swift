// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Connectors
internal import Journal
internal import Planning

extension Realm {
    /// - Throws: `NotTrusted` where the state holds no epoch.
    package init(_ view: Viewpoint) throws(UserError) {
        guard let epoch = view.history.epoch, let begunAt = view.history.epochBegunAt else {
            throw UserError("NotTrusted", "this state has no epoch yet", hint: "countersign trust COMMIT")
        }
        self.init(zone: view.zone, epoch: epoch, begunAt: begunAt)
    }
}
