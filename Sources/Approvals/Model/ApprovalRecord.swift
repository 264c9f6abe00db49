// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Vocabulary

/// What a signed approval commit says (trailers of `approval/v1`), once its form is accepted.
package struct ApprovalRecord: Hashable, Sendable {
    package enum Decision: String, CaseIterable, Hashable, Sendable {
        case approve, reject, revoke, cancel, review, halt, resume
    }
    package enum Subject: Hashable, Sendable {
        case workOrders([WorkOrderDigest])
        case policyChange(PolicyChangeDigest)
    }
    package enum Implementation: Hashable, Sendable {
        case manual
        case scheduled(Window)
    }
    package enum Acknowledgement: Hashable, Sendable {
        case changes(Int)
        case endpointDown(String)  // `10.0.0.5:443`
        case holdsOther
    }

    package var repository: String
    package var level: String
    package var decision: Decision
    package var subject: Subject
    package var implementation: Implementation
    package var emergency: Bool
    package var acknowledgements: [Acknowledgement]
    /// The message's first line: what a person signed in words, of no weight.
    package var title: String
    /// The commit's message between its first line and its trailers, without the newlines around it.
    package var comment: String
    package var tree: ObjectID
    package var parent: ObjectID
    package var committed: Timestamp

    package init(
        repository: String, level: String, decision: Decision, subject: Subject, implementation: Implementation,
        emergency: Bool = false, acknowledgements: [Acknowledgement] = [], title: String = "", comment: String,
        tree: ObjectID, parent: ObjectID, committed: Timestamp
    ) {
        (self.repository, self.level, self.decision, self.subject) = (repository, level, decision, subject)
        (self.implementation, self.emergency, self.acknowledgements) = (implementation, emergency, acknowledgements)
        (self.title, self.comment) = (title, comment)
        (self.tree, self.parent, self.committed) = (tree, parent, committed)
    }
}

/// From when to when, both inclusive of the start and exclusive of the end.
package struct Window: Hashable, Sendable, Codable {
    package var start: Timestamp
    package var end: Timestamp

    package init(start: Timestamp, end: Timestamp) { (self.start, self.end) = (start, end) }
    package func contains(_ time: Timestamp) -> Bool { start <= time && time < end }
    package func isInside(_ other: Window) -> Bool { other.start <= start && end <= other.end }
    /// nil where they do not meet.
    package func intersection(_ other: Window) -> Window? {
        let both = Window(start: max(start, other.start), end: min(end, other.end))
        return both.start < both.end ? both : nil
    }
}

/// By what a record is known: SHA-256 of its commit without `gpgsig`, and the signing key's fingerprint. Signatures are
/// malleable, commit ids therefore are too.
package typealias RecordKey = Digest<RecordContent>

/// Why a record does not count. The code is the contract; the message one sentence for people.
package struct Refusal: Error, Hashable, Sendable, Codable {
    package enum Code: String, CaseIterable, Hashable, Sendable, Codable {
        case unsigned = "Unsigned", badSignature = "BadSignature", wrongNamespace = "WrongNamespace"
        case unknownKey = "UnknownKey", weakKey = "WeakKey", keyNotValidAtFirstSeen = "KeyNotValidAtFirstSeen"
        case keyRevoked = "KeyRevoked", notOnStatus = "NotOnStatus", notTreeIdentical = "NotTreeIdentical"
        case mergeCommit = "MergeCommit", malformed = "Malformed", wrongRepository = "WrongRepository"
        case staleDigest = "StaleDigest", alreadyUsed = "AlreadyUsed", unknownLevel = "UnknownLevel"
        case notInGroup = "NotInGroup", selfApproval = "SelfApproval", samePersonTwice = "SamePersonTwice"
        case tooEarly = "TooEarly", approvalExpired = "ApprovalExpired", scheduleWidened = "ScheduleWidened"
        case revoked = "Revoked"
    }
    package var code: Code
    package var message: String

    package init(_ code: Code, _ message: String) { (self.code, self.message) = (code, message) }
}

/// A record whose form and signature are good. By whom is decided later, from the key, anew at each pass.
package struct SignedRecord: Hashable, Sendable {
    package var key: RecordKey
    package var commit: ObjectID
    package var record: ApprovalRecord
    /// The OpenSSH public key line of the signing key (`ssh-ed25519 AAAA…`), or `openpgp:` and the full fingerprint.
    package var signingKey: String

    package init(key: RecordKey, commit: ObjectID, record: ApprovalRecord, signingKey: String) {
        (self.key, self.commit, self.record, self.signingKey) = (key, commit, record, signingKey)
    }
}

/// A signed record and when this reconciler first saw it; `firstSeen` nil: not yet, treated as if seen now.
package struct SeenRecord: Hashable, Sendable {
    package var signed: SignedRecord
    package var firstSeen: Timestamp?
    /// What was found of its parent when it was first seen: nil if it is a status commit with this very tree.
    package var placement: Refusal?

    package init(signed: SignedRecord, firstSeen: Timestamp?, placement: Refusal? = nil) {
        (self.signed, self.firstSeen, self.placement) = (signed, firstSeen, placement)
    }
}
