// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Operations
package import Vocabulary

/// One line for each thing that was looked at, and under what is not well the next step.
package enum DoctorText {
    package static func render(_ checkup: Checkup, _ style: Style) -> String {
        var page = Page(style)
        for finding in checkup.findings {
            page.add("\(symbol(finding.verdict)) \(finding.subject, .strong): \(finding.detail)")
            if let hint = finding.hint { page.add("\(hint)", indent: 4) }
        }
        page.space()
        page.add(summary(checkup))
        return page.rendered
    }

    private static func symbol(_ verdict: Checkup.Finding.Verdict) -> Text {
        switch verdict {
        case .well: "\("✓", .good)"
        case .warning: "\("!", .caution)"
        case .ill: "\("×", .bad)"
        }
    }

    private static func summary(_ checkup: Checkup) -> Text {
        let warnings = checkup.count(.warning)
        let beside: Text = warnings == 0 ? "" : warnings == 1 ? ", 1 warning" : ", \(warnings) warnings"
        switch checkup.count(.ill) {
        case 0: return "This host is well\(beside)"
        case 1: return "\("1 thing is not well", .bad)\(beside)"
        case let ill: return "\("\(ill) things are not well", .bad)\(beside)"
        }
    }
}

/// `doctor --format json`. Names and shapes are a contract.
package enum DoctorJSON {
    package static func value(_ checkup: Checkup) -> JSONValue {
        [
            "findings": .array(
                checkup.findings.map { finding in
                    [
                        "detail": .string(finding.detail), "hint": .orNull(finding.hint.map { .string($0) }),
                        "subject": .string(finding.subject), "verdict": .string(finding.verdict.rawValue),
                    ]
                }), "formatVersion": "1",
            "summary": [
                "ill": .number(checkup.count(.ill)), "warning": .number(checkup.count(.warning)),
                "well": .number(checkup.count(.well)),
            ],
        ]
    }
}
