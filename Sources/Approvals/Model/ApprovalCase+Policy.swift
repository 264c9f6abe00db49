// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Declarations
package import Vocabulary

extension ApprovalCase {
    package static func workOrder(
        _ digest: WorkOrderDigest, under policy: ApprovalPolicySpec, requesters: Requesters, endedAt: Timestamp? = nil,
        implementingSince: Timestamp? = nil
    ) -> Self {
        var made = Self(
            subject: .workOrder(digest), levels: policy.levels, separation: policy.separation,
            expiresAfter: policy.expiresAfter, attendedFor: policy.attendedFor, requesters: requesters,
            endedAt: endedAt,
            implementingSince: implementingSince)
        made.emergency = policy.emergency
        return made
    }

    /// - Parameters:
    ///   - policy: the one named `default`, of the set in force.
    ///   - since: when the gateway's history began. A change's digest, unlike a work order's, names no epoch: what was signed before
    ///     must not live again by a lost state or a new beginning.
    package static func policyChange(
        _ digest: PolicyChangeDigest, under policy: ApprovalPolicySpec, requesters: Requesters,
        endedAt: Timestamp? = nil, since: Timestamp? = nil
    ) -> Self {
        var separation = ApprovalPolicySpec.Separation()
        separation.requesterMayApprove = policy.policyChange?.requesterMayApprove ?? false
        // Nothing could take the request over, as a push does for a work order: somebody unknown costs one more signature.
        separation.unknownRequester = .extraApprover
        var requesters = requesters
        if separation.requesterMayApprove { requesters.unknown = nil }
        var made = Self(
            subject: .policyChange(digest), levels: [policy.policyChangeLevel], separation: separation,
            expiresAfter: policy.expiresAfter, attendedFor: policy.attendedFor, requesters: requesters, endedAt: endedAt
        )
        made.begunAt = since
        return made
    }
}

extension ApprovalPolicySpec {
    package static let policyChangeLevelName = "policyChange"
    /// What a record of the class emergency, and its review, name as their level.
    package static let emergencyLevelName = "emergency"

    /// Who decides over the trust set: as declared, else two different people out of the approvers of all levels.
    package var policyChangeLevel: Level {
        if let policyChange {
            return Level(name: Self.policyChangeLevelName, approvers: policyChange.approvers, count: policyChange.count)
        }
        var approvers: [Approver] = []
        for level in levels { approvers += level.approvers.filter { !approvers.contains($0) } }
        return Level(name: Self.policyChangeLevelName, approvers: approvers, count: 2)
    }
}

extension ApprovalPolicySpec {
    var emergencyLevels: [Level] {
        emergency.map { [Level(name: Self.emergencyLevelName, approvers: $0.approvers, count: $0.count)] } ?? []
    }
}

extension ApprovalCase {
    /// The same subject, decided by the emergency's people alone.
    func reduced(to emergency: ApprovalPolicySpec.Emergency) -> ApprovalCase {
        var made = self
        made.levels = [
            .init(
                name: ApprovalPolicySpec.emergencyLevelName, approvers: emergency.approvers, count: emergency.count)
        ]
        made.separation.requesterMayApprove = emergency.requesterMayApprove
        (made.standing, made.standsUntil, made.emergency) = ([:], nil, nil)
        made.isEmergency = true
        return made
    }
}
