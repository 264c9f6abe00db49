// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Vocabulary

/// Who goes first where many slots get one certificate, and who comes after whom: of a Binding or an ApprovalPolicy.
package struct RolloutSpec: Hashable, Sendable {
    /// So many slots go first, and nothing else until they are well.
    package var canary: Int
    /// Of all slots, how many have got it after each wave, rising; the rest is the last wave.
    package var percentages: [Int]
    /// By labels of the device, one wave after another; what has none of them is the last.
    package var groups: [[String: String]]
    /// From the end of a wave to the beginning of the next.
    package var pause: Seconds

    package init(canary: Int = 1, percentages: [Int] = [], groups: [[String: String]] = [], pause: Seconds = .minutes(10)) {
        (self.canary, self.percentages, self.groups, self.pause) = (canary, percentages, groups, pause)
    }
}
