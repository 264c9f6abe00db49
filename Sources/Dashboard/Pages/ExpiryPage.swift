// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Operations
internal import Planning
internal import Rendering
internal import Vocabulary

/// When what ends: a bar a week, and then month by month.
enum ExpiryPage {
    static func page(_ subject: Subject) -> Page {
        let now = subject.report.now
        let all = subject.picture.ends
        let pager = Pager(total: all.count, wanted: subject.query.page, size: 100)
        var months: [(title: String, items: [(at: Timestamp, item: Inventory.Item)])] = []
        for one in all[pager.range] {
            let title = one.at <= now ? "Expired" : month(one.at)
            if months.last?.title == title {
                months[months.count - 1].items.append(one)
            } else {
                months.append((title, [one]))
            }
        }
        return Page(
            .expiry, "Expiry calendar", "expiry",
            [
                "heading": "Expiry calendar",
                "chartHTML": .markup(ExpiryChart.markup(all.map(\.at), now: now)),
                "months": .list(
                    months.map { month in
                        [
                            "title": .text(month.title), "count": .text(String(month.items.count)),
                            "daysHTML": .markup(days(month.items, subject)),
                        ]
                    }),
                "pagerHTML": .markup(pager.markup(Page.Place.expiry.address, of: "certificates")),
                "isEmpty": .flag(all.isEmpty),
            ])
    }

    private static func month(_ time: Timestamp) -> String {
        let civil = CivilTime(time)
        let names = [
            "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
            "November",
            "December",
        ]
        return "\(names[max(0, min(11, civil.month - 1))]) \(civil.year)"
    }

    private static func days(_ items: [(at: Timestamp, item: Inventory.Item)], _ subject: Subject) -> Markup {
        var markup: Markup = "<ol class=\"days\">"
        for (at, item) in items {
            let colour: Markup = item.colour.map { Parts.colour($0, notAfter: at, now: subject.report.now) } ?? ""
            markup +=
                "<li><time datetime=\"\(at.description)\">\(TimeWords.day(at))</time> \(Parts.certificate(item.name)) \(colour) <span class=\"on\">\(Parts.count(item.connectors.count, "connector", "connectors"))</span></li>"
        }
        return markup + "</ol>"
    }
}
