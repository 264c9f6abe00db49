// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Journal
package import Operations

/// `wake`: needs no repository where `--state` is given.
package struct WakeOperation: Sendable {
    private let options: SiteOptions

    package init(options: SiteOptions) { self.options = options }

    /// - Returns: false where no service is at work.
    package func run() async throws(UserError) -> Bool {
        try WakePipe.wake(try await RecorderOperation(options: options).stateDirectory(create: false))
    }
}
