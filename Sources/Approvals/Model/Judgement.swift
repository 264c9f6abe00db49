// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Declarations
package import Vocabulary

/// What approvals are counted for: a work order or a policy change, reduced to what decides.
package struct ApprovalCase: Sendable {
    package enum Subject: Hashable, Sendable {
        case workOrder(WorkOrderDigest)
        case policyChange(PolicyChangeDigest)
    }
    package var subject: Subject
    package var levels: [ApprovalPolicySpec.Level]
    package var separation: ApprovalPolicySpec.Separation
    package var expiresAfter: Seconds
    package var attendedFor: Seconds
    package var requesters: Requesters
    /// Set once the subject is decided or ended: any record first seen later is `AlreadyUsed`.
    package var endedAt: Timestamp?
    /// Since when it is being implemented (row 43): records first seen later are `AlreadyUsed`.
    package var implementingSince: Timestamp?
    /// Approvals first seen earlier were given to something that has changed since and came back: they are void.
    package var signaturesSince: Timestamp?
    /// Whatever says that it was signed earlier was signed in another epoch: it is void, whenever it was seen.
    package var begunAt: Timestamp?
    /// Levels that a standing approval stands for, by name: nobody needs to sign there.
    package var standing: [String: StandingApprovalName] = [:]
    /// The first second in which one of these stands no more.
    package var standsUntil: Timestamp?
    /// Who may push without the levels, where the policy has such people.
    package var emergency: ApprovalPolicySpec.Emergency?
    /// The levels are that one quorum: only what was signed as an emergency counts.
    var isEmergency = false

    package init(
        subject: Subject, levels: [ApprovalPolicySpec.Level], separation: ApprovalPolicySpec.Separation,
        expiresAfter: Seconds, attendedFor: Seconds, requesters: Requesters, endedAt: Timestamp? = nil,
        implementingSince: Timestamp? = nil
    ) {
        (self.subject, self.levels, self.separation) = (subject, levels, separation)
        (self.expiresAfter, self.attendedFor, self.requesters) = (expiresAfter, attendedFor, requesters)
        (self.endedAt, self.implementingSince) = (endedAt, implementingSince)
    }
}

/// Who asked for it: derived from the history of what it is made from.
package struct Requesters: Hashable, Sendable {
    package struct Reason: Hashable, Sendable {
        package var commit: ObjectID
        package var what: String  // `certificates/shop.pem`, `AppConnector edge-1-shop`
        package init(commit: ObjectID, what: String) { (self.commit, self.what) = (commit, what) }
    }
    package var people: [PersonName: Reason]
    /// A commit that is unsigned, signed by a stranger, or a forge's with an author whom nobody knows; nil if there is none.
    package var unknown: Reason?

    package init(people: [PersonName: Reason] = [:], unknown: Reason? = nil) {
        (self.people, self.unknown) = (people, unknown)
    }
}

