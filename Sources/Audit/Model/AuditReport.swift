// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Approvals
package import Planning
package import Vocabulary

/// What the status branches of a repository prove, and what they do not.
package struct AuditReport: Sendable {
    package var repositoryID: String
    package var repositoryName: String
    /// Where it begins: everything after this commit had to be signed for.
    package var trusted: ObjectID
    package var trustSet: TrustSetDigest
    package var lines: [Line]
    /// In the order in which they ended.
    package var pushes: [AuditedPush]
    package var slots: [AuditedSlot]
    /// What is wrong with the branches themselves.
    package var findings: [Finding]
    /// What the reader should know that changes no verdict.
    package var notices: [String]

    package init(
        repositoryID: String, repositoryName: String, trusted: ObjectID, trustSet: TrustSetDigest, lines: [Line] = [],
        pushes: [AuditedPush] = [], slots: [AuditedSlot] = [], findings: [Finding] = [], notices: [String] = []
    ) {
        (self.repositoryID, self.repositoryName) = (repositoryID, repositoryName)
        (self.trusted, self.trustSet, self.lines) = (trusted, trustSet, lines)
        (self.pushes, self.slots) = (pushes, slots)
        (self.findings, self.notices) = (findings, notices)
    }

    /// A zone's status branch as far as it was read.
    package struct Line: Hashable, Sendable {
        package var zone: ZoneName
        package var tip: ObjectID
        package var commits: Int
        package var until: Timestamp?

        package init(zone: ZoneName, tip: ObjectID, commits: Int, until: Timestamp?) {
            (self.zone, self.tip, self.commits, self.until) = (zone, tip, commits, until)
        }
    }

    /// Every push and every slot that is told of is proven, and nothing is wrong with the branches.
    package var isProven: Bool {
        findings.isEmpty && pushes.allSatisfy(\.isProven)
            && slots.allSatisfy { [.proven, .adopted, .empty].contains($0.verdict) }
    }
}

/// Why something is not proven. The code is the contract; the message one sentence for people.
package struct Finding: Hashable, Sendable {
    package enum Code: String, CaseIterable, Hashable, Sendable {
        // Of a status branch.
        case statusNotSigned = "StatusNotSigned", undeclaredRecorder = "UndeclaredRecorder"
        case statusForeign = "StatusForeign", statusDamaged = "StatusDamaged"
        case timeFalls = "TimeFalls", firstSeenFalls = "FirstSeenFalls"
        case evidenceChanged = "EvidenceChanged", evidenceInvalid = "EvidenceInvalid"
        case archiveChanged = "ArchiveChanged", trustSetNotApproved = "TrustSetNotApproved"
        // Of a work order.
        case digestMismatch = "DigestMismatch", contentDiffers = "ContentDiffers", wrongRepository = "WrongRepository"
        case wrongEpoch = "WrongEpoch", sequenceHole = "SequenceHole", holdsUnexplained = "HoldsUnexplained"
        case endedTwice = "EndedTwice", recordReused = "RecordReused", recordNotForThis = "RecordNotForThis"
        case evidenceMissing = "EvidenceMissing", policyNotInForce = "PolicyNotInForce"
        case policyOutranked = "PolicyOutranked"
        case deviceNotInForce = "DeviceNotInForce", tipUnknown = "TipUnknown", notFromTip = "NotFromTip"
        case unknownRequester = "UnknownRequester", notApproved = "NotApproved", refused = "Refused"
        case withdrawn = "Withdrawn", outsideWindow = "OutsideWindow"
    }
    package var code: Code
    /// A commit, a path of the branch, a slot or a record; empty where the work order itself is meant.
    package var place: String
    package var message: String

    package init(_ code: Code, at place: String = "", _ message: String) {
        (self.code, self.place, self.message) = (code, place, message)
    }
}

/// One work order that ended, and who allowed it.
package struct AuditedPush: Sendable {
    package var zone: ZoneName
    package var digest: WorkOrderDigest
    package var slot: SlotKey
    package var connector: ConnectorName
    package var certificate: CertificateName?
    /// nil where the content cannot be read.
    package var action: Action?
    package var replaces: Holding
    package var installs: Fingerprint?
    package var sequence: Int64
    package var outcome: String
    package var message: String?
    package var began: Timestamp?
    package var at: Timestamp
    /// The status commit that tells of it.
    package var status: ObjectID
    package var tip: ObjectID
    package var policy: PolicyName?
    package var requesters: Requesters
    /// Who signed, when it was first seen and with which key, level by level.
    package var levels: [Judgement.LevelStanding]
    package var refused: [Judgement.RefusedRecord]
    /// What it replaced had come there otherwise than by a work order, and the branch said so before.
    package var replacedUnapproved: Bool
    package var reasons: [Finding]

    package var isProven: Bool { reasons.isEmpty }
    package var isAdoption: Bool { action == .adopt }
}

/// What a slot holds at the end of its line, and how it came there.
package struct AuditedSlot: Sendable {
    package enum Verdict: String, CaseIterable, Hashable, Sendable {
        /// It came there by a push that people signed.
        case proven
        /// It lay there before, and people signed that it may stay.
        case adopted
        /// Nobody ever signed for what it holds.
        case unapproved
        /// It is said to have been signed for, and is not proven.
        case unproven
        /// It holds nothing, or nobody has looked; nothing was ever pushed to it.
        case empty
    }
    package var zone: ZoneName
    package var slot: SlotKey
    package var connector: ConnectorName?
    package var certificate: CertificateName?
    package var holding: Holding?
    package var verdict: Verdict
    /// The work order that brought what it holds.
    package var by: WorkOrderDigest?
    package var pushes: Int
    package var reason: String?
}
