// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Approvals
package import Planning
package import Vocabulary

/// All that a status commit says, as values.
package struct StatusContent: Sendable {
    package var repository: String
    package var zone: ZoneName
    package var history: History
    package var plan: Plan
    /// Work orders that ended since the last status commit.
    package var finished: [FinishedWorkOrder]
    /// Of every record that has none on the branch yet.
    package var evidence: [Evidence]
    /// Commits that asked for what is open and of which the branch has no evidence yet.
    package var requesterCommits: [Evidence.Commit] = []
    /// The change that brought the present trust set into force, where there was one and the branch does not tell of it yet.
    package var policyChange: PolicyChangeEvidence?
    /// Certificates that were proven as served.
    package var leaves: [LeafEvidence] = []
    /// The Push Validation Report that is due now.
    package var report: ReportFigures?
    /// The tip that is not valid, where the branch in force has one: desired state stays at the accepted tip.
    package var invalidTip: ObjectID?
    /// What is wrong with the whole, one line each: shown on top.
    package var notices: [String]
    /// It promises to write again after so long, also where nothing has changed; nil: on transitions only.
    package var heartbeat: Seconds?

    package init(
        repository: String, zone: ZoneName, history: History, plan: Plan, finished: [FinishedWorkOrder],
        evidence: [Evidence], invalidTip: ObjectID? = nil, notices: [String] = []
    ) {
        (self.repository, self.zone, self.history, self.plan) = (repository, zone, history, plan)
        (self.finished, self.evidence) = (finished, evidence)
        (self.invalidTip, self.notices) = (invalidTip, notices)
    }
}

/// A work order with a recorded outcome.
package struct FinishedWorkOrder: Hashable, Sendable {
    package var intent: Intent
    package var outcome: Outcome
    package var at: Timestamp
    /// The slot's sequence after it.
    package var sequence: Int64
    /// When its push began: the moment at which its records had to count. nil for one that touched no device.
    package var began: Timestamp?
    /// What stood for people.
    package var standing: [StandingApprovalName]

    package init(
        intent: Intent, outcome: Outcome, at: Timestamp, sequence: Int64, began: Timestamp? = nil,
        standing: [StandingApprovalName] = []
    ) {
        (self.intent, self.outcome, self.at, self.sequence) = (intent, outcome, at, sequence)
        (self.began, self.standing) = (began, standing)
    }
}

/// A policy change that came into force: what people signed, by which records, and since when.
package struct PolicyChangeEvidence: Hashable, Sendable {
    package var digest: PolicyChangeDigest
    /// `countersign.policy-change/v1`
    package var document: JSONValue
    package var accepted: History.AcceptedTrustSet

    package init(digest: PolicyChangeDigest, document: JSONValue, accepted: History.AcceptedTrustSet) {
        (self.digest, self.document, self.accepted) = (digest, document, accepted)
    }
}

/// A certificate that a push has proven as served, whole: the repository may not have it for ever.
package struct LeafEvidence: Hashable, Sendable {
    package var leaf: Fingerprint
    package var der: [UInt8]

    package init(leaf: Fingerprint, der: [UInt8]) { (self.leaf, self.der) = (leaf, der) }
}

/// The raw bytes of a record and of its parent, so that its ref may be pruned and the audit still sees what was signed.
package struct Evidence: Hashable, Sendable {
    package struct Commit: Hashable, Sendable {
        package var id: ObjectID
        package var raw: [UInt8]
        package init(id: ObjectID, raw: [UInt8]) { (self.id, self.raw) = (id, raw) }
    }
    package var record: RecordKey
    package var commit: Commit
    package var parent: Commit?
    package var firstSeen: Timestamp
    package var placement: Refusal?

    package init(record: RecordKey, commit: Commit, parent: Commit?, firstSeen: Timestamp, placement: Refusal? = nil) {
        (self.record, self.commit, self.parent) = (record, commit, parent)
        (self.firstSeen, self.placement) = (firstSeen, placement)
    }
}

/// The files of a status commit, as a pure function of its content.
package struct StatusFiles: Sendable {
    /// Everything below the folders of `StatusPath.present`, `status.json` and `README.md`: what is not here goes.
    package var present: [String: [UInt8]]
    /// Kept for ever beside what is there: evidence and archive.
    package var added: [String: [UInt8]]
}
