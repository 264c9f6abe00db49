// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

extension DecodedFile {
    package var policyTests: [PolicyTest] {
        resources.compactMap { if case .policyTest(let test) = $0 { test } else { nil } }
    }
}

extension Decoded {
    /// What is wrong with the files themselves, without what they refer to: all that is asked of files that stand alone.
    package var ownDiagnostics: [Diagnostic] {
        var findings = files.flatMap(\.findings)
        for duplicate in duplicates {
            findings.append(
                Finding(
                    Diagnostic(
                        at: duplicate.place,
                        "\(duplicate.key.kind.rawValue) \(quoted(duplicate.key.name)) is declared twice, first in \(duplicate.first.file):\(duplicate.first.line)",
                        rule: Rule.duplicate.rawValue)))
        }
        return Suggestions(set: set, paths: []).finish(findings)
    }
}
