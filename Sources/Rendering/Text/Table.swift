// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

/// Rows whose cells stand below each other, over several groups of rows. The last cell takes what room is left.
struct Table {
    struct Row {
        var cells: [Text]
        /// Lines of its own, under the row.
        var below: [Text] = []
    }

    let indent: Int
    private var widths: [Int] = []

    /// Columns as wide as the widest cell of all these rows.
    init(indent: Int = 0, fitting rows: some Sequence<Row>) {
        self.indent = indent
        for row in rows {
            for (column, cell) in row.cells.dropLast().enumerated() {
                if column < widths.count {
                    widths[column] = max(widths[column], cell.columns)
                } else {
                    widths.append(cell.columns)
                }
            }
        }
    }

    func lines(_ rows: some Sequence<Row>, in style: Style) -> [Text] { rows.flatMap { lines($0, in: style) } }

    func lines(_ row: Row, in style: Style) -> [Text] {
        var head = Text.blanks(indent)
        for (column, cell) in row.cells.dropLast().enumerated() {
            // One blank after a symbol, two after anything else.
            head += cell + .blanks(widths[column] - cell.columns + (column == 0 && widths[column] == 1 ? 1 : 2))
        }
        let last = row.cells.last ?? ""
        let column = head.columns
        let below = row.below.flatMap { $0.folded(to: style.width, first: indent + 4, rest: indent + 6) }
        // A last cell that does not fit gets lines of its own, where it is better off there.
        if let width = style.width, column + last.columns > width,
            width - column < 32 || indent + 4 + last.columns <= width
        {
            return head.trimmed.folded(to: width, first: 0, rest: 4)
                + last.folded(to: width, first: indent + 4, rest: indent + 6) + below
        }
        guard !last.isEmpty else { return [head.trimmed] + below }
        let folded = last.folded(to: style.width.map { $0 - column }, first: 0, rest: 0)
        return folded.enumerated().map { ($0.offset == 0 ? head : .blanks(column)) + $0.element } + below
    }
}

extension Text {
    /// Without blanks at the end.
    fileprivate var trimmed: Text {
        var text = Text()
        var pending = Text()
        for span in spans {
            if span.words.allSatisfy({ $0 == " " }) {
                pending.append(outside: span.words, span.tint)
            } else {
                text += pending
                pending = Text()
                let end = span.words.lastIndex { $0 != " " }.map(span.words.index(after:)) ?? span.words.endIndex
                text.append(outside: span.words[..<end], span.tint)
                pending.append(outside: span.words[end...], span.tint)
            }
        }
        return text
    }
}
