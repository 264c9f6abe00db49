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
            "certificate": .orNull(ended.certificate.map { .string($0.text) }), "endedAt": .text(ended.at),
            "given": .array(
                ended.signatures.map { signature in
                    [
                        "at": .text(signature.firstSeen), "comment": .string(signature.comment),
                        "commit": .text(signature.commit), "key": .string(signature.key),
                        "level": .string(signature.level),
                        "person": .orNull(signature.person.map { .string($0.text) }),
                    ]
                }),
            "message": .orNull(ended.message.map { .string($0) }),
            "replaces": .orNull(ended.replaces.map(HoldingJSON.leaf)),
            "request": .orNull(ended.request.map { .string($0.id) }), "state": .string(ended.state),
        ]
    }
}
