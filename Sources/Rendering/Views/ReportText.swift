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

    private static func span(_ report: ReportOperation.Report) -> String {
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
        document["summary"] = [
            "failed": .number(pushes.failed), "successful": .number(pushes.successful),
            "successfulPercent": .orNull(pushes.share.map { .number($0) }), "total": .number(pushes.pushes.count),
        ]
        return .object(document)
    }

    private static func push(_ push: PushReport.Push) -> JSONValue {
        [
            "at": .text(push.at), "certificate": .orNull(push.certificate.map { .string($0.text) }),
            "connector": .string(push.connector.text), "digest": .text(push.workOrder),
            "endpoints": .number(push.endpoints), "id": .string(push.workOrder.id),
            "leaf": .orNull(push.leaf.map { .string($0.hex) }), "matched": .number(push.matched),
            "message": .orNull(push.message.map { .string($0) }),
            "request": .orNull(push.request.map { .string($0.id) }), "state": .string(push.state),
            "successful": .bool(push.isSuccessful),
            "validation": .orNull(push.validation == .none ? nil : .string(push.validation.rawValue)),
        ]
    }
}
