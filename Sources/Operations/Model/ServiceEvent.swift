// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Planning

/// What a running reconciler has to tell.
package enum ServiceEvent: Sendable {
    case began(state: String)
    /// The dashboard can be asked, at this address.
    case listening(url: String)
    case passing(PassID)
    case phase(PassID, PassReport.Phase)
    /// - reasons: who woke it; empty where it was its interval or something was due.
    case passed(PassID, PassReport, took: Duration, reasons: [String])
    case failed(PassID, UserError, took: Duration, reasons: [String])
    /// What was tried to be told, and how all channels fare now.
    case delivered([DeliveryOutcome], channels: [ChannelStanding])
    /// The configuration was read again: the interval that holds from now on, or what is wrong with it, and then the former one
    /// stands.
    case reloaded(Result<Duration, UserError>)
    case stopping(patience: Duration)
    case stopped
}
