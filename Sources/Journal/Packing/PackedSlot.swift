// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Planning
internal import Vocabulary

/// A slot and its head in the compact form of the journal, for those who keep what they read elsewhere.
package enum PackedSlot {
    /// - Parameter epoch: in which it was observed, as it was read.
    package static func bytes(_ slot: SlotKey, _ head: SlotHead, epoch: String?) -> [UInt8] {
        var packer = Packer()
        packer.add(slot)
        packer.add(epoch)
        packer.add(head)
        return packer.bytes
    }

    /// nil for bytes that are no such form.
    package static func read(_ bytes: UnsafeRawBufferPointer) -> (slot: SlotKey, head: SlotHead, epoch: String?)? {
        var unpacker = Unpacker(bytes)
        do throws(UnpackError) {
            let slot = try unpacker.value(SlotKey.self)
            let epoch = try unpacker.optional { (unpacker) throws(UnpackError) in try unpacker.text() }
            let head = try unpacker.value(SlotHead.self)
            return unpacker.isAtEnd ? (slot, head, epoch) : nil
        } catch {
            return nil
        }
    }
}
