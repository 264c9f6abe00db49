// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Planning
internal import Vocabulary

/// `batches/<id>.json`: a push that was begun and has not ended, with all that its end needs.
enum BatchForm {
    static let format = "countersign.batch"

    static func document(_ batch: OpenBatch) -> JSONValue {
        [
            "device": .string(batch.device.text), "format": "countersign.batch/v1", "id": .string(batch.id.text),
            "intendedAt": .text(batch.intendedAt), "intents": .array(batch.intents.map(\.form)),
            "switching": .bool(batch.switching), "undoFailed": .bool(batch.undoFailed), "unknown": .bool(batch.unknown),
        ]
    }

    static func batch(_ document: Document) throws(StatusError) -> OpenBatch {
        try document.requireFormat(format)
        var intents: [Intent] = []
        for item in try document.list("intents") { intents.append(try Intent(item)) }
        return OpenBatch(
            id: BatchID(try document.text("id")), device: try document.name("device"), intents: intents,
            intendedAt: try document.time("intendedAt"), switching: try document.flag("switching"),
            unknown: try document.flag("unknown"), undoFailed: try document.flag("undoFailed"))
    }
}

extension Intent {
    var form: JSONValue {
        [
            "connector": .string(connector.text), "content": .string(String(decoding: content, as: UTF8.self)),
            "device": .string(slot.device.text), "digest": .hex(workOrder), "installs": installs.map(JSONValue.hex),
            "records": .list(records), "replaces": replaces.form, "slot": .string(slot.path), "tip": .string(tip.hex),
        ]
    }

    fileprivate init(_ document: Document) throws(StatusError) {
        let slot = SlotKey(device: try document.name("device"), path: try document.text("slot"))
        self.init(
            workOrder: try document.digest("digest"), connector: try document.name("connector"), slot: slot,
            content: Array(try document.text("content").utf8), installs: try document.optionalDigest("installs"),
            replaces: try Holding(try document.object("replaces")), records: try document.digests("records"),
            tip: try document.object("tip"))
    }
}
