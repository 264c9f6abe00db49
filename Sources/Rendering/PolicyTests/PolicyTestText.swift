// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
package import Operations
internal import Planning
internal import Vocabulary

/// `test`, as a test runner prints: each case, what was expected and found where it is not so, and how many.
package enum PolicyTestText {
    package static func render(_ report: PolicyTestOperation.Report, _ style: Style) -> String {
        var page = Page(Style(isColoured: style.isColoured))  // never folded: editors read the places
        for test in report.tests {
            page.add("\(test.name, .strong)  \(place(test.position), .faint)")
            for tried in test.cases {
                let mark: Text = tried.hasPassed ? "\("✓", .good)" : "\("✗", .bad)"
                page.add("\(mark) \(tried.name)", indent: 2)
                for failure in tried.failures {
                    let mismatch = failure.mismatch
                    page.add("\(place(failure.position)): \(mismatch.field)", indent: 6)
                    page.add("expected  \(mismatch.expected)", indent: 8)
                    page.add("found     \(mismatch.found)", indent: 8)
                }
            }
            page.space()
        }
        let cases = report.cases.count
        let counted: Text =
            "\(cases) \(cases == 1 ? "case" : "cases") in \(report.tests.count) PolicyTest\(report.tests.count == 1 ? "" : "s")"
        let commit: Text = report.commit.map { " at commit \($0.short)" } ?? ""
        page.add(
            report.failed == 0
                ? "\("\(cases) passed", .good): \(counted)\(commit)"
                : "\("\(report.failed) failed", .bad), \(cases - report.failed) passed: \(counted)\(commit)")
        return page.rendered
    }

    private static func place(_ position: SourcePosition) -> String {
        "\(position.file):\(position.line):\(position.column)"
    }
}
