// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Vocabulary

/// Where a work order stands among those that get the same certificate, and what it waits for although it is fully signed.
package struct Wave: Hashable, Sendable {
    /// From 1; nil where nothing says who goes first, and somebody has halted it all the same.
    package var number: Int?
    package var count: Int
    /// nil: nothing of the rollout is in its way.
    package var hold: WaveHold?

    package init(number: Int?, of count: Int, hold: WaveHold? = nil) {
        (self.number, self.count, self.hold) = (number, count, hold)
    }
}

/// Why a signed work order does not go yet. Its state stays `ReadyToImplement`.
package struct WaveHold: Hashable, Sendable {
    package enum Code: String, CaseIterable, Hashable, Sendable {
        /// Somebody said so.
        case halted = "Halted"
        /// A push before it failed, or what was pushed is no longer well.
        case waveFailed = "WaveFailed"
        /// The wave before it is not done.
        case waveBefore = "WaveBefore"
        case wavePause = "WavePause"
    }
    package var code: Code
    package var message: String
    /// When it ends by itself, where that is known.
    package var until: Timestamp?

    package init(_ code: Code, _ message: String, until: Timestamp? = nil) {
        (self.code, self.message, self.until) = (code, message, until)
    }
}

extension WaveHold.Code {
    /// What lets it go. Stands in the reference.
    package var remedy: String {
        switch self {
        case .halted: "Somebody who signs the last level lets it go on: `countersign resume REQ`."
        case .waveFailed:
            "Mend the slot that failed and sign its new work order; or somebody who signs the last level says `countersign resume REQ`."
        case .waveBefore: "Wait, or sign what is missing in the wave before: it goes when that one is done."
        case .wavePause: "Wait: it goes when the pause of the rollout is over; `countersign resume REQ` ends it."
        }
    }
}
