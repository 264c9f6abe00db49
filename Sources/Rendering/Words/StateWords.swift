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
