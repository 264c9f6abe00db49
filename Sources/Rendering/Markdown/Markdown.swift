// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Vocabulary

/// Markdown for a forge's page. Whatever comes from outside stands in a code span: there nothing is a link, a mention, an
/// image or HTML, and control characters are escaped as everywhere (`Shown`).
enum Markdown {
    /// A code span (CommonMark, 6.1): a fence longer than any row of backticks inside.
    static func code(_ outside: some StringProtocol) -> String {
        let text = Shown.text(outside)
        guard !text.isEmpty else { return "–" }
        var (longest, current) = (0, 0)
        for byte in text.utf8 {
            current = byte == 0x60 ? current + 1 : 0
            longest = max(longest, current)
        }
        let fence = String(repeating: "`", count: longest + 1)
        // One blank on each side is taken off again by the reader; without it a backtick at an end would join the fence.
        let pad = text.hasPrefix("`") || text.hasSuffix("`") || (text.hasPrefix(" ") && text.hasSuffix(" ")) ? " " : ""
        return "\(fence)\(pad)\(text)\(pad)\(fence)"
    }

    /// A row of a table (GFM, 4.10): a pipe ends a cell even inside a code span, unless escaped.
    static func row(_ cells: [String]) -> String {
        "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |"
    }

    static func heading(_ cells: [String]) -> [String] {
        [row(cells), "|" + String(repeating: " --- |", count: cells.count)]
    }
}

/// A page of fixed lines and folded parts that stays below a size: the longest folded part shrinks first and says how many
/// lines it left out.
struct BoundedMarkdown {
    struct Part {
        var title: String  // ours
        var heading: [String] = []
        var lines: [String]
        var leftOut = 0

        var rendered: String {
            let rest = leftOut > 0 ? ["", "… \(leftOut) \(leftOut == 1 ? "line" : "lines") left out"] : []
            return (["<details><summary>\(title)</summary>", ""] + heading + lines + rest + ["", "</details>", ""])
                .joined(separator: "\n")
        }
        var size: Int { rendered.utf8.count }
    }
    var lines: [String] = []
    var folded: [Part] = []

    /// Whether what is not folded leaves room for the folded parts' titles.
    func isInSight(below limit: Int) -> Bool {
        lines.reduce(0) { $0 + $1.utf8.count + 1 } + folded.count * 200 <= limit
    }

    /// At most `limit` bytes of UTF-8, as long as what is not folded fits.
    func rendered(limit: Int) -> String {
        let head = (lines + [""]).joined(separator: "\n")
        var parts = folded
        var sizes = parts.map(\.size)
        while head.utf8.count + sizes.reduce(0, +) > limit,
            let longest = sizes.indices.filter({ !parts[$0].lines.isEmpty }).max(by: { sizes[$0] < sizes[$1] })
        {
            let excess = head.utf8.count + sizes.reduce(0, +) - limit
            var (cut, gone) = (0, 0)
            while cut < parts[longest].lines.count, gone <= excess {
                gone += parts[longest].lines[parts[longest].lines.count - 1 - cut].utf8.count + 1
                cut += 1
                // Not further than down to the next longest: then that one shrinks.
                if sizes.indices.contains(where: {
                    $0 != longest && !parts[$0].lines.isEmpty && sizes[$0] > sizes[longest] - gone
                }) {
                    break
                }
            }
            parts[longest].lines.removeLast(cut)
            parts[longest].leftOut += cut
            sizes[longest] = parts[longest].size
        }
        return head + parts.map(\.rendered).joined(separator: "\n")
    }
}
