// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

/// All files decoded, each for itself.
package struct Decoded: Sendable {
    package let files: [DecodedFile]

    package init(_ files: [DecodedFile]) {
        self.files = files
        referencedFiles = []
    }

    /// Repository paths that some spec names: what `check` wants to see.
    package let referencedFiles: Set<String>

    /// Checks what holds between resources. `tree` are diagnostics found by whoever walked the tree (`TreeRules`).
    package func check(files: [String: FileLookup], tree: [Diagnostic] = []) -> CheckedDeclarations {
        CheckedDeclarations(set: DeclarationSet(), diagnostics: tree)
    }
}

/// A commit's declarations after both phases.
package struct CheckedDeclarations: Sendable {
    /// Everything that decoded, whether or not the whole is valid: in force only if `isValid`.
    package let set: DeclarationSet
    /// All of them, sorted by position.
    package let diagnostics: [Diagnostic]

    package var isValid: Bool { !diagnostics.contains { $0.severity == .error } }
    package var errors: [Diagnostic] { diagnostics.filter { $0.severity == .error } }
    package var warnings: [Diagnostic] { diagnostics.filter { $0.severity == .warning } }

    /// Of an invalid tip: what decoded. It can take keys, members and people away, and gives none.
    package var partialTrustSet: TrustSet { TrustSet(of: set) }
}
