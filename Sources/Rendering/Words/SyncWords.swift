// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Planning
package import Vocabulary

/// Sync states and colours: their JSON names, and the words that always stand beside a colour.
package enum SyncWords {
    /// Every `sync` of JSON.
    package static let names = ["InSync", "OutOfSync", "Unknown", "Unbound"]

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

    /// Every state of sync with its reasons (markdown), and what it means.
    package static let meanings: [(sync: String, reason: String, meaning: String)] = [
        ("InSync", "", "The slot holds what is declared, every gate endpoint serves it, and people signed for it."),
        (
            "InSync", "`Unapproved`",
            "The same, but nobody signed for it: adopt it (`countersign approve` of its adopt work order)."
        ),
        ("OutOfSync", "`NotInstalled`", "The slot holds another certificate, or none: push what is declared."),
        ("OutOfSync", "`ChainNotInstalled`", "The leaf is there with another chain: push what is declared."),
        ("OutOfSync", "`KeyNotInstalled`", "The certificate is there without its key: push what is declared."),
        (
            "OutOfSync", "`ChangedOnDevice`",
            "Somebody changed the slot by hand: adopt that, or sign the work order that puts it back."
        ),
        (
            "OutOfSync", "`InstalledNotServed`",
            "The slot is right and no endpoint serves it: reload the server, or push again."
        ),
        (
            "OutOfSync", "`ServedOnSome N/M`",
            "Some of the addresses serve something else: look at those, or push again."
        ),
        (
            "OutOfSync", "`Superseded`",
            "Of an old certificate in `installations[]`: a newer one took its place in this slot."
        ),
        (
            "Unknown", "`Unobserved`",
            "The device or an endpoint cannot be reached; that is no drift. `since` says from when."
        ),
        ("Unbound", "", "No binding names the connector any more; what lies there is left as it is."),
    ]

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

    package static func meaning(_ colour: StatusColour) -> String {
        switch colour {
        case .black: "Revoked."
        case .gray: "The last push failed."
        case .red: "Expired."
        case .purple: "Removed by hand on the device."
        case .orange: "Valid, 10 days left or fewer."
        case .yellow: "Valid, 30 days left or fewer."
        case .blue: "Valid, 90 days left or fewer."
        case .green: "Valid."
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