/// What the records on one case come to.
package struct Judgement: Hashable, Sendable {
    package struct Given: Hashable, Sendable {
        package var person: PersonName
        package var key: String  // as shown: `SHA256:9xV…`
        package var commit: ObjectID
        package var record: RecordKey
        package var firstSeen: Timestamp?
        package var comment: String
        package var implementation: ApprovalRecord.Implementation
        package var acknowledgements: [ApprovalRecord.Acknowledgement]
        package var emergency: Bool

        package init(
            person: PersonName, key: String, commit: ObjectID, record: RecordKey, firstSeen: Timestamp?,
            comment: String,
            implementation: ApprovalRecord.Implementation, acknowledgements: [ApprovalRecord.Acknowledgement],
            emergency: Bool
        ) {
            (self.person, self.key, self.commit, self.record) = (person, key, commit, record)
            (self.firstSeen, self.comment, self.implementation) = (firstSeen, comment, implementation)
            (self.acknowledgements, self.emergency) = (acknowledgements, emergency)
        }
    }
    package struct LevelStanding: Hashable, Sendable {
        package var name: String
        package var needed: Int
        package var approvers: [Approver]
        package var given: [Given]
        /// People who could still give what is missing, by name.
        package var candidates: [PersonName]
        /// Stands for whoever else would have to sign.
        package var standing: StandingApprovalName?
        package var missing: Int { standing == nil ? max(0, needed - given.count) : 0 }
        package var isComplete: Bool { missing == 0 }

        package init(
            name: String, needed: Int, approvers: [Approver], given: [Given], candidates: [PersonName],
            standing: StandingApprovalName? = nil
        ) {
            (self.name, self.needed, self.approvers) = (name, needed, approvers)
            (self.given, self.candidates, self.standing) = (given, candidates, standing)
        }
    }
    package struct RefusedRecord: Hashable, Sendable {
        package var commit: ObjectID
        package var refusal: Refusal
        /// The IDs (`WO-…`, `REQ-…`) that it says it is for, true or not: where people are told of it, and nothing else.
        package var claims: Set<String>
        package init(commit: ObjectID, refusal: Refusal, claims: Set<String> = []) {
            (self.commit, self.refusal, self.claims) = (commit, refusal, claims)
        }
    }
    package enum Tombstone: Hashable, Sendable {
        case rejected(by: PersonName, commit: ObjectID, comment: String)
        case cancelled(by: PersonName, commit: ObjectID, comment: String)
    }

    /// What somebody last said of whether it goes now, after its signatures: neither gives nor takes one.
    package struct Word: Hashable, Sendable {
        package var isHalt: Bool
        package var person: PersonName
        package var commit: ObjectID
        package var record: RecordKey
        package var comment: String
        /// When it was first seen; now, where it was not seen yet.
        package var at: Timestamp
        package init(
            isHalt: Bool, person: PersonName, commit: ObjectID, record: RecordKey, comment: String, at: Timestamp
        ) {
            (self.isHalt, self.person, self.commit, self.record) = (isHalt, person, commit, record)
            (self.comment, self.at) = (comment, at)
        }
    }

    package var levels: [LevelStanding]
    package var refused: [RefusedRecord]
    package var tombstone: Tombstone?
    package var word: Word?
    /// When the last level became complete; nil while one is not.
    package var completeAt: Timestamp?
    /// Once complete: when it may be pushed (8-engine.md, "Window").
    package var window: Window?
    /// There was at least one approval and every one of them has expired.
    package var allExpired: Bool
    /// A level that nobody is left to complete (`NoApprover`), by name.
    package var unsatisfiable: String?
    /// Who signed it as an emergency; nil where nobody did.
    package var emergency: LevelStanding?

    package init(
        levels: [LevelStanding], refused: [RefusedRecord] = [], tombstone: Tombstone? = nil,
        completeAt: Timestamp? = nil,
        window: Window? = nil, allExpired: Bool = false, unsatisfiable: String? = nil
    ) {
        (self.levels, self.refused, self.tombstone, self.completeAt) = (levels, refused, tombstone, completeAt)
        (self.window, self.allExpired, self.unsatisfiable) = (window, allExpired, unsatisfiable)
    }

    /// How many levels are complete, from the bottom without a gap.
    package var completeLevels: Int { levels.prefix { $0.isComplete }.count }
    package var isComplete: Bool { !levels.isEmpty && (completeLevels == levels.count || isEmergency) }
    /// The emergency's own quorum is complete, and the levels are not: it is by that quorum that it goes.
    package var isEmergency: Bool { emergency?.isComplete ?? false && completeLevels < levels.count }
    /// Those of the last level, or of the emergency's quorum: they acknowledge.
    package var lastGiven: [Given] { isEmergency ? emergency?.given ?? [] : levels.last?.given ?? [] }
    /// All that have counted for something.
    package var signatures: [Given] { levels.flatMap(\.given) + (emergency?.given ?? []) }
    /// The signatures that decide.
    package var counted: [Given] { isEmergency ? emergency?.given ?? [] : levels.flatMap(\.given) }
    /// By which it is done: the signatures that decide, and the word that lets it go.
    package var records: [RecordKey] {
        counted.map(\.record) + [word].compactMap(\.self).filter { !$0.isHalt }.map(\.record)
    }
    /// What stands for people at some level, each once, by name.
    package var standing: [StandingApprovalName] { Set(levels.compactMap(\.standing)).sorted() }
    /// A standing approval stands for every level.
    package var isWithoutPeople: Bool { !levels.isEmpty && levels.allSatisfy { $0.standing != nil } }
}
