// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Journal
internal import PKI
internal import Vocabulary

/// `recorder` and `recipient`: the public halves of this gateway's own keys, made where they are missing. Both need no repository where
/// `--state` is given, and work before `trust`.
package struct RecorderOperation: Sendable {
    private let options: SiteOptions

    package init(options: SiteOptions) { self.options = options }

    /// The line for a Zone's `recorders`.
    package func run() async throws(UserError) -> String { try Self.publicLine(at: try await place()) }

    /// The certificate for a file that a Zone names in `recipients`: PEM.
    package func recipient() async throws(UserError) -> [UInt8] {
        try Recipient.open(try await stateDirectory(create: true)).key.certificatePEM
    }

    /// The state directory that is meant, without its journal.
    package func stateDirectory(create: Bool) async throws(UserError) -> StateDirectory {
        try Self.directory(at: try await place(), create: create)
    }

    private func place() async throws(UserError) -> String {
        if let state = options.state { return state }
        let site = try await Site.open(options)
        return try State.path(repository: try site.repositoryID(), options)
    }

    static func publicLine(at path: String) throws(UserError) -> String {
        try Recorder.open(try directory(at: path, create: true)).publicKey
    }

    private static func directory(at path: String, create: Bool) throws(UserError) -> StateDirectory {
        do throws(StateError) { return try StateDirectory(at: path, create: create) } catch { throw UserError(error) }
    }
}
