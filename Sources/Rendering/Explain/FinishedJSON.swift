// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Operations
internal import Vocabulary

/// A work order that ended: what is still remembered of it.
enum FinishedJSON {
    static func value(_ ended: RememberedWorkOrder) -> JSONObject {
        [
            "id": .string(ended.digest.id), "digest": .text(ended.digest), "connector": .text(ended.connector),
            "device": .text(ended.device), "leaf": .orNull(ended.leaf.map { .string($0.hex) }),
            "state": .string(OutcomeWords.name(ended.outcome)), "endedAt": .text(ended.at),
            "message": .orNull(OutcomeWords.message(ended.outcome).map { .string($0) }),
        ]
    }
}
