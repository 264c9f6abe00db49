// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
internal import Declarations
package import Operations
internal import Planning
package import Vocabulary

/// `plan --format json`. Names and shapes are a contract: members may be added, none changes its meaning.
package enum PlanJSON {
    package static func value(_ report: PlanReport) -> JSONValue {
        var document = ReportJSON.header(report)
        let plan = report.plan
        document["planDigest"] = .text(plan.digest)
        document["policyChanges"] = .array(report.policyChange.map { [PolicyChangeJSON.value($0)] } ?? [])
        document["requests"] = .array(RequestJSON.values(plan))
        document["workOrders"] = .array(plan.workOrders.map(WorkOrderJSON.value))
        document["drift"] = .array(plan.drift.map(drift))
        document["refused"] = .array(plan.refused.map(LevelJSON.refused))
        document["limits"] = limits(plan.limits)
        let sum = PlanSummary(of: plan)
        document["summary"] = [
            "push": .number(sum.push), "blocked": .number(sum.blocked), "waiting": .number(sum.waiting),
            "unchanged": .number(sum.unchanged),
        ]
        return .object(document)
    }

    private static func drift(_ drift: Drift) -> JSONValue {
        [
            "connector": .string(drift.connector.text), "declared": .orNull(drift.declared.map { .string($0.hex) }),
            "found": HoldingJSON.leaf(drift.found), "foundOther": HoldingJSON.other(drift.found),
            "since": .orNull(drift.since.map { .text($0) }), "files": .array(drift.files.map { .string($0) }),
            "compromised": .bool(drift.isCompromised),
        ]
    }

    static func limits(_ standing: LimitStanding) -> JSONValue {
        [
            "changed": .number(standing.changed), "total": .number(standing.total),
            "floor": .number(standing.limits.floor),
            "maxChanged": .number(standing.limits.maxChanged),
            "maxChangedPercent": .number(standing.limits.maxChangedPercent), "exceeded": .bool(standing.exceeded),
        ]
    }
}

/// The members that plan, status and a pass have in common.
enum ReportJSON {
    static func header(_ report: PlanReport) -> JSONObject {
        [
            "formatVersion": "1", "repository": .string(report.repositoryID),
            "repositoryName": .string(report.repositoryName),
            "zone": .string(report.zone.text), "ref": .string(report.refName), "change": .text(report.change),
            "base": .orNull(report.base.map { .text($0) }), "policyDigest": .text(report.trust.digest),
            "trust": [
                "commit": .text(report.trust.commit), "acceptedAt": .orNull(report.trust.acceptedAt.map { .text($0) }),
                "trial": .bool(report.trust.isTrial),
                "anewSince": .orNull(report.trust.anewSince.map { .text($0) }),
            ],
            "emergencies": EmergencyWords.json(report.plan.emergencies),
            "observation": observation(report.observation),
            "invalidTip": .orNull(
                report.invalidTip.map {
                    ["commit": .text($0.commit), "diagnostics": .array($0.diagnostics.map(DiagnosticsJSON.value))]
                }),
            "notices": .array(report.notices.map { .string($0) }),
        ]
    }

    /// `observedAt` is null where only the status branch was read: when it was written is no time of observation.
    private static func observation(_ source: PlanReport.ObservationSource) -> JSONValue {
        switch source {
        case .discovered(let at): ["source": "discovered", "observedAt": .text(at), "status": .null]
        case .journal(let at): ["source": "journal", "observedAt": .orNull(at.map { .text($0) }), "status": .null]
        case .statusBranch(let commit, _): ["source": "status", "observedAt": .null, "status": .text(commit)]
        case .none: ["source": "none", "observedAt": .null, "status": .null]
        }
    }
}

enum HoldingJSON {
    /// The leaf, or null.
    static func leaf(_ holding: Holding) -> JSONValue { .orNull(holding.leaf.map { .string($0.hex) }) }
    /// The keyed hash of what is neither certificate nor key, or null.
    static func other(_ holding: Holding) -> JSONValue {
        if case .other(let hash) = holding { .string(hash.hex) } else { .null }
    }
}

enum RequestJSON {
    static func values(_ plan: Plan) -> [JSONValue] {
        plan.requests.map(value)
    }

    static func value(_ request: Request) -> JSONValue {
        [
            "id": .string(request.digest.id), "digest": .text(request.digest),
            "certificate": .string(request.certificate.text), "leaf": .string(request.leaf.hex),
            "requesters": .array(request.requesters.people.keys.sorted().map { .string($0.text) }),
            "workOrders": .array(request.workOrders.map { .string($0.id) }),
        ]
    }
}

enum PolicyChangeJSON {
    static func value(_ change: PendingPolicyChange) -> JSONValue {
        [
            "id": .string(change.digest.id), "digest": .text(change.digest), "from": .text(change.from),
            "to": .text(change.to),
            "changes": .array(change.changes.map { .string($0) }),
            "levels": .array(change.judgement?.levels.map(LevelJSON.value) ?? []),
            "refused": .array(change.judgement?.refused.map(LevelJSON.refused) ?? []),
            "requesters": .array(change.requesters.people.keys.sorted().map { .string($0.text) }),
            "state": .string(change.state.name), "number": .orNull(change.document.map { .number($0.number) }),
            "commit": .orNull(change.commit.map { .text($0) }),
        ]
    }
}
