// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
package import Audit
internal import Planning
package import Vocabulary

/// `audit --format json`. Names and shapes are a contract.
package enum AuditJSON {
    package static func value(_ report: AuditReport) -> JSONValue {
        [
            "findings": .array(report.findings.map(value)), "formatVersion": "1",
            "lines": .array(
                report.lines.map { line in
                    [
                        "commits": .number(line.commits), "tip": .text(line.tip),
                        "until": .orNull(line.until.map { .text($0) }), "zone": .string(line.zone.text),
                    ]
                }),
            "notices": .array(report.notices.map(JSONValue.string)), "proven": .bool(report.isProven),
            "repository": .string(report.repositoryID), "slots": .array(report.slots.map(value)),
            "summary": [
                "adopted": count(.adopted, report), "empty": count(.empty, report), "proven": count(.proven, report),
                "pushes": .number(report.pushes.count),
                "pushesProven": .number(report.pushes.count { $0.isProven }),
                "unapproved": count(.unapproved, report), "unproven": count(.unproven, report),
            ],
            "trustSet": .text(report.trustSet), "trusted": .text(report.trusted),
            "workOrders": .array(report.pushes.map(value)),
        ]
    }

    private static func count(_ verdict: AuditedSlot.Verdict, _ report: AuditReport) -> JSONValue {
        .number(report.slots.count { $0.verdict == verdict })
    }

    private static func value(_ finding: Finding) -> JSONValue {
        [
            "code": .string(finding.code.rawValue), "message": .string(finding.message),
            "place": .string(finding.place),
        ]
    }

    private static func value(_ slot: AuditedSlot) -> JSONValue {
        [
            "certificate": .orNull(slot.certificate.map { .string($0.text) }),
            "connector": .orNull(slot.connector.map { .string($0.text) }), "device": .string(slot.slot.device.text),
            "leaf": .orNull(slot.holding.map(HoldingJSON.leaf)), "pushes": .number(slot.pushes),
            "reason": .orNull(slot.reason.map { .string($0) }), "slot": .string(slot.slot.path),
            "verdict": .string(slot.verdict.rawValue), "workOrder": .orNull(slot.by.map { .text($0) }),
            "zone": .string(slot.zone.text),
        ]
    }

    private static func value(_ push: AuditedPush) -> JSONValue {
        [
            "action": .orNull((push.action?.rawValue).map { .string($0) }), "at": .text(push.at),
            "began": .orNull(push.began.map { .text($0) }),
            "certificate": .orNull(push.certificate.map { .string($0.text) }),
            "connector": .string(push.connector.text), "device": .string(push.slot.device.text),
            "digest": .text(push.digest), "id": .string(push.digest.id),
            "installs": .orNull(push.installs.map { .string($0.hex) }), "levels": .array(push.levels.map(value)),
            "message": .orNull(push.message.map { .string($0) }), "outcome": .string(push.outcome),
            "policy": .orNull(push.policy.map { .string($0.text) }), "proven": .bool(push.isProven),
            "reasons": .array(push.reasons.map(value)), "replacedUnapproved": .bool(push.replacedUnapproved),
            "replaces": HoldingJSON.leaf(push.replaces),
            "requesters": .array(
                push.requesters.people.sorted { $0.key < $1.key }.map { person, reason in
                    ["commit": .text(reason.commit), "person": .string(person.text), "what": .string(reason.what)]
                }),
            "sequence": .integer(push.sequence), "slot": .string(push.slot.path), "statusCommit": .text(push.status),
            "tip": .text(push.tip), "zone": .string(push.zone.text),
        ]
    }

    private static func value(_ level: Judgement.LevelStanding) -> JSONValue {
        [
            "given": .array(
                level.given.map { given in
                    [
                        "at": .orNull(given.firstSeen.map { .text($0) }), "comment": .string(given.comment),
                        "commit": .text(given.commit), "key": .string(given.key),
                        "person": .string(given.person.text), "record": .string(given.record.hex),
                    ]
                }),
            "missing": .number(level.missing), "name": .string(level.name), "needed": .number(level.needed),
            "standing": .orNull(level.standing.map { .string($0.text) }),
        ]
    }
}
