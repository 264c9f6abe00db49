// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Planning
package import Vocabulary

/// On whose behalf devices are touched: a zone, and the epoch of the state that its gateway has.
package struct Realm: Sendable, Hashable {
    package var zone: ZoneName
    package var epoch: Epoch
    /// Of two epochs of a zone, the one that began later stands.
    package var begunAt: Timestamp
    /// Zones that have given the device away, or that a policy change has removed: what began there before is over.
    package var succeeds: [ZoneName]

    package init(zone: ZoneName, epoch: Epoch, begunAt: Timestamp, succeeds: [ZoneName] = []) {
        (self.zone, self.epoch, self.begunAt, self.succeeds) = (zone, epoch, begunAt, succeeds)
    }

    package func fence(lease: UInt64) -> Fence { Fence(realm: self, lease: lease) }
}

/// The right to touch a device, as the device itself keeps it beside the slots: whoever has an earlier one is refused there,
/// because a lease in a store cannot stop a process that was asleep, nor a gateway that goes on with a state of before.
///
/// Another zone's is passed by one that succeeds it and began later: a gateway that took the device over, and no longer one that
/// gave it back since.
///
/// As kept: `ZONE EPOCH BEGUN LEASE`, BEGUN in seconds since 1970, and a line feed.
package struct Fence: Sendable, Hashable, CustomStringConvertible {
    package var realm: Realm
    /// The lease's number. Within an epoch it only rises.
    package var lease: UInt64

    package init(realm: Realm, lease: UInt64) { (self.realm, self.lease) = (realm, lease) }

    package var description: String {
        "\(realm.zone) \(realm.epoch.text) \(realm.begunAt.secondsSince1970) \(lease)"
    }

    static let limit = 256

    /// nil: damaged.
    init?(kept text: String) {
        let words = text.dropLast().split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        guard text.hasSuffix("\n"), words.count == 4, let zone = ZoneName(words[0]), let epoch = Epoch(words[1]),
            let begun = Int64(words[2]), let lease = UInt64(words[3])
        else { return nil }
        self.init(
            realm: Realm(zone: zone, epoch: epoch, begunAt: Timestamp(secondsSince1970: begun)), lease: lease)
    }

    /// Why this one may not pass where that one was seen; nil: it may.
    func refusal(after kept: Fence) -> String? {
        guard realm.zone == kept.realm.zone else {
            if realm.succeeds.contains(kept.realm.zone), realm.begunAt > kept.realm.begunAt { return nil }
            return "zone \(kept.realm.zone) pushes here, and has not released it to zone \(realm.zone)"
        }
        guard realm.epoch == kept.realm.epoch else {
            if realm.begunAt > kept.realm.begunAt { return nil }
            return "a gateway whose state was begun at \(kept.realm.begunAt) pushes here; "
                + "this one's, of \(realm.begunAt), is no longer in force"
        }
        return lease >= kept.lease ? nil : "lease \(kept.lease) was here, \(lease) comes too late"
    }
}
