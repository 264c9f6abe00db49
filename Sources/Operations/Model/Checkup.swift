// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

/// Whether this host can do what it is there for.
package struct Checkup: Sendable {
    package struct Finding: Sendable, Equatable {
        package enum Verdict: String, Sendable, CaseIterable {
            case well, warning, ill
        }
        /// What was looked at: `git`, `state`, `device edge-1`.
        package var subject: String
        package var verdict: Verdict
        package var detail: String
        /// The next step, where something is to be done.
        package var hint: String?

        package init(_ subject: String, _ verdict: Verdict, _ detail: String, hint: String? = nil) {
            (self.subject, self.verdict, self.detail, self.hint) = (subject, verdict, detail, hint)
        }
    }

    /// In the order in which they were looked at: each stands on those before it.
    package var findings: [Finding] = []

    package init() {}

    package func count(_ verdict: Finding.Verdict) -> Int { findings.count { $0.verdict == verdict } }
    package var isWell: Bool { count(.ill) == 0 }
}
