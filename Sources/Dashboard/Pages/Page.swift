// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Mustache
internal import Operations
internal import Planning
internal import Rendering
internal import Vocabulary

/// One page: which template it fills, with what.
struct Page {
    enum Place: String, CaseIterable {
        case overview = "", certificates, connectors
        case workOrders = "work-orders"
        case requests, approvals, report, expiry, drift, devices, audit

        var label: String {
            switch self {
            case .overview: "Overview"
            case .certificates: "Certificates"
            case .connectors: "Connectors"
            case .workOrders: "Work orders"
            case .requests: "Requests"
            case .approvals: "Approvals"
            case .report: "Push report"
            case .expiry: "Expiry"
            case .drift: "Drift"
            case .devices: "Devices"
            case .audit: "Audit trail"
            }
        }
        var address: Address { self == .overview ? Address() : Address(rawValue) }
    }
    var status = 200
    var place: Place?
    var title: String
    var template: String
    var fields: Fields

    init(_ place: Place?, _ title: String, _ template: String, _ fields: Fields) {
        (self.place, self.title, self.template, self.fields) = (place, title, template, fields)
    }

    /// Nothing of that name: said with what the reader may have meant.
    static func missing(_ what: String) -> Page {
        var page = Page(nil, "Not found", "message", ["text": .text(what)])
        page.status = 404
        return page
    }

    /// The whole document.
    func rendered(_ reading: Board.Reading, now: Timestamp, query: Query) -> String {
        var fields = fields
        fields["title"] = .text(title)
        fields["version"] = .text(reading.vitals.program)
        fields["stamp"] = .text(String(reading.version))
        fields["q"] = .text(query["find"] ?? "")
        fields["navigation"] = .list(
            Place.allCases.map { other in
                [
                    "href": .text(other.address.text), "label": .text(other.label),
                    "isCurrent": .flag(other == place), "countHTML": .markup(Self.badge(other, reading.picture)),
                ]
            })
        let health = Health(reading.vitals, hasPicture: reading.picture != nil, now: now)
        let problems = health.unready + health.remarks
        fields["problems"] = .list(problems.map { ["text": .text($0)] })
        fields["hasProblems"] = .flag(!problems.isEmpty)
        fields["doingHTML"] = .markup(Markup(Self.doing(reading.vitals, now: now)))
        if var report = reading.picture?.report {
            report.now = now
            fields["repository"] = .text(report.repositoryName)
            fields["standingHTML"] = .markup(Markup(ReportHeader.line(report)))
            let notices = ReportHeader.standing(report) + ReportHeader.problems(report)
            fields["noticesHTML"] = .markup(Parts.lines(notices))
            fields["hasNotices"] = .flag(!notices.isEmpty)
        } else {
            fields["repository"] = "Countersign"
            fields["standingHTML"] = .markup("no pass has ended yet")
            fields["hasNotices"] = false
        }
        return Templates.library.render(fields, withTemplate: template) ?? ""
    }

    /// How much there is to look at behind a link.
    private static func badge(_ place: Place, _ picture: Picture?) -> Markup {
        guard let picture else { return "" }
        let count =
            switch place {
            case .workOrders: picture.summary.waiting + picture.summary.blocked
            case .drift: picture.plan.drift.count
            case .devices: picture.snapshot.devices.count { $0.unreachable != nil }
            case .connectors: picture.syncs["OutOfSync"] ?? 0
            default: 0
            }
        return count == 0 ? "" : "<span class=\"badge\">\(count)<span class=\"vh\"> to look at</span></span>"
    }

    /// What the service is at.
    static func doing(_ vitals: Vitals, now: Timestamp) -> Text {
        if let hand = vitals.hand { return "pass \(hand.id.number): \(hand.phase.map(PassText.words) ?? "beginning")" }
        guard let last = vitals.last else { return "starting" }
        var words: Text = "pass \(last.id.number) ended \(TimeWords.moment(last.at, now: now))"
        if last.isFailed { words += ", \("failed", .bad)" }
        if let due = vitals.nextDue, due > now { words += " · next due \(TimeWords.moment(due, now: now))" }
        return words
    }
}

/// What a page is made from.
struct Subject {
    var reading: Board.Reading
    var picture: Picture
    var query: Query
    var now: Timestamp

    var report: PlanReport { picture.report }
    var plan: Plan { picture.plan }
}
