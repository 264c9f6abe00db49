// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
internal import Declarations
package import Operations
internal import Planning
package import Vocabulary

/// The lines that plan, status and a pass have in common.
package enum ReportHeader {
    /// `edge-certs  main at 3f2c1a9, trust set of 2026-11-02, observed 12 s ago`.
    package static func line(_ report: PlanReport) -> Text {
        let trust: Text =
            report.trust.acceptedAt.map { "trust set of \(TimeWords.day($0))" }
            ?? "trust set of \(report.trust.commit.short)"
        return "\(report.repositoryName, .strong)  \(report.refName), \(trust), \(observation(report))"
    }

    private static func observation(_ report: PlanReport) -> Text {
        switch report.observation {
        case .discovered(let at): "observed \(TimeWords.distance(at, from: report.now))"
        case .journal(let at?): "last observed \(TimeWords.distance(at, from: report.now))"
        case .journal(nil), .none: "\("never observed", .caution)"
        case .statusBranch(let commit, let at):
            "from the status of \(report.zone) at \(commit.short), not heard since \(TimeWords.moment(at, now: report.now))"
        }
    }

    /// What must be known before anything else is read.
    package static func standing(_ report: PlanReport) -> [Text] {
        var lines: [Text] = report.trust.isTrial ? ["\("trial policy", .caution): one person decides alone"] : []
        if let since = report.trust.anewSince {
            lines.append(
                "\("begun anew", .caution) on \(TimeWords.day(since)) (trust --anew): what was signed before does not count, and an audit begins there"
            )
        }
        return lines + report.plan.emergenciesWhole.flatMap { EmergencyWords.lines($0, now: report.now) }
    }

    /// What is wrong around the plan.
    package static func problems(_ report: PlanReport) -> [Text] {
        var lines: [Text] = []
        if let tip = report.invalidTip {
            lines.append(
                "\("Invalid", .bad): commit \(tip.commit.short) has mistakes; what the last valid commit declares stays in force"
            )
            lines += tip.diagnostics.prefix(20).map { "  \($0.description)" }
            if tip.diagnostics.count > 20 {
                lines.append("  and \(tip.diagnostics.count - 20) more: countersign validate")
            }
        }
        return lines + report.notices.map { "\("note", .caution): \($0)" }
    }
}

/// A change of the trust set that waits for signatures.
package enum PolicyChangeWords {
    package static func lines(_ change: PendingPolicyChange, now: Timestamp, _ style: Style) -> [Text] {
        var page: [Text] = [
            "\(change.digest.id, .strong)  \("policy change", .warning), not in force: \(change.from.short) → \(change.to.short); the old set still decides"
        ]
        let asked = LevelWords.requested(change.requesters)
        if !asked.isEmpty { page.append("  \(asked)") }
        for line in change.changes { page += Text(outside: line).folded(to: style.width, first: 2, rest: 4) }
        page.append("  \(standing(change, now: now))")
        for refused in change.judgement?.refused ?? [] {
            page.append(
                "  refused \(refused.commit.short)  \(refused.refusal.code.rawValue, .bad): \(refused.refusal.message)")
        }
        if style.isVerbose { page.append("  \(change.digest.description)") }
        if let next = next(change) { page.append("  next: \(next, .strong)") }
        return page
    }

    /// What it waits for.
    private static func standing(_ change: PendingPolicyChange, now: Timestamp) -> Text {
        let needs = LevelWords.standing(change.judgement?.levels ?? [])
        switch change.state {
        case .requested, .pushReviewInProgress: return needs
        case .readyToImplement: return "\(needs) · comes into force with the next pass"
        case .rejected, .cancelled:
            return "\(StateWords.words(change.state, now: now))\(TombstoneWords.words(change.judgement?.tombstone))"
        default:
            return needs.isEmpty
                ? StateWords.words(change.state, now: now) : "\(needs) · \(StateWords.words(change.state, now: now))"
        }
    }

    package static func next(_ change: PendingPolicyChange) -> String? {
        switch change.state {
        case .requested, .pushReviewInProgress, .expired, .scheduleMissed: "countersign approve \(change.digest.id)"
        default: nil
        }
    }
}
