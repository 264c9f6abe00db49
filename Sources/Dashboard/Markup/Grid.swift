// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

/// A table that stays one for those who hear it, and becomes a list of cards where there is no room for columns.
struct Grid {
    struct Row {
        var cells: [Markup]
        /// Under the row, over all columns.
        var below: Markup = ""
    }
    /// Said to those who hear the table.
    var caption: String
    var columns: [String]
    var rows: [Row]

    var markup: Markup {
        var markup: Markup =
            "<div class=\"scroll\"><table role=\"table\"><caption class=\"vh\">\(caption)</caption><thead role=\"rowgroup\"><tr role=\"row\">"
        for column in columns { markup += "<th role=\"columnheader\" scope=\"col\">\(column)</th>" }
        markup += "</tr></thead><tbody role=\"rowgroup\">"
        for row in rows {
            markup += row.below.isEmpty ? "<tr role=\"row\">" : "<tr role=\"row\" class=\"has-below\">"
            for (column, cell) in zip(columns, row.cells) {
                markup += "<td role=\"cell\" data-label=\"\(column)\"><div>\(cell)</div></td>"
            }
            markup += "</tr>"
            if !row.below.isEmpty {
                markup +=
                    "<tr role=\"row\" class=\"below\"><td role=\"cell\" colspan=\"\(columns.count)\"><div>\(row.below)</div></td></tr>"
            }
        }
        return markup + "</tbody></table></div>"
    }
}

/// Names and values, one below the other.
struct Facts {
    private(set) var markup = Markup()

    init(_ pairs: KeyValuePairs<String, Markup?>) {
        markup = "<dl class=\"facts\">"
        for (name, value) in pairs {
            guard let value, !value.isEmpty else { continue }
            markup += "<div><dt>\(name)</dt><dd>\(value)</dd></div>"
        }
        markup += "</dl>"
    }
}

/// Which part of a long list is shown, and the ways to the others.
struct Pager {
    static let size = 50
    let page: Int
    let pages: Int
    let total: Int
    let range: Range<Int>

    /// - Parameter wanted: from 1; beyond the end the last page is shown.
    init(total: Int, wanted: Int, size: Int = Pager.size) {
        self.total = total
        pages = max(1, (total + size - 1) / size)
        page = min(max(1, wanted), pages)
        range = min((page - 1) * size, total)..<min(page * size, total)
    }

    func markup(_ address: Address, of what: String) -> Markup {
        let shown: Markup =
            total == 0
            ? "" : "<p class=\"count\">\(range.lowerBound + 1)–\(range.upperBound) of \(total) \(what)</p>"
        guard pages > 1 else { return shown }
        func step(_ number: Int, _ words: Markup, _ relation: Markup) -> Markup {
            guard (1...pages).contains(number) else { return "<span class=\"off\">\(words)</span>" }
            let to = address.with("page", number == 1 ? nil : String(number))
            return "<a rel=\"\(relation)\" href=\"\(to.text)\">\(words)</a>"
        }
        return
            "\(shown)<nav class=\"pager\" aria-label=\"Pages\">\(step(1, "First", "first"))\(step(page - 1, "Previous", "prev"))<span aria-current=\"page\">Page \(page) of \(pages)</span>\(step(page + 1, "Next", "next"))\(step(pages, "Last", "last"))</nav>"
    }
}
