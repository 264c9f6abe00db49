// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
package import Audit
internal import Planning
internal import Vocabulary

/// What each slot holds, how it came there, and who allowed it; then what is not proven, and why.
package enum AuditText {
    package static func render(_ report: AuditReport, _ style: Style) -> String {
        var page = Page(style)
        page.add(
            "\(report.repositoryName, .strong)  from the trusted commit \(report.trusted.short), trust set \(report.trustSet.short)"
        )
        for line in report.lines {
            let until: Text = line.until.map { " until \(TimeWords.minute($0))" } ?? ""
            page.add("zone \(line.zone): \(line.commits) status commits to \(line.tip.short)\(until)", indent: 2)
        }
        if !report.findings.isEmpty {
            page.space()
            page.add("\("Wrong with the status branches", .strong)")
            for finding in report.findings { page.add(words(finding), indent: 2) }
        }
        page.space()
        addSlots(report, to: &page, style)
        for push in report.pushes {
            page.space()
            add(push, to: &page, style)
        }
        for notice in report.notices {
            page.space()
            page.add("\("note", .note): \(notice)")
        }
        page.space()
        page.add(summary(report))
        return page.rendered
    }

    private static func addSlots(_ report: AuditReport, to page: inout Page, _ style: Style) {
        let rows = report.slots.map { slot in
            Table.Row(cells: [
                AuditWords.verdict(slot.verdict), "\(slot.connector?.text ?? slot.slot.path)", "\(slot.slot.device)",
                "\(slot.holding.map { CertificateWords.holding($0, style) } ?? "never observed")",
                slot.by.map { "\($0.id)" } ?? "", "\(slot.reason ?? "")",
            ])
        }
        page.add(Table(indent: 2, fitting: rows).lines(rows, in: style))
    }

    private static func add(_ push: AuditedPush, to page: inout Page, _ style: Style) {
        let verdict: Text = push.isProven ? "\("✓", .good) proven" : "\("×", .bad) \("unproven", .bad)"
        page.add(
            "\(verdict)  \(push.digest.id, .strong)  \(push.connector) (\(push.slot.device))  \(what(push, style))")
        page.add("\(push.digest.description)", indent: 2)
        page.add(ending(push), indent: 2)
        if push.replacedUnapproved, !push.isAdoption {
            page.add("nobody had signed for what it replaced", indent: 2)
        }
        page.add(
            LevelRows.lines(
                Judgement(levels: push.levels, refused: push.refused), requesters: push.requesters, now: noDay,
                style)
        )
        for reason in push.reasons { page.add(words(reason), indent: 2) }
    }

    /// An audit is read at any time: no day in it is called today.
    private static let noDay = Timestamp(secondsSince1970: 0)

    private static func what(_ push: AuditedPush, _ style: Style) -> Text {
        let name: Text = push.certificate.map { "\($0) " } ?? ""
        let before = CertificateWords.holding(push.replaces, style)
        guard !push.isAdoption else { return "adopt \(name)\(before)" }
        let after = push.installs.map { CertificateWords.fingerprint($0, style) } ?? "nothing"
        return "\(name)\(before) → \(after)"
    }

    /// `Completed 2026-11-24 10:42 UTC, begun 10:42:01; push 3 of this slot; policy default`.
    private static func ending(_ push: AuditedPush) -> Text {
        var line: Text = "\(StateWords.title(push.outcome)) \(TimeWords.minute(push.at))"
        if let began = push.began { line += ", begun \(TimeWords.minute(began))" }
        line += "; sequence \(push.sequence)"
        if let policy = push.policy { line += "; policy \(policy)" }
        return line + "; derived from \(push.tip.short); told by \(push.status.short)"
    }

    private static func words(_ finding: Finding) -> Text {
        let place: Text = finding.place.isEmpty ? "" : " \(finding.place)"
        return "\(finding.code.rawValue, .bad)\(place): \(finding.message)"
    }

    private static func summary(_ report: AuditReport) -> Text {
        let proven = report.pushes.count { $0.isProven }
        let slots = AuditedSlot.Verdict.allCases.compactMap { verdict -> Text? in
            let count = report.slots.count { $0.verdict == verdict }
            return count == 0 ? nil : "\(count) \(verdict.rawValue)"
        }
        var line: Text =
            "\(proven) of \(report.pushes.count) \(report.pushes.count == 1 ? "work order" : "work orders") proven"
        if !slots.isEmpty { line += "; slots: \(slots.joined(separator: ", "))" }
        if !report.findings.isEmpty { line += "; \(report.findings.count) wrong with the status branches" }
        return line
    }
}

enum AuditWords {
    static func verdict(_ verdict: AuditedSlot.Verdict) -> Text {
        switch verdict {
        case .proven: "\(verdict.rawValue, .good)"
        case .adopted: "\(verdict.rawValue, .note)"
        case .unapproved: "\(verdict.rawValue, .caution)"
        case .unproven: "\(verdict.rawValue, .bad)"
        case .empty: "\(verdict.rawValue, .faint)"
        }
    }
}
