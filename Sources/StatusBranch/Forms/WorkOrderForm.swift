// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
internal import Declarations
internal import Planning
internal import Vocabulary

/// `workorders/<2>/<digest>.json` while it is open, `archive/YYYY/MM/<digest>.json` once it is not.
enum WorkOrderForm {
    static let format = "countersign.work-order-status"

    static func document(_ order: WorkOrder, _ digest: WorkOrderDigest) -> JSONValue {
        var object: JSONObject = [
            "action": .string(order.action.rawValue), "blocks": .array(order.blocks.map(\.form)),
            "certificate": order.certificate.map { .string($0.text) }, "change": .string(order.change.rawValue),
            "comment": order.comment.map(JSONValue.string), "connector": .string(order.connector.text),
            "content": order.content.flatMap { try? JSONValue(parsing: $0) }, "device": .string(order.device.text),
            "digest": .text(digest), "emergency": order.judgement.emergency?.form, "facts": order.history.form,
            "format": "countersign.work-order-status/v1",
            "id": .string(digest.id), "levels": .array(order.judgement.levels.map(\.form)),
            "notes": .array(order.notes.map(JSONValue.string)),
            "policy": order.policy.map { ["name": .string($0.name.text), "version": .number($0.version)] },
            "reason": order.blocks.first?.form,
            "refused": .array(
                order.judgement.refused.map { refused in
                    [
                        "code": .string(refused.refusal.code.rawValue), "commit": .string(refused.commit.hex),
                        "message": .string(refused.refusal.message),
                    ]
                }),
            "request": order.request.map { .text($0) },
            "requesters": .array(order.requesters.people.keys.sorted().map { .string($0.text) }),
            "schedule": order.judgement.window?.form, "slot": .string(order.slot.path),
            "standing": order.standing.map(\.form), "state": .string(order.state.name),
        ]
        switch order.judgement.tombstone {
        case .rejected(let person, let commit, let comment), .cancelled(let person, let commit, let comment):
            object["decidedBy"] = [
                "comment": .string(comment), "commit": .string(commit.hex), "person": .string(person.text),
            ]
        case nil: break
        }
        return .object(object)
    }

    static func document(_ finished: FinishedWorkOrder) -> JSONValue {
        let digest = finished.intent.workOrder
        return [
            "at": .text(finished.at), "began": finished.began.map { .text($0) },
            "connector": .string(finished.intent.connector.text),
            "content": try? JSONValue(parsing: finished.intent.content),
            "device": .string(finished.intent.slot.device.text), "digest": .text(digest),
            "format": "countersign.work-order-status/v1", "id": .string(digest.id),
            "message": finished.outcome.message.map(JSONValue.string), "records": .list(finished.intent.records),
            "replaces": finished.intent.replaces.form, "sequence": .integer(finished.sequence),
            "slot": .string(finished.intent.slot.path),
            "standing": finished.standing.isEmpty ? nil : .array(finished.standing.map { .string($0.text) }),
            "state": .string(finished.outcome == .adopted ? "Completed" : finished.outcome.name),
            "tip": .string(finished.intent.tip.hex),
        ]
    }

    /// One that is neither open any more nor ended: what it was, and since when it is not.
    static func superseded(_ last: Document, at time: Timestamp) throws(StatusError) -> JSONValue {
        try last.requireFormat(format)
        guard case .object(var object) = last.value else { throw last.damaged("format") }
        object["at"] = .text(time)
        object["state"] = "Superseded"
        return .object(object)
    }

    /// The digest and what the journal knows of it.
    static func facts(_ document: Document) throws(StatusError) -> (WorkOrderDigest, WorkOrderFacts) {
        try document.requireFormat(format)
        guard let digest = WorkOrderDigest(text: try document.text("digest")) else { throw document.damaged("digest") }
        return (digest, try WorkOrderFacts(try document.object("facts")))
    }
}

extension Block {
    fileprivate var form: JSONValue { ["code": .string(code.rawValue), "message": .string(message)] }
}

extension WorkOrder.Standing {
    fileprivate var form: JSONValue {
        [
            "name": .string(name.text),
            "unmet": .array(
                objections.map { ["condition": .string($0.condition.rawValue), "message": .string($0.message)] }),
        ]
    }
}

extension Window {
    fileprivate var form: JSONValue { ["notAfter": .text(end), "notBefore": .text(start)] }
}

extension Judgement.LevelStanding {
    fileprivate var form: JSONValue {
        [
            "approvers": .array(approvers.map { .text($0) }),
            "given": .array(
                given.map { given in
                    [
                        "at": given.firstSeen.map { .text($0) }, "comment": .string(given.comment),
                        "commit": .string(given.commit.hex), "emergency": given.emergency ? true : nil,
                        "key": .string(given.key), "person": .string(given.person.text), "record": .hex(given.record),
                    ]
                }),
            "missing": .number(missing), "name": .string(name), "needed": .number(needed),
            "standing": standing.map { .string($0.text) },
        ]
    }
}
