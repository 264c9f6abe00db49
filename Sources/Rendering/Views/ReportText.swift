// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Operations
package import Planning
package import Vocabulary

/// The Push Validation Report: the share of successful and failed pushes, and each of them.
package enum ReportText {
    package static func render(_ report: ReportOperation.Report, _ style: Style) -> String {
        var page = Page(style)
        let pushes = report.pushes
        page.add("\(report.plan.repositoryName, .strong)  pushes in zone \(report.plan.zone) \(span(report))")
        for line in ReportHeader.standing(report.plan) { page.add(line) }
        page.space()
        page.add(share(pushes))
        for line in trend(report) + shares(report.figures) + endpoints(report.figures.endpoints) { page.add(line) }
        let rows = pushes.pushes.map { push in
            Table.Row(
                cells: [
                    "\(push.isSuccessful ? "✓" : "×", push.isSuccessful ? .good : .bad)",
                    "\(TimeWords.minute(push.at))", "\(push.connector)",
                    push.certificate.map { "\($0)" } ?? "removed",
                    push.leaf.map { "\(CertificateWords.fingerprint($0, style))" } ?? "",
                    "\(push.workOrder.id) \(StateWords.title(push.state), StateWords.tint(push.state) ?? .strong), \(validation(push))",
                ], below: push.message.map { ["\($0)"] } ?? [])
        }
        if !rows.isEmpty { page.space() }
        page.add(Table(fitting: rows).lines(rows, in: style))
        for line in ReportHeader.problems(report.plan) {
            page.space()
            page.add(line)
        }
        return page.rendered
    }

    package static func span(_ report: ReportOperation.Report) -> String {
        let (pushes, now) = (report.pushes, report.plan.now)
        return pushes.since.map { "since \(TimeWords.moment($0, now: now))" } ?? "since the beginning"
    }

    /// `12 pushes: 11 successful (91 %), 1 failed (9 %)`.
    package static func share(_ pushes: PushReport) -> Text {
        guard let share = pushes.share else { return "No push." }
        let count = pushes.pushes.count
        return
            "\(count) \(count == 1 ? "push" : "pushes"): \("\(pushes.successful) successful", .good) (\(share) %), \("\(pushes.failed) failed", pushes.failed > 0 ? .bad : .good) (\(100 - share) %)"
    }

    /// `before: 95 % of 20 until 2026-11-27 10:00 UTC`
    package static func trend(_ report: ReportOperation.Report) -> [Text] {
        guard let before = report.trend.last(where: { $0.until != report.figures.until && $0.percent != nil }),
            let former = before.percent
        else { return [] }
        let change = report.figures.percent.map { now -> Text in
            let points = now - former
            let words = points == 0 ? "the same" : "\(points > 0 ? "+" : "−")\(abs(points)) points"
            return "\(words, points < 0 ? .bad : .good) against "
        }
        return [(change ?? "") + "\(former) % of \(before.total) in the report until \(TimeWords.minute(before.until))"]
    }

    /// `by device kind  nginx 10 of 11 (90 %), haproxy 1 of 1 (100 %)`: where there is more than one to be told apart.
    static func shares(_ figures: ReportFigures) -> [Text] {
        ReportFigures.Dimension.allCases.compactMap { dimension in
            guard let shares = figures.shares[dimension], shares.count > 1 else { return nil }
            let shown = shares.prefix(8).map { share -> Text in
                let words = "\(share.name) \(share.successful) of \(share.total) (\(share.percent ?? 0) %)"
                return share.failed > 0 ? "\(words, .bad)" : "\(words)"
            }
            let rest = shares.count > 8 ? ", and \(shares.count - 8) more" : ""
            return "\(title(dimension), .faint)  " + shown.joined(separator: ", ") + "\(rest)"
        }
    }

    package static func title(_ dimension: ReportFigures.Dimension) -> String {
        switch dimension {
        case .deviceKind: "by device kind"
        case .zone: "by zone"
        case .policy: "by policy"
        case .certificate: "by certificate"
        }
    }

    /// The same as a heading.
    package static func heading(_ dimension: ReportFigures.Dimension) -> String {
        let title = title(dimension)
        return title.prefix(1).uppercased() + title.dropFirst()
    }

    /// Of everything that was ever pushed or adopted.
    package static func endpoints(_ endpoints: ReportFigures.Endpoints) -> [Text] {
        guard endpoints.total > 0 else { return [] }
        let wrong = endpoints.differed + endpoints.unreachable
        let words: Text =
            "\(endpoints.matched) of \(endpoints.total) endpoints of all that was pushed serve it, \(endpoints.differed) differ, \(endpoints.unreachable) cannot be reached"
        return [wrong > 0 ? words.tinted(.caution) : words]
    }

    package static func validation(_ push: PushReport.Push) -> Text {
        let of =
            "\(push.matched) of \(push.endpoints) \(push.endpoints == 1 ? "endpoint serves" : "endpoints serve") it"
        return switch push.validation {
        case .matched: "validated: \(of)"
        case .differed: "\("not validated", .bad): \(of), another certificate is served"
        case .unreachable: "\("not validated", .caution): \(of), the rest cannot be reached"
        case .replaced: "replaced since"
        case .none: "not validated"
        }
    }

    package static func markdown(_ report: ReportOperation.Report) -> String {
        var lines = [
            "**\(share(report.pushes).plain)** in zone \(Markdown.code(report.plan.zone.text)), \(span(report))", "",
        ]
        let more = trend(report) + endpoints(report.figures.endpoints)
        if !more.isEmpty { lines += more.map { "- " + $0.plain } + [""] }
        for dimension in ReportFigures.Dimension.allCases {
            guard let shares = report.figures.shares[dimension], shares.count > 1 else { continue }
            lines += Markdown.heading([heading(dimension), "Pushes", "Failed", "Successful"])
            lines += shares.map {
                Markdown.row([Markdown.code($0.name), "\($0.total)", "\($0.failed)", "\($0.percent ?? 0) %"])
            }
            lines.append("")
        }
        if !report.pushes.pushes.isEmpty {
            lines += Markdown.heading(["", "Ended", "Connector", "Certificate", "Leaf", "Work order", "Outcome"])
        }
        for push in report.pushes.pushes {
            let outcome = "\(StateWords.title(push.state)), \(validation(push).plain)"
            lines.append(
                Markdown.row([
                    push.isSuccessful ? "✓" : "×", TimeWords.minute(push.at), Markdown.code(push.connector.text),
                    Markdown.code(push.certificate?.text ?? ""), Markdown.code(push.leaf?.short ?? ""),
                    Markdown.code(push.workOrder.id),
                    outcome + (push.message.map { ": " + Markdown.code($0) } ?? ""),
                ]))
        }
        return (lines + [""]).joined(separator: "\n")
    }
}

