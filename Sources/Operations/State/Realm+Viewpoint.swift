// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Connectors
internal import Journal
package import Planning
package import Vocabulary

/// The realm of each device: that of this gateway's state, or of the time since the device was taken over from another zone.
package struct Realms: Sendable {
    private let own: Realm
    private let successions: [DeviceName: Tenure.Succession]

    package init(_ own: Realm, successions: [DeviceName: Tenure.Succession] = [:]) {
        (self.own, self.successions) = (own, successions)
    }

    /// - Throws: `NotTrusted` where the state holds no epoch.
    package init(_ view: Viewpoint) throws(UserError) {
        guard let epoch = view.history.epoch, let begunAt = view.history.epochBegunAt else {
            throw UserError("NotTrusted", "this state has no epoch yet", hint: "countersign trust COMMIT")
        }
        self.init(
            Realm(zone: view.zone, epoch: epoch, begunAt: begunAt),
            successions: view.history.tenures.compactMapValues { tenure in
                if case .takenOver(let succession) = tenure { succession } else { nil }
            })
    }

    package subscript(device: DeviceName) -> Realm {
        guard let succession = successions[device] else { return own }
        var realm = own
        realm.begunAt = max(own.begunAt, succession.at)
        realm.succeeds = succession.from.map(\.zone).filter { $0 != own.zone }
        return realm
    }
}
