// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Git

/// Why a status branch cannot be read or written.
package struct StatusError: Error, Equatable, Sendable {
    package enum Code: String, Sendable {
        /// There is no such branch: `reconcile` has not written yet, or it was not fetched.
        case absent
        /// Signed, but by nobody who is declared as this zone's recorder.
        case undeclaredRecorder
        /// Not signed, or not with the signature's own words: somebody else's commit.
        case stranger
        /// Of another repository or zone.
        case foreign
        /// Signed by a recorder, and still not what a recorder writes.
        case damaged
        /// Of a later format.
        case newerFormat
        /// A commit of our own recorder that the journal does not know: the state was set back, or the key is used elsewhere.
        case unknownOwnCommit
        /// Somebody else pushed in between; the next try sees it.
        case moved
        /// The remote does not take it, or cannot be reached.
        case notPushed
        case git
    }
    package var code: Code
    /// A commit, a path in its tree, or a ref.
    package var place: String
    package var detail: String

    package init(_ code: Code, _ place: String, _ detail: String) {
        (self.code, self.place, self.detail) = (code, place, detail)
    }

    init(_ error: GitError, _ place: String) {
        let code: Code =
            switch error.code {
            case .moved: .moved
            case .refused, .unreachable, .deadline: .notPushed
            default: .git
            }
        self.init(code, place, error.description)
    }
}