/// `report --format json`.
package enum ReportViewJSON {
    package static func value(_ report: ReportOperation.Report) -> JSONValue {
        var document = ReportJSON.header(report.plan)
        let pushes = report.pushes
        document["since"] = .orNull(pushes.since.map { .text($0) })
        document["until"] = .text(pushes.until)
        document["pushes"] = .array(pushes.pushes.map(push))
        document["endpoints"] = [
            "differed": .number(report.figures.endpoints.differed),
            "matched": .number(report.figures.endpoints.matched), "total": .number(report.figures.endpoints.total),
            "unreachable": .number(report.figures.endpoints.unreachable),
        ]
        document["failures"] = .array(report.figures.failures.map(failure))
        var shares: JSONObject = [:]
        for dimension in ReportFigures.Dimension.allCases {
            shares[dimension.rawValue] = .array((report.figures.shares[dimension] ?? []).map(share))
        }
        document["shares"] = .object(shares)
        document["trend"] = .array(
            report.trend.map { former in
                [
                    "failed": .number(former.failed), "successful": .number(former.successful),
                    "successfulPercent": .orNull(former.percent.map { .number($0) }), "total": .number(former.total),
                    "until": .text(former.until),
                ]
            })
        document["summary"] = [
            "failed": .number(pushes.failed), "successful": .number(pushes.successful),
            "successfulPercent": .orNull(pushes.share.map { .number($0) }), "total": .number(pushes.pushes.count),
        ]
        return .object(document)
    }

    private static func share(_ share: ReportFigures.Share) -> JSONValue {
        [
            "failed": .number(share.failed), "name": .string(share.name), "successful": .number(share.successful),
            "successfulPercent": .orNull(share.percent.map { .number($0) }), "total": .number(share.total),
        ]
    }

    private static func failure(_ failure: ReportFigures.Failure) -> JSONValue {
        [
            "certificate": .orNull(failure.certificate.map { .string($0.text) }),
            "connector": .string(failure.connector.text), "digest": .text(failure.workOrder),
            "id": .string(failure.workOrder.id), "reason": .string(failure.reason), "since": .text(failure.since),
            "state": .string(failure.state),
        ]
    }

    private static func push(_ push: PushReport.Push) -> JSONValue {
        [
            "at": .text(push.at), "certificate": .orNull(push.certificate.map { .string($0.text) }),
            "connector": .string(push.connector.text),
            "deviceKind": .orNull(push.deviceKind.map { .string($0) }), "digest": .text(push.workOrder),
            "endpoints": .number(push.endpoints), "id": .string(push.workOrder.id),
            "leaf": .orNull(push.leaf.map { .string($0.hex) }), "matched": .number(push.matched),
            "message": .orNull(push.message.map { .string($0) }),
            "policy": .orNull(push.policy.map { .string($0) }),
            "request": .orNull(push.request.map { .string($0.id) }), "state": .string(push.state),
            "successful": .bool(push.isSuccessful),
            "validation": .orNull(push.validation == .none ? nil : .string(push.validation.rawValue)),
            "zone": .orNull(push.zone.map { .string($0) }),
        ]
    }
}
