// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

/// What a running reconciler has to tell.
package enum ServiceEvent: Sendable {
    case began(state: String)
    /// - reasons: who woke it; empty where it was its interval or something was due.
    case passed(number: Int, PassReport, took: Duration, reasons: [String])
    case failed(number: Int, UserError, took: Duration, reasons: [String])
    case stopping(patience: Duration)
    case stopped
}
