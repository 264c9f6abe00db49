// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
internal import Declarations
internal import Planning
internal import Vocabulary

/// One work order, as in `plan`, `status` and `explain`.
enum WorkOrderJSON {
    static func value(_ order: WorkOrder) -> JSONValue {
        // In canonical order already: members are then only appended.
        [
            "action": .string(order.action.rawValue),
            "binding": .orNull(order.binding.map { .string($0.text) }),
            "blocks": .array(order.blocks.map(block)),
            "certificate": .orNull(order.certificate.map { .string($0.text) }),
            "change": .string(order.change.rawValue),
            "comment": .orNull(order.comment.map { .string($0) }),
            "connector": .string(order.connector.text),
            "device": .string(order.device.text),
            "digest": .orNull(order.digest.map { .text($0) }),
            "emergency": .orNull(order.judgement.emergency.map(LevelJSON.value)),
            "id": .orNull(order.digest.map { .string($0.id) }),
            "installs": .orNull(order.installs.map(installs)),
            "key": .string(key(order.keyCheck)),
            "levels": .array(order.judgement.levels.map(LevelJSON.value)),
            "notes": .array(order.notes.map { .string($0) }),
            "policy": .orNull(
                order.policy.map {
                    ["name": .string($0.name.text), "version": .number($0.version), "why": .string($0.reason)]
                }),
            "reason": reason(order),
            "refused": .array(order.judgement.refused.map(LevelJSON.refused)),
            "replaces": HoldingJSON.leaf(order.replaces),
            "replacesOther": HoldingJSON.other(order.replaces),
            "request": .orNull(order.request.map { .string($0.id) }),
            "requesters": .array(order.requesters.people.keys.sorted().map { .string($0.text) }),
            "schedule": .orNull(schedule(order).map { ["notAfter": .text($0.end), "notBefore": .text($0.start)] }),
            "standing": .orNull(order.standing.map(standing)),
            "state": .string(order.state.name),
            "wave": .orNull(order.wave.map(WaveWords.json)),
            "zone": .string(order.zone.text),
        ]
    }

    private static func standing(_ standing: WorkOrder.Standing) -> JSONValue {
        [
            "budget": ["inDay": .number(standing.left.inDay), "inHour": .number(standing.left.inHour)],
            "givenBy": .orNull(
                standing.givenBy.map { set in
                    [
                        "at": .text(set.at), "commit": .text(set.commit),
                        "policyChange": .orNull(set.by.map { .text($0) }),
                    ]
                }),
            "levels": .array(standing.levels.map { .string($0) }), "name": .string(standing.name.text),
            "notAfter": .text(standing.notAfter),
            "unmet": .array(
                standing.objections.map {
                    ["condition": .string($0.condition.rawValue), "message": .string($0.message)]
                }),
        ]
    }

    private static func block(_ block: Block) -> JSONValue {
        ["code": .string(block.code.rawValue), "message": .string(block.message)]
    }

    private static func installs(_ installs: Installs) -> JSONValue {
        [
            "chain": .array(installs.chain.map { .string($0.hex) }), "leaf": .string(installs.leaf.hex),
            "spki": .string(installs.spki.hex),
        ]
    }

    /// The first block; for a push that failed, how.
    private static func reason(_ order: WorkOrder) -> JSONValue {
        if case .blocked(let first) = order.state { return block(first) }
        guard let outcome = order.history.outcome, let message = OutcomeWords.message(outcome) else { return .null }
        return ["code": .string(OutcomeWords.name(outcome)), "message": .string(message)]
    }

    private static func schedule(_ order: WorkOrder) -> Window? {
        switch order.state {
        case .scheduled(let window), .readyToImplement(let window), .scheduleMissed(let window): window
        default: order.judgement.window
        }
    }

    private static func key(_ check: KeyCheck) -> String {
        switch check {
        case .matches: "matches"
        case .mismatch: "mismatch"
        case .unavailable, .loose: "unavailable"
        case .notChecked: "notChecked"
        }
    }
}

/// Levels, what was given for them, and what was refused.
enum LevelJSON {
    static func value(_ level: Judgement.LevelStanding) -> JSONValue {
        [
            "approvers": .array(level.approvers.map { .text($0) }),
            "candidates": .array(level.candidates.map { .string($0.text) }),
            "given": .array(level.given.map(given)),
            "missing": .number(level.missing),
            "name": .string(level.name),
            "needed": .number(level.needed),
            "standing": .orNull(level.standing.map { .string($0.text) }),
        ]
    }

    /// `at` is null where no reconciler has seen it yet.
    private static func given(_ given: Judgement.Given) -> JSONValue {
        [
            "at": .orNull(given.firstSeen.map { .text($0) }), "comment": .string(given.comment),
            "commit": .text(given.commit), "key": .string(given.key), "person": .string(given.person.text),
        ]
    }

    static func refused(_ record: Judgement.RefusedRecord) -> JSONValue {
        [
            "code": .string(record.refusal.code.rawValue), "commit": .text(record.commit),
            "message": .string(record.refusal.message),
        ]
    }
}
