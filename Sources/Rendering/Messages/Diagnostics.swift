// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Declarations
package import Vocabulary

/// What `validate` found, as text for people (on standard error).
package enum DiagnosticsText {
    package static func render(_ diagnostics: [Diagnostic], commit: ObjectID?, _ style: Style) -> String {
        var page = Page(Style(isColoured: style.isColoured))  // never folded: editors read the places
        for diagnostic in diagnostics.sorted() {
            let place = diagnostic.position
            let tint = diagnostic.severity == .error ? Tint.bad : .caution
            page.add(
                "\(place.file, .strong):\(place.line):\(place.column): \(diagnostic.severity.rawValue, tint): \(diagnostic.message) [\(diagnostic.rule)]"
            )
        }
        page.add(verdict(diagnostics, commit: commit))
        return page.rendered
    }

    private static func verdict(_ diagnostics: [Diagnostic], commit: ObjectID?) -> Text {
        let errors = diagnostics.count { $0.severity == .error }
        let warnings = diagnostics.count - errors
        let what: Text = commit.map { "commit \($0.short)" } ?? "what is declared"
        let counted: [Text] = [count(errors, "error", .bad), count(warnings, "warning", .caution)].compactMap(\.self)
        guard errors == 0 else { return "\(what) is \("not valid", .bad): \(counted.joined(separator: ", "))" }
        return counted.isEmpty
            ? "\(what) is \("valid", .good)" : "\(what) is \("valid", .good), \(counted.joined(separator: ", "))"
    }

    private static func count(_ number: Int, _ word: String, _ tint: Tint) -> Text? {
        number == 0 ? nil : "\(number) \(number == 1 ? word : word + "s", tint)"
    }
}

/// `validate --format json`.
package enum DiagnosticsJSON {
    package static func document(_ diagnostics: [Diagnostic], commit: ObjectID?) -> JSONValue {
        [
            "formatVersion": "1", "commit": .orNull(commit.map { .text($0) }),
            "valid": .bool(!diagnostics.contains { $0.severity == .error }),
            "diagnostics": .array(diagnostics.sorted().map(value)),
        ]
    }

    static func value(_ diagnostic: Diagnostic) -> JSONValue {
        [
            "file": .string(diagnostic.position.file), "line": .number(diagnostic.position.line),
            "column": .number(diagnostic.position.column), "severity": .string(diagnostic.severity.rawValue),
            "message": .string(diagnostic.message), "rule": .string(diagnostic.rule),
        ]
    }
}
