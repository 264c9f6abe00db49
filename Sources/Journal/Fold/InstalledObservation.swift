// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Planning
internal import Vocabulary

extension SlotObservation {
    /// What a slot holds once an intent was completed, read from the content that was signed, until the device is read again.
    init(installedBy intent: Intent) {
        self.init(slot: intent.slot, holding: intent.installs.map(Holding.certificate(leaf:)) ?? .nothing)
        guard intent.installs != nil, let installs = SignedContent(intent.content)?.installs else { return }
        (chain, key) = (installs.chain, installs.spki)
    }
}
