// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Operations
internal import Planning
internal import Rendering
internal import Vocabulary

extension PushReport {
    /// Of the last days.
    static func of(_ subject: Subject, days: Int64) -> PushReport {
        let since = subject.report.now - .days(days)
        return PushReport(
            since: since, until: subject.report.now, pushes: subject.picture.snapshot.pushes.filter { $0.at > since }
        ) { subject.picture.served[$0] ?? [] }
    }
}

/// The Push Validation Report: the share of pushes that went well and are served ever since.
enum ReportPage {
    static let spans: [Int64] = [7, 30, 90]

    static func page(_ subject: Subject) -> Page {
        let query = subject.query
        let days = query["days"].flatMap { Int64($0) }.flatMap { spans.contains($0) ? $0 : nil } ?? 30
        let report = PushReport.of(subject, days: days)
        let isFailedOnly = query["result"] == "failed"
        let shown = Array(report.pushes.reversed().filter { !isFailedOnly || !$0.isSuccessful })
        let pager = Pager(total: shown.count, wanted: query.page)
        let now = subject.report.now
        let rows = shown[pager.range].map { push in
            Grid.Row(
                cells: [
                    push.isSuccessful
                        ? "<span class=\"t-good nowrap\">✓ good</span>"
                        : "<span class=\"t-bad nowrap\">× failed</span>",
                    Parts.time(push.at, now: now), push.certificate.map(Parts.certificate) ?? "removed",
                    "\(push.connector)", Parts.leaf(push.leaf), Parts.workOrder(push.workOrder),
                    "\(Parts.state(push.state)), \(ReportText.validation(push))",
                ], below: push.message.map { "\($0)" } ?? "")
        }
        let filters = Filters(
            action: Page.Place.report.address, search: nil,
            choices: [
                Filters.Choice(
                    name: "days", label: "Span",
                    options: spans.map { (String($0), "the last \($0) days") }.sorted { left, _ in
                        left.0 == String(days)
                    }),
                Filters.Choice(name: "result", label: "Result", options: [("", "any"), ("failed", "failed")]),
            ])
        let address = query.address(Page.Place.report.address, ["days", "result"])
        return Page(
            .report, "Push Validation Report", "report",
            [
                "heading": "Push Validation Report", "filtersHTML": .markup(filters.markup(query)),
                "shareHTML": .markup(Markup(ReportText.share(report))),
                "ringHTML": .markup(
                    report.share.map { Ring.markup(percent: $0, "of the pushes went well and are served") } ?? ""),
                "chartHTML": .markup(PushChart.markup(report, days: Int(days), now: now)),
                "hasPushes": .flag(!report.pushes.isEmpty),
                "tableHTML": .markup(
                    rows.isEmpty
                        ? ""
                        : Grid(
                            caption: "Pushes, the newest first",
                            columns: ["Result", "Ended", "Certificate", "Connector", "Leaf", "Work order", "Outcome"],
                            rows: rows
                        ).markup),
                "pagerHTML": .markup(pager.markup(address, of: "pushes")), "days": .text(String(days)),
            ])
    }
}
