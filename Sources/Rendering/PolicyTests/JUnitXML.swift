// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
package import Operations
internal import Planning
internal import Vocabulary

/// `test --junit FILE`, `verify --junit FILE`: what CI servers read as the result of tests.
package enum JUnitXML {
    /// A suite for each connector, a case for each address that was asked.
    package static func document(_ report: VerifyOperation.Report) -> String {
        let wrong = report.endpoints.count - report.count(.matched)
        var lines = [
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>",
            "<testsuites name=\"countersign verify\" tests=\"\(report.endpoints.count)\" failures=\"\(wrong)\" errors=\"0\">",
        ]
        for (connector, endpoints) in Dictionary(grouping: report.endpoints, by: \.connector).sorted(by: { $0.key < $1.key }) {
            let failed = endpoints.count { $0.verdict != .matched }
            lines.append(
                "  <testsuite name=\(quoted(connector.text)) tests=\"\(endpoints.count)\" failures=\"\(failed)\">")
            for entry in endpoints {
                let place = EndpointWords.place(
                    entry.endpoint.servedProtocol.rawValue, entry.address, entry.endpoint.port, entry.endpoint.serverName
                ).plain
                let head = "    <testcase classname=\(quoted(connector.text)) name=\(quoted(place))"
                guard entry.verdict != .matched else {
                    lines.append(head + "/>")
                    continue
                }
                let words = VerifyText.words(entry, Style()).plain
                lines += [
                    head + ">", "      <failure message=\(quoted(entry.verdict.rawValue))>\(text(words))</failure>",
                    "    </testcase>",
                ]
            }
            lines.append("  </testsuite>")
        }
        lines.append("</testsuites>")
        return lines.joined(separator: "\n") + "\n"
    }

    package static func document(_ report: PolicyTestOperation.Report) -> String {
        let errors = report.diagnostics.filter { $0.severity == .error }
        var lines = ["<?xml version=\"1.0\" encoding=\"UTF-8\"?>"]
        lines.append(
            "<testsuites name=\"countersign test\" tests=\"\(report.cases.count)\" failures=\"\(report.failed)\" errors=\"\(errors.count)\">"
        )
        for test in report.tests {
            let failed = test.cases.count { !$0.hasPassed }
            lines.append(
                "  <testsuite name=\(quoted(test.name.text)) file=\(quoted(test.position.file)) tests=\"\(test.cases.count)\" failures=\"\(failed)\">"
            )
            for tried in test.cases {
                let head =
                    "    <testcase classname=\(quoted(test.name.text)) name=\(quoted(tried.name)) file=\(quoted(test.position.file)) line=\"\(tried.position.line)\""
                guard !tried.hasPassed else {
                    lines.append(head + "/>")
                    continue
                }
                lines.append(head + ">")
                for failure in tried.failures {
                    let mismatch = failure.mismatch
                    let place = "\(failure.position.file):\(failure.position.line):\(failure.position.column)"
                    lines.append(
                        "      <failure message=\(quoted("\(mismatch.field): expected \(mismatch.expected), found \(mismatch.found)"))>\(text(place))</failure>"
                    )
                }
                lines.append("    </testcase>")
            }
            lines.append("  </testsuite>")
        }
        if !errors.isEmpty {
            lines.append("  <testsuite name=\"declarations\" tests=\"\(errors.count)\" errors=\"\(errors.count)\">")
            for error in errors {
                lines.append("    <testcase classname=\"declarations\" name=\(quoted(error.position.file))>")
                lines.append("      <error message=\(quoted(error.message))>\(text(error.description))</error>")
                lines.append("    </testcase>")
            }
            lines.append("  </testsuite>")
        }
        lines.append("</testsuites>")
        return lines.joined(separator: "\n") + "\n"
    }

    private static func quoted(_ value: String) -> String { "\"\(text(value))\"" }

    /// XML 1.0 has no way to write most control characters: they are shown as everywhere.
    private static func text(_ value: String) -> String {
        var escaped = ""
        for character in Shown.text(value) {
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            default: escaped.append(character)
            }
        }
        return escaped
    }
}
