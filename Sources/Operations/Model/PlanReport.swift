// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Approvals
package import Declarations
package import Planning
package import Vocabulary

/// A plan and all that was true around it: what `plan`, `status` and `explain` show.
package struct PlanReport: Sendable {
    package var repositoryName: String
    package var repositoryID: String
    package var zone: ZoneName
    /// What was planned: `main at 3f2c1a9`.
    package var refName: String
    package var change: ObjectID
    package var base: ObjectID?
    package var trust: TrustStanding
    package var observation: ObservationSource
    package var plan: Plan
    package var policyChange: PendingPolicyChange?
    /// Work orders that ended, as far as they are still remembered here: the last of each slot.
    package var finished: [RememberedWorkOrder]
    /// The tip is invalid: desired state stays at the last valid commit.
    package var invalidTip: InvalidTip?
    /// Things the reader should know that change no verdict: undeclared recorder, files in the work tree that were not read.
    package var notices: [String]
    package var now: Timestamp

    package struct TrustStanding: Sendable, Hashable {
        package var digest: TrustSetDigest
        package var commit: ObjectID
        package var acceptedAt: Timestamp?
        /// One person decides alone: said on every plan and status.
        package var isTrial: Bool
        /// Somebody began anew (`trust --anew`): said on every plan and status, for ever.
        package var anewSince: Timestamp?
        package init(digest: TrustSetDigest, commit: ObjectID, acceptedAt: Timestamp?, isTrial: Bool) {
            (self.digest, self.commit, self.acceptedAt, self.isTrial) = (digest, commit, acceptedAt, isTrial)
        }
    }

    /// Where the observations come from.
    package enum ObservationSource: Sendable, Hashable {
        case discovered(at: Timestamp)
        /// Read from the reconciler's own journal, nothing contacted.
        case journal(at: Timestamp?)
        /// Read from the status branch, whose tip was signed by a declared recorder.
        case statusBranch(commit: ObjectID, at: Timestamp)
        /// No status commit yet: nothing was ever observed.
        case none
    }

    package struct InvalidTip: Sendable {
        package var commit: ObjectID
        package var diagnostics: [Diagnostic]
        package init(commit: ObjectID, diagnostics: [Diagnostic]) {
            (self.commit, self.diagnostics) = (commit, diagnostics)
        }
    }

    package init(
        repositoryName: String, repositoryID: String, zone: ZoneName, refName: String, change: ObjectID,
        base: ObjectID?,
        trust: TrustStanding, observation: ObservationSource, plan: Plan, policyChange: PendingPolicyChange?,
        finished: [RememberedWorkOrder] = [], invalidTip: InvalidTip?, notices: [String], now: Timestamp
    ) {
        (self.repositoryName, self.repositoryID, self.zone, self.refName) = (
            repositoryName, repositoryID, zone, refName
        )
        (self.change, self.base, self.trust, self.observation) = (change, base, trust, observation)
        (self.plan, self.policyChange, self.invalidTip) = (plan, policyChange, invalidTip)
        self.finished = finished
        (self.notices, self.now) = (notices, now)
    }
}

/// A work order that is over.
package struct RememberedWorkOrder: Sendable, Hashable {
    /// An approval that it was pushed on.
    package struct Signature: Sendable, Hashable {
        package var level: String
        /// nil: nobody in the set in force has that key any more.
        package var person: PersonName?
        /// As people compare keys: `SHA256:…`
        package var key: String
        package var commit: ObjectID
        package var firstSeen: Timestamp
        package var comment: String

        package init(
            level: String, person: PersonName?, key: String, commit: ObjectID, firstSeen: Timestamp, comment: String
        ) {
            (self.level, self.person, self.key) = (level, person, key)
            (self.commit, self.firstSeen, self.comment) = (commit, firstSeen, comment)
        }
    }
    package var digest: WorkOrderDigest
    package var connector: ConnectorName
    package var device: DeviceName
    package var leaf: Fingerprint?
    /// The CamelCase name: `Completed`, `Adopted`, `RolledBack`, `Superseded` …
    package var state: String
    /// What the device or the prober said; nil where it went well.
    package var message: String?
    package var at: Timestamp
    package var certificate: CertificateName?
    package var request: RequestDigest?
    package var replaces: Holding?
    package var signatures: [Signature] = []

    package init(
        digest: WorkOrderDigest, connector: ConnectorName, device: DeviceName, leaf: Fingerprint?, state: String,
        message: String?, at: Timestamp
    ) {
        (self.digest, self.connector, self.device) = (digest, connector, device)
        (self.leaf, self.state, self.message, self.at) = (leaf, state, message, at)
    }
}

/// The tip declares another trust set than the one in force. Reported; the old one decides.
package struct PendingPolicyChange: Sendable {
    package var digest: PolicyChangeDigest
    package var from: TrustSetDigest
    package var to: TrustSetDigest
    /// One line each: who gains, who loses, which machine, which command.
    package var changes: [String]
    package var judgement: Judgement?
    /// What people sign: number, predecessor, and both sets.
    package var document: PolicyChangeDocument?
    /// The commit that declares the new set.
    package var commit: ObjectID?
    package var requesters = Requesters()
    package var state = WorkOrderState.requested
    /// How long an approval is good.
    package var expiresAfter: Seconds?

    package init(
        digest: PolicyChangeDigest, from: TrustSetDigest, to: TrustSetDigest, changes: [String], judgement: Judgement?
    ) {
        (self.digest, self.from, self.to, self.changes, self.judgement) = (digest, from, to, changes, judgement)
    }
}

/// What a user is told when a command cannot do what was asked: what is wrong and the next step.
package struct UserError: Error, Sendable, Equatable {
    /// Stable, CamelCase: `NotTrusted`, `NoRepository`, `UnknownID` …
    package var code: String
    package var message: String
    package var hint: String?

    package init(_ code: String, _ message: String, hint: String? = nil) {
        (self.code, self.message, self.hint) = (code, message, hint)
    }
    /// The declarations of this commit hold mistakes.
    package static func invalid(_ commit: ObjectID) -> UserError {
        UserError(
            "Invalid", "the declarations of \(commit.short) are not valid",
            hint: "countersign validate --ref \(commit.short)")
    }
}
