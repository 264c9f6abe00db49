// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Vocabulary

/// A cell as `driver-check --format json` and `scripts/conformance` have it.
package enum ConformanceJSON {
    /// `{"scenario", "result": "passed|failed|notTried", "note", "problems"}`.
    package static func value(of cell: Cell, in scenario: Scenario) -> JSONValue {
        let (result, note, problems): (String, String?, [String]) =
            switch cell {
            case .passed(let note): ("passed", note.isEmpty ? nil : note, [])
            case .failed(let problems): ("failed", nil, problems)
            case .notTried(let reason): ("notTried", reason, [])
            }
        return [
            "scenario": .string(scenario.rawValue), "about": .string(scenario.about), "result": .string(result),
            "note": .orNull(note.map { .string($0) }), "problems": .array(problems.map { .string($0) }),
        ]
    }
}
