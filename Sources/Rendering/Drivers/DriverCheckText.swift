// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Conformance
package import Vocabulary

/// `driver-check`: each scenario as it ends, and at the end what to do about those that failed.
package enum DriverCheckText {
    /// One line, while it runs.
    package static func line(_ scenario: Scenario, _ cell: Cell, _ style: Style) -> String {
        let mark: Text =
            switch cell {
            case .passed: "\("✓", .good)"
            case .failed: "\("✗", .bad)"
            case .notTried(reason: nil): "\("?", .caution)"
            case .notTried: "\("–", .faint)"
            }
        return style.rendered("\(mark) \(scenario.rawValue)") + "\n"
    }

    package static func render(_ report: DriverCheck.Report, _ style: Style) -> String {
        var page = Page(style)
        if !report.protocolProblems.isEmpty {
            page.add("\("✗", .bad) protocol")
            for problem in report.protocolProblems { page.add("\(problem)", indent: 4) }
            page.add("docs/plugins.md says what every answer is like; nothing else was tried.", indent: 4)
            page.space()
        }
        for (scenario, cell) in report.cells {
            switch cell {
            case .passed(let note):
                page.add("\("✓", .good) \(scenario.rawValue)")
                if !note.isEmpty { page.add("\(note, .faint)", indent: 4) }
            case .notTried(let reason?):
                page.add("\("–", .faint) \(scenario.rawValue)  \("not tried: \(reason)", .faint)")
            case .notTried(reason: nil):
                page.add("\("?", .caution) \(scenario.rawValue)  \("not tried", .caution)")
                if report.hasBench { page.add("\(scenario.about)", indent: 4) }
            case .failed(let problems):
                page.add("\("✗", .bad) \(scenario.rawValue)")
                page.add("must be so: \(scenario.about)", indent: 4)
                for problem in problems { page.add("\(problem)", indent: 4) }
                page.add("look at: \(scenario.hint)", indent: 4)
            }
        }
        page.space()
        let passed = report.cells.count { if case .passed = $0.cell { true } else { false } }
        let failed = report.cells.count { if case .failed = $0.cell { true } else { false } }
        let open = report.cells.count { $0.cell == .notTried(reason: nil) }
        let excused = report.cells.count - passed - failed - open
        guard report.protocolProblems.isEmpty else {
            page.add("\("It is no driver yet", .bad)")
            return page.rendered
        }
        let verdict: Text = report.hasPassed ? "\("It is a driver", .good)" : "\("It is no driver yet", .bad)"
        page.add("\(verdict): \(passed) passed, \(failed) failed, \(open) not tried, \(excused) with a reason")
        if !report.hasBench {
            page.add(
                "It speaks the protocol. To try the rest, describe a device that it may spoil: --bench FILE (docs/plugins.md)."
            )
        } else if open > 0 {
            page.add("A bench must say how each can be tried, or the reason why it cannot (docs/plugins.md).")
        }
        return page.rendered
    }
}

package enum DriverCheckJSON {
    package static func value(_ report: DriverCheck.Report) -> JSONValue {
        [
            "formatVersion": "1", "argv": .array(report.argv.map { .string($0) }), "passed": .bool(report.hasPassed),
            "protocol": .array(report.protocolProblems.map { .string($0) }),
            "scenarios": .array(report.cells.map { ConformanceJSON.value(of: $0.cell, in: $0.scenario) }),
        ]
    }
}
