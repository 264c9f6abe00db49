// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

/// Why a text is not YAML as we accept it, and where.
package struct YAMLError: Error, Hashable, Sendable {
    /// Stable names; they stand in brackets at the end of a diagnostic.
    package enum Rule: String, CaseIterable, Hashable, Sendable {
        case syntax = "yaml-syntax"
        case encoding = "yaml-encoding"
        case control = "yaml-control-character"
        case tab = "yaml-tab"
        case directive = "yaml-directive"
        case duplicateKey = "yaml-duplicate-key"
        case key = "yaml-key"
        case mergeKey = "yaml-merge-key"
        case tag = "yaml-tag"
        case anchor = "yaml-anchor"
        case nesting = "yaml-nesting"
        case size = "yaml-size"
        case tooMany = "yaml-too-many-errors"
    }

    package var position: YAMLPosition
    package var rule: Rule
    /// May hold text of the file, unescaped: whoever prints it escapes it.
    package var message: String

    package var line: Int { position.line }
    package var column: Int { position.column }

    package init(_ rule: Rule, at position: YAMLPosition, _ message: String) {
        (self.rule, self.position, self.message) = (rule, position, message)
    }
}
