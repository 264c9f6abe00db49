// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Git
internal import StatusBranch

/// Why there is nothing that could be audited. What is audited and not proven is no error.
package struct AuditError: Error, Equatable, Sendable {
    package enum Code: String, Sendable {
        /// The commit to begin from does not hold a valid trust set.
        case invalidTrust = "Invalid"
        /// No zone has a status branch here.
        case noStatus = "NoStatus"
        case unknownZone = "UnknownZone"
        /// git cannot read what is needed.
        case git = "Git"
    }
    package var code: Code
    package var detail: String

    package init(_ code: Code, _ detail: String) { (self.code, self.detail) = (code, detail) }

    init(_ error: GitError) { self.init(.git, error.description) }
    init(_ error: StatusError) { self.init(.git, "\(error.place): \(error.detail)") }
}
