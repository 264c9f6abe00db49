// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Vocabulary

/// Something that is wrong with what is declared, and where: `file:line:column: error: message [rule]`.
package struct Diagnostic: Error, Hashable, Sendable {
    package enum Severity: String, Hashable, Sendable { case error, warning }

    package var position: SourcePosition
    package var severity: Severity
    /// May hold text from outside, as it is; `description` escapes it.
    package var message: String
    /// A stable name, for tests and for looking it up.
    package var rule: String

    package init(_ severity: Severity = .error, at position: SourcePosition, _ message: String, rule: String) {
        (self.severity, self.position, self.message, self.rule) = (severity, position, message, rule)
    }
}

extension Diagnostic: CustomStringConvertible {
    /// One line, safe for a terminal.
    package var description: String {
        "\(Shown.text(position.file)):\(position.line):\(position.column): \(severity.rawValue): \(Shown.text(message)) [\(rule)]"
    }
}

extension Diagnostic: Comparable {
    package static func < (left: Self, right: Self) -> Bool {
        if left.position != right.position { return left.position < right.position }
        return (left.rule, left.message) < (right.rule, right.message)
    }
}
