// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
package import Operations
package import Planning
package import Vocabulary

/// What people should hear of, who hears of it, and how the channels fare.
package enum AlertsText {
    /// - Parameter telling: also what would be told now and within a day.
    package static func render(_ report: AlertsReport, telling: Bool, _ style: Style) -> String {
        var page = Page(style)
        page.add(ReportHeader.line(report.plan))
        page.space()
        if report.standing.isEmpty {
            page.add("\("Nothing", .good) to be told of.")
        } else {
            let rows = report.standing.map { row($0, report) }
            page.add(Table(fitting: rows).lines(rows, in: style))
        }
        if telling {
            add("Would be told now", report.due, report, to: &page, style)
            add("Would be told within a day, if nothing changes", report.later, report, to: &page, style)
        }
        if !report.channels.isEmpty {
            page.space()
            page.add("\("Channels", .strong)")
            let rows = report.channels.map { channel in
                Table.Row(
                    cells: [
                        "\(channel.name)",
                        report.isGateway
                            ? ChannelWords.standing(channel.standing, now: report.plan.now) : "known on its gateway",
                    ],
                    below: ["\(channel.spec.words)"])
            }
            page.add(Table(indent: 2, fitting: rows).lines(rows, in: style))
        }
        for line in ReportHeader.problems(report.plan) {
            page.space()
            page.add(line)
        }
        return page.rendered
    }

    private static func row(_ alert: Alert, _ report: AlertsReport) -> Table.Row {
        let told: Text =
            report.told[alert.id].map { "told \(TimeWords.moment($0, now: report.plan.now))" }
            ?? (report.isGateway ? "\("not told yet", .caution)" : "")
        return Table.Row(
            cells: [severity(alert.severity), "\(alert.id.kind.rawValue)", "\(alert.headline)", told],
            below: alert.next.map { ["next: \($0, .strong)"] } ?? [])
    }

    static func severity(_ severity: AlertPolicySpec.Severity) -> Text {
        switch severity {
        case .critical: "\("critical", .bad)"
        case .warning: "\("warning", .caution)"
        case .info: "info"
        }
    }

    private static func add(
        _ title: String, _ notices: [AlertNotice], _ report: AlertsReport, to page: inout Page, _ style: Style
    ) {
        page.space()
        page.add("\(title, .strong)")
        guard !notices.isEmpty else { return page.add("  nothing") }
        let rows = notices.map { notice in
            let who: Text = notice.recipient.map { "\(notice.channel) → \($0)" } ?? "\(notice.channel)"
            return Table.Row(cells: [
                who, "\(notice.event.rawValue)", severity(notice.alert.severity), "\(notice.alert.headline)",
                notice.at > report.plan.now ? "\(TimeWords.minute(notice.at))" : "",
            ])
        }
        page.add(Table(indent: 2, fitting: rows).lines(rows, in: style))
    }
}

package enum ChannelWords {
    package static func standing(_ standing: ChannelStanding?, now: Timestamp) -> Text {
        guard let standing else { return "nothing told yet" }
        let waiting: Text = standing.waiting == 0 ? "" : ", \(standing.waiting) waiting"
        if let failure = standing.failure {
            return
                "\("failing", .bad) since \(TimeWords.moment(failure.since, now: now)): \(failure.problem)\(waiting), tried again \(TimeWords.distance(failure.nextTry, from: now))"
        }
        let last: Text =
            standing.deliveredAt.map { "last told \(TimeWords.moment($0, now: now))" } ?? "nothing told yet"
        return "\(last)\(waiting)"
    }
}

/// One delivery, for a log.
package enum DeliveryWords {
    package static func line(_ result: DeliveryOutcome, now: Timestamp) -> Text {
        let dispatch = result.dispatch
        let who: Text = dispatch.recipient.map { "\(dispatch.channel) → \($0)" } ?? "\(dispatch.channel)"
        let what: Text = "\(dispatch.count) \(dispatch.count == 1 ? "alert" : "alerts")"
        guard let error = result.error else { return "told \(who): \(what)" }
        return "\("not told", .caution) \(who): \(what): \(error.detail); tried again later"
    }

    static func json(_ result: DeliveryOutcome) -> JSONValue {
        [
            "channel": .string(result.dispatch.channel.text),
            "recipient": .orNull(result.dispatch.recipient.map { .string($0.text) }),
            "delivery": .string(result.dispatch.id), "alerts": .number(result.dispatch.count),
            "milliseconds": .integer(result.milliseconds),
            "problem": .orNull(result.error.map { .string($0.detail) }),
        ]
    }
}

package enum AlertsJSON {
    package static func value(_ report: AlertsReport, telling: Bool) -> JSONValue {
        var document = ReportJSON.header(report.plan)
        document["alerts"] = .array(
            report.standing.map { alert in
                var object = AlertJSON.value(alert)
                object["toldAt"] = .orNull(report.told[alert.id].map { .text($0) })
                return .object(object)
            })
        document["channels"] = .array(report.channels.map(channel))
        document["due"] = telling ? .array(report.due.map(notice)) : nil
        document["later"] = telling ? .array(report.later.map(notice)) : nil
        return .object(document)
    }

    private static func notice(_ notice: AlertNotice) -> JSONValue {
        [
            "channel": .string(notice.channel.text), "recipient": .orNull(notice.recipient.map { .string($0.text) }),
            "event": .string(notice.event.rawValue), "at": .text(notice.at),
            "alert": .object(AlertJSON.value(notice.alert)),
        ]
    }

    static func channel(_ channel: AlertsReport.Channel) -> JSONValue {
        let standing = channel.standing
        return [
            "name": .string(channel.name.text), "target": .string(channel.spec.words),
            "waiting": .number(standing?.waiting ?? 0), "deliveredAt": .orNull(standing?.deliveredAt.map { .text($0) }),
            "failure": .orNull(
                standing?.failure.map { failure in
                    [
                        "since": .text(failure.since), "problem": .string(failure.problem),
                        "attempts": .number(failure.attempts), "nextTry": .text(failure.nextTry),
                    ]
                }),
        ]
    }
}
