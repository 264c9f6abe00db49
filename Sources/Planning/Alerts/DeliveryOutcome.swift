// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Vocabulary

/// Why a message did not arrive. No secret is in it, and no address that is one.
package struct DeliveryError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// A file of the gateway that the channel names cannot be used.
        case secret
        /// The address is one to which nothing is sent.
        case notAllowed
        case notReached
        /// It was there, and did not take it.
        case refused
        case deadline
    }
    package var code: Code
    /// Escaped, and short.
    package var detail: String

    package init(_ code: Code, _ detail: String) {
        self.code = code
        let shown = Shown.text(detail)
        self.detail = shown.count > 300 ? shown.prefix(300) + "…" : shown
    }

    package var description: String { detail }
}

/// How one delivery ended.
package struct DeliveryOutcome: Hashable, Sendable {
    package var dispatch: Dispatch
    /// nil: it has arrived.
    package var error: DeliveryError?
    package var milliseconds: Int64

    package init(_ dispatch: Dispatch, error: DeliveryError? = nil, milliseconds: Int64 = 0) {
        (self.dispatch, self.error, self.milliseconds) = (dispatch, error, milliseconds)
    }
}
