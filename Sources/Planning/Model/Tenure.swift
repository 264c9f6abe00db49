// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Vocabulary

/// How a zone ceased to answer for a device, or came to; where there is none, it has answered for what it knows of from the start.
package enum Tenure: Hashable, Sendable, Codable {
    /// Given away: this zone pushes there no more, and the device's next zone goes on from what was published of its slots.
    case released(at: Timestamp)
    case takenOver(Succession)

    package struct Succession: Hashable, Sendable, Codable {
        /// Later than all that was released to it.
        package var at: Timestamp
        /// Sorted by zone.
        package var from: [Predecessor]

        package init(at: Timestamp, from: [Predecessor]) { (self.at, self.from) = (at, from) }
    }

    package struct Predecessor: Hashable, Sendable, Codable {
        package var zone: ZoneName
        /// When it gave the device away; nil: a policy change has removed the zone.
        package var released: Timestamp?

        package init(zone: ZoneName, released: Timestamp?) { (self.zone, self.released) = (zone, released) }
    }
}

extension SlotHead {
    /// It was observed, or something was done there: what is only declared has a head too.
    fileprivate var isKnown: Bool {
        observed != nil || sequence > 0 || lastCompleted != nil || lastEnded != nil || openBatch != nil
            || !formerLeaves.isEmpty
    }
}

extension History {
    /// The devices that this zone answers for: those it knows something of, but for what it has given away.
    package var devicesAnsweredFor: Set<DeviceName> {
        var devices = Set(slots.lazy.filter(\.value.isKnown).map(\.key.device))
        for (device, tenure) in tenures {
            switch tenure {
            case .released: devices.remove(device)
            case .takenOver: devices.insert(device)
            }
        }
        return devices
    }
}
