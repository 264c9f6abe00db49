// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

/// A page of docs/reference: text of this project alone, nothing from outside.
package struct ReferencePage {
    private var lines: [String]

    package init(_ title: String, _ introduction: String) {
        lines = [
            "# \(title)", "", "<!-- Made from the code by scripts/reference: change the code, not this page. -->", "",
            introduction,
        ]
    }

    package mutating func section(_ title: String, _ text: String = "", level: Int = 2) {
        lines += ["", "\(String(repeating: "#", count: level)) \(title)"]
        paragraph(text)
    }

    package mutating func paragraph(_ text: String) {
        if !text.isEmpty { lines += ["", text] }
    }

    package mutating func table(_ heading: [String], _ rows: [[String]]) {
        guard !rows.isEmpty else { return }
        lines.append("")
        lines += Markdown.heading(heading) + rows.map { Markdown.row($0) }
    }

    package var rendered: String { lines.joined(separator: "\n") + "\n" }
}
