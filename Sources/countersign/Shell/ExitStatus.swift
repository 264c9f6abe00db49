// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Rendering

/// What scripts rely on.
struct ExitStatus: Hashable, Sendable {
    let code: Int32

    static let success = ExitStatus(code: 0)
    static let failure = ExitStatus(code: 1)
    /// `plan`: there are changes. `reconcile`: it waits for people, for its time or for a device.
    static let changes = ExitStatus(code: 2)
    /// `plan`: refused by a limit.
    static let limited = ExitStatus(code: 3)
    /// `reconcile`: a push failed.
    static let pushFailed = ExitStatus(code: 4)
    /// EX_USAGE of sysexits.h.
    static let usage = ExitStatus(code: 64)
    /// 128 + SIGPIPE, as from a tool that the signal killed.
    static let brokenPipe = ExitStatus(code: 141)
    /// 128 + SIGINT.
    static let interrupted = ExitStatus(code: 130)
}

extension ExitStatus {
    init(_ verdict: Verdict) {
        self =
            switch verdict {
            case .nothing: .success
            case .changes: .changes
            case .limited: .limited
            case .pushFailed: .pushFailed
            case .failed: .failure
            }
    }
}
