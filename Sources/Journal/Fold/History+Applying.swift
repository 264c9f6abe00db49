// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Planning

extension History {
    /// As it would be after these observations. They are not journaled: `plan` looks, and changes nothing.
    package func applying(_ facts: [Fact]) -> History {
        var heads = Heads()
        heads.history = self
        for slot in slots.keys { heads.slotsOfDevice[slot.device, default: []].append(slot) }
        var fold = Fold(heads) { _, _, _ in nil }
        for fact in facts { try? fold.apply(fact) }
        return fold.heads.history
    }
}
