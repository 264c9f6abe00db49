// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
internal import Declarations
package import Operations
package import Planning
internal import Vocabulary

/// A plan on a terminal: what will happen, who is needed, what is wrong, the next command.
package enum PlanText {
    package static func render(_ report: PlanReport, _ style: Style) -> String {
        var page = Page(style)
        page.add(ReportHeader.line(report))
        for line in ReportHeader.standing(report) { page.add(line) }
        if let change = report.policyChange {
            page.space()
            page.add(PolicyChangeWords.lines(change, now: report.now, style))
        }
        addBody(report, to: &page, style)
        return page.rendered
    }

    /// What is open, what is wrong, the numbers and the next command.
    static func addBody(_ report: PlanReport, to page: inout Page, _ style: Style) {
        let rows = PlanRows(report, style)
        for group in rows.groups {
            page.space()
            for line in group.heading { page.add(line) }
            page.add(group.rows.flatMap { rows.table.lines($0, in: style) })
        }
        addAdopt(report.plan, to: &page)
        if !rows.drift.isEmpty {
            page.space()
            page.add("\("Drift", .strong)")
            page.add(rows.drift.flatMap { rows.table.lines($0, in: style) })
        }
        addRefused(report.plan, to: &page)
        for line in ReportHeader.problems(report) {
            page.space()
            page.add(line)
        }
        page.space()
        page.add(summary(report.plan))
        if style.isVerbose { page.add("plan \(report.plan.digest.description)") }
        if let next = NextStep.command(for: report.plan) { page.add("next: \(next, .strong)") }
    }

    /// `12 to adopt`: one line, with its command; no row each.
    private static func addAdopt(_ plan: Plan, to page: inout Page) {
        let orders = plan.workOrders.filter { $0.action == .adopt && $0.waits }
        guard let first = orders.first else { return }
        page.space()
        let ids = Set(orders.compactMap { $0.request?.id ?? $0.digest?.id }).sorted()
        let verb = orders.lazy.compactMap(\.signingCommand).first ?? "approve"
        let what: Text =
            orders.count == 1
            ? "1 to adopt: \(first.connector) holds what is wanted, but nobody signed for it:"
            : "\(orders.count) to adopt: they hold what is wanted, but nobody signed for it:"
        page.add("\(what) countersign \(verb) \(ids.prefix(3).joined(separator: " "))")
        if ids.count > 3 { page.add("and \(ids.count - 3) more requests: countersign status lists them", indent: 2) }
    }

    private static func addRefused(_ plan: Plan, to page: inout Page) {
        guard !plan.refused.isEmpty else { return }
        page.space()
        page.add("\("Refused", .strong): records that fit no open work order")
        for record in plan.refused.prefix(20) {
            page.add(
                "\(record.commit.short)  \(record.refusal.code.rawValue, .bad): \(record.refusal.message)", indent: 2)
        }
        if plan.refused.count > 20 { page.add("and \(plan.refused.count - 20) more", indent: 2) }
    }

    /// `2 to push, 1 blocked, 296 unchanged · 3 of 300 would change (1 %, limit 30 %)`.
    package static func summary(_ plan: Plan) -> Text {
        let sum = PlanSummary(of: plan)
        guard sum.push + sum.blocked + sum.adopt + sum.drifted > 0 else {
            return "\("Nothing to do", .good), \(sum.unchanged) unchanged"
        }
        var parts: [Text] = ["\(sum.push) to push"]
        if sum.blocked > 0 { parts.append("\(sum.blocked) \("blocked", .bad)") }
        if sum.halted > 0 { parts.append("\(sum.halted) \("halted", .bad)") }
        if sum.drifted > 0 { parts.append("\(sum.drifted) \("drifted", .caution)") }
        if sum.adopt > 0 { parts.append("\(sum.adopt) to adopt") }
        parts.append("\(sum.unchanged) unchanged")
        return "\(parts.joined(separator: ", ")) · \(LimitWords.standing(plan.limits))"
    }
}

enum LimitWords {
    /// `3 of 300 would change (1 %, limit 30 %)`.
    static func standing(_ standing: LimitStanding) -> Text {
        let percent = standing.total == 0 ? 0 : standing.changed * 100 / standing.total
        let shown = percent == 0 && standing.changed > 0 ? "under 1 %" : "\(percent) %"
        let numbers: Text = "\(standing.changed) of \(standing.total) would change (\(shown), "
        guard standing.exceeded else { return numbers + "limit \(standing.limits.maxChangedPercent) %)" }
        return numbers
            + "\("above the limit", .bad) of \(standing.limits.maxChangedPercent) % or \(standing.limits.maxChanged); the last level has to acknowledge \"changes \(standing.changed)\")"
    }
}
