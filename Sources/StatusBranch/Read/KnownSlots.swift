// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Planning
package import Vocabulary

/// Slots that were read from files of a status branch before, by the files' blobs. Who has somewhere to keep them says how.
package struct KnownSlots: Sendable {
    package struct Slot: Sendable {
        package var key: SlotKey
        package var head: SlotHead
        /// In which it was observed.
        package var epoch: String?

        package init(key: SlotKey, head: SlotHead, epoch: String?) {
            (self.key, self.head, self.epoch) = (key, head, epoch)
        }
    }
    let find: @Sendable (ObjectID) -> Slot?
    let keep: @Sendable (ObjectID, Slot) -> Void

    package init(find: @escaping @Sendable (ObjectID) -> Slot?, keep: @escaping @Sendable (ObjectID, Slot) -> Void) {
        (self.find, self.keep) = (find, keep)
    }

    package static let none = KnownSlots(find: { _ in nil }, keep: { _, _ in })
}
