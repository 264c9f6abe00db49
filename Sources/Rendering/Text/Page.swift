// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

/// Lines, gathered and then laid out for one style.
package struct Page: Hashable, Sendable {
    private var lines: [Text] = []
    private let style: Style

    package init(_ style: Style) { self.style = style }

    package var isEmpty: Bool { lines.isEmpty }

    /// One line. Where it is longer than the terminal is wide it goes on below, two columns further in than it began.
    package mutating func add(_ text: Text, indent: Int = 0) {
        lines += text.folded(to: style.width, first: indent, rest: indent + 2)
    }

    package mutating func add(_ more: [Text]) { lines += more }

    /// An empty line, unless nothing or another one stands before it.
    package mutating func space() {
        if let last = lines.last, !last.isEmpty { lines.append("") }
    }

    /// A paragraph from outside: line for line, each escaped, at most `limit` of them.
    package mutating func add(outside paragraph: String, indent: Int, limit: Int = 20) {
        let all = paragraph.split(separator: "\n", omittingEmptySubsequences: false)
        for line in all.prefix(limit) { add(Text(outside: line), indent: indent) }
        if all.count > limit { add("… \(all.count - limit) more lines", indent: indent) }
    }

    package var rendered: String {
        var page = lines
        while page.last?.isEmpty == true { page.removeLast() }
        return page.map { style.rendered($0) + "\n" }.joined()
    }
}

extension Text {
    /// The text as lines of at most `width` columns, broken at blanks; a word that is longer stays whole. The first line
    /// begins at column `first`, the others at `rest`.
    func folded(to width: Int?, first: Int, rest: Int) -> [Text] {
        guard let width, first + columns > width else { return [Text.blanks(first) + self] }
        // Blanks that it begins with are an indent of its own.
        let leading = spans.first.map { $0.words.prefix { $0 == " " }.count } ?? 0
        let (first, rest) = (first + leading, rest + leading)
        var lines: [Text] = []
        var (line, room) = (Text.blanks(first), max(8, width - first))
        var isFresh = true
        for word in words {
            let size = word.columns
            if !isFresh, size + 1 > room {
                lines.append(line)
                (line, room, isFresh) = (Text.blanks(rest), max(8, width - rest), true)
            }
            if !isFresh {
                line += " "
                room -= 1
            }
            line += word
            (room, isFresh) = (room - size, false)
        }
        return lines + [line]
    }

    /// What stands between blanks, tints kept.
    private var words: [Text] {
        var (all, current): ([Text], Text) = ([], Text())
        for span in spans {
            for (index, piece) in span.words.split(separator: " ", omittingEmptySubsequences: false).enumerated() {
                if index > 0 {
                    if !current.isEmpty { all.append(current) }
                    current = Text()
                }
                current.append(outside: piece, span.tint)  // escaped already: escaping is idempotent
            }
        }
        return current.isEmpty ? all : all + [current]
    }
}
