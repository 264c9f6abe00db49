// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
package import Operations
internal import Planning
package import Vocabulary

/// `test --format json`.
package enum PolicyTestJSON {
    package static func value(_ report: PolicyTestOperation.Report) -> JSONValue {
        [
            "formatVersion": "1", "commit": .orNull(report.commit.map { .text($0) }), "passed": .bool(report.hasPassed),
            "tests": .array(report.tests.map(test)),
            "diagnostics": .array(report.diagnostics.map(DiagnosticsJSON.value)),
            "summary": [
                "tests": .number(report.tests.count), "cases": .number(report.cases.count),
                "passed": .number(report.cases.count - report.failed), "failed": .number(report.failed),
            ],
        ]
    }

    private static func test(_ test: PolicyTestOperation.Tested) -> JSONValue {
        [
            "name": .string(test.name.text), "file": .string(test.position.file), "line": .number(test.position.line),
            "column": .number(test.position.column),
            "cases": .array(
                test.cases.map { tried in
                    [
                        "name": .string(tried.name), "line": .number(tried.position.line),
                        "column": .number(tried.position.column), "passed": .bool(tried.hasPassed),
                        "failures": .array(
                            tried.failures.map { failure in
                                [
                                    "field": .string(failure.mismatch.field),
                                    "expected": .string(failure.mismatch.expected),
                                    "found": .string(failure.mismatch.found), "line": .number(failure.position.line),
                                    "column": .number(failure.position.column),
                                ]
                            }),
                    ]
                }),
        ]
    }
}
