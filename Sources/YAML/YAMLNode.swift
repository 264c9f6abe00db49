// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

/// A place in the text: line and column from 1, columns in code points.
package struct YAMLPosition: Hashable, Comparable, Sendable {
    private let storedLine: UInt32
    private let storedColumn: UInt32

    package init(line: Int, column: Int) {
        storedLine = UInt32(clamping: line)
        storedColumn = UInt32(clamping: column)
    }

    package var line: Int { Int(storedLine) }
    package var column: Int { Int(storedColumn) }

    package static func < (left: Self, right: Self) -> Bool {
        (left.storedLine, left.storedColumn) < (right.storedLine, right.storedColumn)
    }
}

/// One node of a document, and where it begins. Aliases are replaced by what they stand for, at the alias's place.
package struct YAMLNode: Sendable {
    package enum Content: Sendable {
        /// `isPlain`: neither quoted nor a block scalar, so that YAML 1.1 could read it as something else than text.
        case scalar(String, isPlain: Bool)
        case sequence([YAMLNode])
        /// In the file's order, each key once.
        case mapping([YAMLEntry])
    }
    package var content: Content
    package var position: YAMLPosition
}

/// `key: value`. Keys are scalars.
package struct YAMLEntry: Sendable {
    package var key: String
    package var keyPosition: YAMLPosition
    package var value: YAMLNode
}

extension YAMLNode {
    /// The value of a mapping's key, compared byte by byte.
    package subscript(key: String) -> YAMLNode? {
        guard case .mapping(let entries) = content else { return nil }
        return entries.first { $0.key.utf8.elementsEqual(key.utf8) }?.value
    }
    package var scalar: String? { if case .scalar(let text, _) = content { text } else { nil } }
}

/// One document of a file.
package struct YAMLDocument: Sendable {
    package var root: YAMLNode
    /// False where an error was found in it: it is then good for naming what is broken, never for a decision.
    package var isSound: Bool
}
