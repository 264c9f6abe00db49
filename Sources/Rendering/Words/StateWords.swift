// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
package import Planning
package import Vocabulary

/// The states of a work order as people read them.
package enum StateWords {
    /// From the name that JSON has: `PushReviewInProgress` → `Push-Review In Progress`.
    package static func title(_ name: String) -> String {
        switch name {
        case "Requested": "Push-Requested"
        case "PushReviewInProgress": "Push-Review In Progress"
        case "Scheduled": "Scheduled"
        case "ReadyToImplement": "Ready to Implement"
        case "Implementing": "Implementing"
        case "Completed": "Completed"
        case "Blocked": "Blocked"
        case "Rejected": "Rejected"
        case "Cancelled": "Cancelled"
        case "Expired": "Expired"
        case "ScheduleMissed": "Schedule Missed"
        case "Superseded": "Superseded"
        case "PushFailed": "Push Failed"
        case "RolledBack": "Rolled Back"
        case "RollbackFailed": "Rollback Failed"
        case "UnknownEffect": "Unknown Effect"
        default: name
        }
    }

    /// Every state and every way to end, and what it means for people.
    package static let meanings: [(name: String, meaning: String)] = [
        ("Requested", "Asked for by a commit; nobody has signed yet."),
        ("PushReviewInProgress", "Some level is signed, the last one is not."),
        ("Scheduled", "Fully signed for a time to come; it is pushed then, within its window."),
        ("ReadyToImplement", "Fully signed; the next pass pushes it, until its window ends."),
        ("Implementing", "A push has begun and its end is not recorded yet; the next pass looks at the device first."),
        ("Completed", "Pushed, and proven by handshakes at every gate endpoint."),
        ("Adopted", "What the device holds was signed for; the device was not touched."),
        ("Blocked", "It cannot go on; `reason` says why, and the table below what to do."),
        ("Rejected", "Somebody who may approve said no to exactly this content; another commit asks anew."),
        ("Cancelled", "Taken back by a requester or an approver; another commit asks anew."),
        ("Expired", "Signatures came too late to be completed; sign again."),
        ("ScheduleMissed", "Its window ended before it was pushed; nothing is pushed late, sign the last level again."),
        ("Superseded", "The content changed; another work order stands in its place."),
        ("CandidateRefused", "The device's own parser refused the candidate in a shadow; nothing live was touched."),
        ("Abandoned", "Stopped before anything was touched; the same signatures go on at the next pass."),
        ("PushFailed", "A step failed before the switch; what was live is as it was."),
        ("RolledBack", "The new certificate was not proven as served; what was there before is, and that is proven."),
        ("RollbackFailed", "Putting back what was there is not proven yet; every pass goes on trying."),
        ("UnknownEffect", "Begun on a device that cannot be looked at now; look at it by hand, or wait for it."),
    ]

    /// The states that an open work order can be in.
    package static let open = meanings.map(\.name).filter {
        !["Adopted", "CandidateRefused", "Abandoned"].contains($0)
    }

    package static func tint(_ name: String) -> Tint? {
        switch name {
        case "Completed": .good
        case "PushReviewInProgress", "Scheduled", "ReadyToImplement", "Implementing": .note
        case "Expired", "ScheduleMissed": .caution
        case "Blocked", "Rejected", "Cancelled": .bad
        case "PushFailed", "RolledBack", "RollbackFailed", "UnknownEffect": .failed
        default: nil
        }
    }

    /// The title, with the times and the reason that belong to it.
    package static func words(_ state: WorkOrderState, now: Timestamp) -> Text {
        let title = Text(outside: title(state.name), tint(state.name))
        switch state {
        case .scheduled(let window):
            return
                "\(title) for \(TimeWords.moment(window.start, now: now)), until \(TimeWords.moment(window.end, now: now))"
        case .readyToImplement(let window):
            return "\(title) until \(TimeWords.moment(window.end, now: now))"
        case .scheduleMissed(let window):
            return "\(title): the window ended at \(TimeWords.moment(window.end, now: now)), nothing was pushed"
        case .blocked(let block): return "\(title): \(Self.block(block))"
        default: return title
        }
    }

    /// As above, with its wave and what it waits for there.
    package static func words(_ order: WorkOrder, now: Timestamp) -> Text {
        let words = words(order.state, now: now)
        guard case .readyToImplement = order.state, let wave = order.wave else { return words }
        return words + " · \(WaveWords.words(wave))"
    }

    /// `KeyMismatch: the private key …`.
    package static func block(_ block: Block) -> Text { "\(block.code.rawValue, .bad): \(block.message)" }

    /// Whether nothing more will come of it.
    package static func isDecided(_ state: WorkOrderState) -> Bool {
        switch state {
        case .completed, .rejected, .cancelled, .superseded, .pushFailed, .rolledBack: true
        default: false
        }
    }
}

/// How a push ended, as people read it.
package enum OutcomeWords {
    /// Every way in which a push ends, as in JSON.
    package static let names = [
        "Completed", "Adopted", "CandidateRefused", "Abandoned", "PushFailed", "RolledBack", "RollbackFailed",
        "UnknownEffect",
    ]

    /// As in JSON.
    package static func name(_ outcome: Outcome) -> String { outcome.name }

    /// What the device or the prober said; nil where it went well.
    package static func message(_ outcome: Outcome) -> String? { outcome.message }

    package static func words(_ outcome: Outcome) -> Text { words(outcome.name, outcome.message) }

    /// - Parameter state: the CamelCase name.
    package static func words(_ state: String, _ message: String?) -> Text {
        let title: Text =
            switch state {
            case "Completed": "\("Completed", .good)"
            case "Adopted": "\("Adopted", .good)"
            case "CandidateRefused": "\("Candidate Refused", .bad), nothing was touched"
            case "Abandoned": "\("Not Begun", .caution), nothing was touched, will be tried again"
            case "PushFailed": "\("Push Failed", .failed), nothing was switched"
            case "RolledBack": "\("Rolled Back", .failed), what was there before is served again"
            case "RollbackFailed": "\("Rollback Failed", .failed), the undo goes on at the next pass"
            case "UnknownEffect": "\("Unknown Effect", .failed), the device cannot be observed"
            case "Superseded": "\("Superseded", .caution), it was never pushed"
            default: "\(StateWords.title(state))"
            }
        return message.map { "\(title): \($0)" } ?? title
    }
}
