// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Vocabulary

/// One pass of a running service: by its number since the service began, and by an ID that is found again in a log of many services.
package struct PassID: Hashable, Sendable, CustomStringConvertible {
    package enum Chance {}
    package let number: Int
    /// `PASS-` and eight digits, made by chance.
    package let text: String

    package init(number: Int) {
        self.number = number
        var generator = SystemRandomNumberGenerator()
        text = ShortID.text(
            "PASS-", Digest<Chance>(hashing: (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &generator) }))
    }

    package var description: String { "pass \(number) \(text)" }
}
