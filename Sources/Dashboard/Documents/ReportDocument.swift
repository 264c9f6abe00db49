// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
package import Operations
internal import Planning
internal import Rendering
internal import Vocabulary

/// `report --format html`: the Push Validation Report as one file, to be sent or kept. No script, nothing that is fetched, light and
/// dark; its own Content-Security-Policy allows nothing but the style that stands in it.
package enum ReportDocument {
    private static let longest = 1_000

    package static func html(_ report: ReportOperation.Report) -> String {
        let style = Stylesheet.text + Self.style
        let hash = Data(FileDigest(hashing: Array(style.utf8)).bytes).base64EncodedString()
        let title: Markup = "Push Validation Report · \(report.plan.repositoryName) · zone \(report.plan.zone)"
        var page: Markup = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
        page +=
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-\(hash)'; base-uri 'none'; form-action 'none'\">"
        page +=
            "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><meta name=\"color-scheme\" content=\"light dark\"><meta name=\"robots\" content=\"noindex\"><title>\(title)</title>"
        // The style is ours, and the hash is over its very bytes: nothing is escaped in it.
        return page.html + "<style>\(style)</style></head>" + body(report).html + "</html>\n"
    }

    /// A page without the frame that the dashboard's pages stand in.
    private static let style = """
        body { display: block; min-height: 0; } main { margin: 0 auto; max-width: 70rem; }
        .halves { display: grid; grid-template-columns: repeat(auto-fit, minmax(18rem, 1fr)); gap: 1rem; }
        .halves td:nth-child(n) { min-width: 0; }
        .halves > .card { margin: 0; } .halves { margin-bottom: 1rem; } td.n, th.n { text-align: right; }

        """

    private static func body(_ report: ReportOperation.Report) -> Markup {
        let (figures, now) = (report.figures, report.plan.now)
        var page: Markup =
            "<body><main id=\"main\"><h1>Push Validation Report</h1><p class=\"lead\">\(report.plan.repositoryName), zone \(report.plan.zone), \(ReportText.span(report)), as of \(TimeWords.minute(now))</p>"
        page += "<section class=\"card\"><div class=\"split\">"
        if let percent = figures.percent { page += Ring.markup(percent: percent, "of the pushes went well and are served") }
        page += "<div><p class=\"lead\"><b>\(ReportText.share(report.pushes))</b></p>"
        for line in ReportText.trend(report) + ReportText.endpoints(figures.endpoints) { page += "<p>\(line)</p>" }
        page += "</div></div></section>"
        // This one stands beside the former ones where it has anything to show.
        let bars = report.trend + (figures.total > 0 && report.trend.last?.until != figures.until ? [figures] : [])
        if !bars.isEmpty {
            page +=
                "<section class=\"card\"><h2>Trend</h2>\(TrendChart.markup(bars))<ul class=\"legend\" role=\"list\"><li><span class=\"box good\"></span> went well</li><li><span class=\"box bad\"></span> failed</li></ul></section>"
        }
        for part in [shares(figures), failures(figures, now), pushes(report, now)] { page += part }
        return page
            + "<p class=\"on\">Made by countersign report. Where each push was proven: countersign audit.</p></main></body>"
    }

    private static func shares(_ figures: ReportFigures) -> Markup {
        var cards: Markup = ""
        for dimension in ReportFigures.Dimension.allCases {
            guard let shares = figures.shares[dimension], !shares.isEmpty else { continue }
            let rows = shares.prefix(50).map { share in
                Grid.Row(cells: ["\(share.name)", "\(share.total)", "\(share.failed)", "\(share.percent ?? 0) %"])
            }
            let grid = Grid(
                caption: "Pushes \(ReportText.title(dimension))", columns: ["Name", "Pushes", "Failed", "Successful"],
                rows: rows
            ).markup
            cards +=
                "<section class=\"card\"><h2>\(ReportText.heading(dimension))</h2>\(grid)\(more(shares.count, 50))</section>"
        }
        return cards.isEmpty ? "" : "<div class=\"halves\">\(cards)</div>"
    }

    private static func failures(_ figures: ReportFigures, _ now: Timestamp) -> Markup {
        guard !figures.failures.isEmpty else { return "" }
        let rows = figures.failures.prefix(longest).map { failure in
            Grid.Row(cells: [
                "<span class=\"id\">\(failure.workOrder.id)</span>",
                "\(failure.certificate.map { $0.text } ?? "removed")", "\(failure.connector)",
                "\(StateWords.title(failure.state))", "\(failure.reason)", Parts.time(failure.since, now: now),
            ])
        }
        return
            "<section class=\"card\"><h2>Failed</h2>\(Grid(caption: "Failed pushes", columns: ["Work order", "Certificate", "Connector", "State", "Reason", "Since"], rows: rows).markup)\(more(figures.failures.count, longest))</section>"
    }

    private static func pushes(_ report: ReportOperation.Report, _ now: Timestamp) -> Markup {
        let all = report.pushes.pushes
        guard !all.isEmpty else { return "" }
        let rows = all.reversed().prefix(longest).map { push in
            Grid.Row(cells: [
                push.isSuccessful
                    ? "<span class=\"t-good nowrap\">✓ good</span>" : "<span class=\"t-bad nowrap\">× failed</span>",
                Parts.time(push.at, now: now), "\(push.certificate.map { $0.text } ?? "removed")",
                "\(push.connector)", "<code>\(push.leaf?.short ?? "")</code>",
                "<span class=\"id\">\(push.workOrder.id)</span>",
                "\(StateWords.title(push.state)), \(ReportText.validation(push))",
            ])
        }
        return
            "<section class=\"card\"><h2>All pushes</h2>\(Grid(caption: "Pushes, the newest first", columns: ["Result", "Ended", "Certificate", "Connector", "Leaf", "Work order", "Outcome"], rows: rows).markup)\(more(all.count, longest))</section>"
    }

    private static func more(_ count: Int, _ shown: Int) -> Markup {
        count > shown ? "<p class=\"more\">and \(count - shown) more: countersign report --format json has them all</p>" : ""
    }
}
