// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

/// Why the state directory cannot be used.
package struct StateError: Error, Equatable, Sendable {
    package enum Code: String, Sendable {
        /// Neither `--state`, XDG_STATE_HOME nor HOME says where.
        case noPlace
        /// The repository's id is not a UUID in lower case: it would be part of a path.
        case invalidRepository
        /// Not there, and not to be made.
        case absent
        /// A file or a link where a folder of ours must be, or a folder or link where a file must be.
        case wrongKind
        case foreignOwner
        /// Others may write to it, or read a secret in it.
        case openToOthers
        case notWritable
        case full
        /// A file in it is not what we wrote there.
        case damaged
    }
    package var code: Code
    package var path: String
    package var detail: String

    package init(_ code: Code, path: String, detail: String) {
        (self.code, self.path, self.detail) = (code, path, detail)
    }
}
