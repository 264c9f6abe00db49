// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Planning
package import Vocabulary

/// Sync states and colours: their JSON names, and the words that always stand beside a colour.
package enum SyncWords {
    /// `sync` in JSON.
    package static func name(_ sync: SyncState) -> String {
        switch sync {
        case .inSync, .inSyncUnapproved: "InSync"
        case .outOfSync: "OutOfSync"
        case .unknown: "Unknown"
        case .unbound: "Unbound"
        }
    }

    /// `syncReason` in JSON.
    package static func reason(_ sync: SyncState) -> String? {
        switch sync {
        case .inSync, .unbound: nil
        case .inSyncUnapproved: "Unapproved"
        case .outOfSync(let reason): reason
        case .unknown: "Unobserved"
        }
    }

    /// `certPlusSync` in JSON: CERT+ knows no `Unknown`.
    package static func certPlus(_ sync: SyncState) -> String {
        switch sync {
        case .inSync, .inSyncUnapproved: "InSync"
        case .outOfSync, .unknown, .unbound: "OutOfSync"
        }
    }

    /// The CERT+ column.
    package static func certPlusWords(_ sync: SyncState) -> Text {
        certPlus(sync) == "InSync" ? "\("In Sync", .good)" : "\("Out of Sync", .bad)"
    }

    package static func words(_ sync: SyncState, now: Timestamp) -> Text {
        switch sync {
        case .inSync: "\("In Sync", .good)"
        case .inSyncUnapproved: "\("In Sync", .good), Unapproved"
        case .outOfSync(let reason): "\("Out of Sync", .bad): \(reason)"
        case .unknown(let since?): "\("Unknown", .caution) (unobserved since \(TimeWords.moment(since, now: now)))"
        case .unknown(nil): "\("Unknown", .caution) (never observed)"
        case .unbound: "Unbound"
        }
    }
}

package enum ColourWords {
    package static func tint(_ colour: StatusColour) -> Tint {
        switch colour {
        case .black: .revoked
        case .gray: .failed
        case .red: .bad
        case .purple: .removed
        case .orange: .warning
        case .yellow: .caution
        case .blue: .note
        case .green: .good
        }
    }

    /// `green: valid, 46 days left`.
    package static func words(_ colour: StatusColour, notAfter: Timestamp?, now: Timestamp) -> Text {
        let left = notAfter.map { TimeWords.left(until: $0, now: now) }
        let why: String? =
            switch colour {
            case .black: "revoked"
            case .gray: "push failed"
            case .red: left ?? "expired"
            case .purple: "removed on the device"
            case .orange, .yellow, .blue: left
            case .green: left.map { "valid, \($0)" }
            }
        let name = Text(outside: colour.rawValue, tint(colour))
        return why.map { "\(name): \($0)" } ?? name
    }
}
