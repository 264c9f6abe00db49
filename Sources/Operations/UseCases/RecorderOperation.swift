// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Journal
internal import Vocabulary

/// `recorder`: the public key that signs this gateway's status branch, made where it is missing.
package struct RecorderOperation: Sendable {
    private let options: SiteOptions

    package init(options: SiteOptions) { self.options = options }

    /// Needs no repository where `--state` is given, and works before `trust`.
    package func run() async throws(UserError) -> String {
        let path: String
        if let state = options.state { path = state } else {
            let site = try await Site.open(options)
            path = try State.path(repository: try site.repositoryID(), options)
        }
        return try Self.publicLine(at: path)
    }

    static func publicLine(at path: String) throws(UserError) -> String {
        let directory: StateDirectory
        do throws(StateError) { directory = try StateDirectory(at: path, create: true) } catch { throw UserError(error) }
        return try Recorder.open(directory).publicKey
    }
}
