// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Planning
internal import Vocabulary

extension SlotObservation {
    /// What a slot holds once an intent was completed, read from the content that was signed, until the device is read again.
    init(installedBy intent: Intent) {
        self.init(slot: intent.slot, holding: intent.installs.map(Holding.certificate(leaf:)) ?? .nothing)
        guard intent.installs != nil, let document = try? JSONValue(parsing: intent.content),
            let installs = document["installs"]
        else { return }
        chain = installs["chain"]?.array?.compactMap { $0.string.flatMap { Fingerprint(hex: $0) } } ?? []
        key = installs["spki"]?.string.flatMap { SPKIFingerprint(hex: $0) }
    }
}
