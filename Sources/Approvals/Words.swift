// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
internal import Signatures
internal import Vocabulary

/// Every refusal of this target, in one place: one sentence that names people and commits.
///
/// Names of people and groups are plain by their form; all other text from outside goes through `Shown`.
enum Words {
    static func malformed(_ what: String) -> Refusal { Refusal(.malformed, what) }

    static func irregular(_ irregularity: Irregularity) -> Refusal {
        let detail = irregularity.detail
        let what =
            switch irregularity.code {
            case .unknownHeader: "the commit has a header `\(detail)`, which a record may not have"
            case .duplicateHeader: "the commit has the header `\(detail)` twice"
            case .severalSignatures: "the commit has more than one signature"
            case .encoding: "the commit says that it is encoded in `\(detail)`; a record is UTF-8 and says nothing"
            case .headerOrder: "the commit's header `\(detail)` is not where git puts it"
            case .identity: "the commit's \(detail) is not `Name <address> seconds +hhmm`"
            case .parentTwice: "the commit has one parent twice"
            case .strangeHeader: "the commit's header `\(detail)` has a control byte or is not UTF-8"
            case .nulInMessage: "the message has a NUL (\(detail))"
            case .carriageReturnInMessage: "the message has a carriage return (\(detail))"
            case .messageNotUTF8: "the message is not UTF-8"
            case .bidirectionalControl: "the message has a control that changes the direction of text (\(detail))"
            }
        return malformed(what)
    }

    static func dateAhead(_ date: Timestamp, now: Timestamp) -> Refusal {
        malformed("its committer date \(date) is ahead of now, \(now); it counts once that time has come")
    }
    static func noParent() -> Refusal { malformed("the commit has no parent; a record stands on a status commit") }
    static func mergeCommit(_ count: Int) -> Refusal {
        Refusal(.mergeCommit, "the commit has \(count) parents; a record has one, a status commit")
    }

    static func signature(_ refusal: SignatureRefusal) -> Refusal {
        let code: Refusal.Code =
            switch refusal.code {
            case .unsigned: .unsigned
            case .malformed: .malformed
            case .wrongNamespace: .wrongNamespace
            case .weakKey: .weakKey
            case .unsupported: .unknownKey
            case .badSignature: .badSignature
            }
        return Refusal(code, refusal.message)
    }
}

/// Keys.
extension Words {
    static func unknownKey(_ key: String) -> Refusal {
        Refusal(.unknownKey, "\(key) is no key of anybody in the trust set in force")
    }
    static func keyOfMachine(_ key: String, _ holder: KeyHolder) -> Refusal {
        switch holder {
        case .recorder(let zone): Refusal(.unknownKey, "\(key) is the recorder's key of zone \(zone), not a person's")
        case .forge(let name), .person(let name), .robot(let name):
            Refusal(.unknownKey, "\(key) is the key of the forge \(name), not a person's")
        }
    }
    static func keyTakenAway(_ key: String, _ person: PersonName) -> Refusal {
        Refusal(.unknownKey, "\(key) is \(person)'s in the trust set in force, but no longer in the branch's tip")
    }
    static func keyRevoked(_ holder: KeyHolder, from: Timestamp, at time: Timestamp) -> Refusal {
        Refusal(.keyRevoked, "first seen \(time), and \(whose(holder)) key is revoked from \(from)")
    }
    static func keyNotYetValid(_ holder: KeyHolder, from: Timestamp, at time: Timestamp) -> Refusal {
        Refusal(.keyNotValidAtFirstSeen, "first seen \(time), and \(whose(holder)) key is valid from \(from)")
    }
    static func keyNoLongerValid(_ holder: KeyHolder, until: Timestamp, at time: Timestamp) -> Refusal {
        Refusal(.keyNotValidAtFirstSeen, "first seen \(time), and \(whose(holder)) key was valid until \(until)")
    }

    private static func whose(_ holder: KeyHolder) -> String {
        switch holder {
        case .person(let name), .robot(let name), .forge(let name): "\(name)'s"
        case .recorder(let zone): "the recorder's of zone \(zone)"
        }
    }
}

/// Place and address.
extension Words {
    static func parentAbsent(_ parent: ObjectID) -> Refusal {
        Refusal(.notOnStatus, "its parent \(parent.short) is not in this repository")
    }
    static func notOnStatus(_ parent: ObjectID, _ why: String) -> Refusal {
        Refusal(.notOnStatus, "its parent \(parent.short) is no status commit: \(why)")
    }
    static func notTreeIdentical(_ parent: ObjectID) -> Refusal {
        Refusal(.notTreeIdentical, "its tree is not that of its parent \(parent.short)")
    }
    static func wrongRepository(_ repository: String) -> Refusal {
        Refusal(
            .wrongRepository, "signed for the repository \(Shown.text(repository.prefix(40))), which is not this one")
    }
    static func cameBack(_ person: PersonName, since: Timestamp) -> Refusal {
        Refusal(
            .staleDigest,
            "\(person) signed it before \(since), when the slot or what was signed for it changed; it is what it was again, and must be "
                + "signed again")
    }
    static func otherEpoch(_ person: PersonName, _ begun: Timestamp) -> Refusal {
        Refusal(
            .staleDigest,
            "\(person) signed it before \(begun), when the gateway's history began (anew, or after its state was lost): it must be signed again"
        )
    }
    static func alreadyUsed(isImplementing: Bool) -> Refusal {
        Refusal(
            .alreadyUsed, isImplementing ? "came after the push had begun" : "came after it had been decided")
    }
    static func decided(_ person: PersonName, isCancelled: Bool, _ commit: ObjectID) -> Refusal {
        Refusal(.alreadyUsed, "came after \(person) had \(isCancelled ? "cancelled" : "rejected") it (\(commit.short))")
    }
}

/// People and levels.
extension Words {
    static func unknownLevel(_ level: String, among levels: [String]) -> Refusal {
        let hint = nearest(to: level, among: levels).map { "; did you mean \($0)?" } ?? ""
        return Refusal(
            .unknownLevel, "the policy has no level `\(Shown.text(level))`; it has \(listed(levels))\(hint)")
    }
    static func noEmergency() -> Refusal {
        Refusal(.unknownLevel, "signed as an emergency, which does not count among the policy's levels")
    }
    static func noReason() -> Refusal {
        malformed("an emergency without a reason; sign it with one: countersign approve --emergency -m REASON")
    }
    static func ownReview(_ person: PersonName) -> Refusal {
        Refusal(.samePersonTwice, "\(person) signed this emergency, and somebody else must review it")
    }
    static func nothingToReview() -> Refusal {
        Refusal(.unknownLevel, "a review, and there was no emergency to review")
    }
    static func robot(_ person: PersonName) -> Refusal {
        Refusal(.notInGroup, "\(person) is a robot: it may ask and never decides")
    }
    static func outsider(_ person: PersonName, _ decision: ApprovalRecord.Decision) -> Refusal {
        let lack =
            decision == .cancel || decision == .halt
            ? "neither asked for this nor may approve it at any level" : "may not approve this at any level"
        return Refusal(.notInGroup, "\(person) \(lack), and so cannot \(decision.rawValue) it")
    }
    static func notInGroup(_ person: PersonName, _ level: ApprovalPolicySpec.Level) -> Refusal {
        Refusal(
            .notInGroup, "\(person) is not among \(listed(level.approvers.map(\.description))), who sign \(level.name)")
    }
    static func selfApproval(_ person: PersonName, _ reason: Requesters.Reason) -> Refusal {
        Refusal(
            .selfApproval,
            "\(person) signed the commit that changed \(Shown.text(reason.what)) (\(reason.commit.short))")
    }
    static func onlyRequesters(_ person: PersonName) -> Refusal {
        Refusal(.selfApproval, "\(person) asked for this too, and somebody must sign who did not")
    }
    static func samePersonTwice(_ person: PersonName, _ level: String, _ commit: ObjectID) -> Refusal {
        Refusal(.samePersonTwice, "\(person) has signed \(level) already (\(commit.short))")
    }
    static func tooMany(_ person: PersonName) -> Refusal {
        Refusal(
            .samePersonTwice, "\(person) has signed more than \(Judge.mostRecordsOfOnePerson) records on this already")
    }
    static func tooEarly(_ person: PersonName, _ level: String, missing: String, at time: Timestamp) -> Refusal {
        Refusal(.tooEarly, "\(person) signed \(level) when \(missing) was not complete (first seen \(time))")
    }

    private static func listed(_ words: [String]) -> String {
        words.isEmpty
            ? "none"
            : words.count == 1 ? words[0] : words.dropLast().joined(separator: ", ") + " and " + words[words.count - 1]
    }
}

/// Time.
extension Words {
    static func expired(_ person: PersonName, at time: Timestamp) -> Refusal {
        Refusal(.approvalExpired, "\(person)'s signature expired \(time)")
    }
    static func windowOver(_ person: PersonName, _ level: String) -> Refusal {
        Refusal(.approvalExpired, "the time for which \(person) signed \(level) is over")
    }
    static func revoked(_ person: PersonName, by commit: ObjectID) -> Refusal {
        Refusal(.revoked, "\(person) took it back (\(commit.short))")
    }
    static func widened(_ person: PersonName, _ window: Window, _ approved: Window) -> Refusal {
        Refusal(
            .scheduleWidened,
            "\(person) signed for \(window.start) to \(window.end), and approved is \(approved.start) to \(approved.end)"
        )
    }
    static func outsideApproved(_ person: PersonName, _ approved: Window) -> Refusal {
        Refusal(
            .scheduleWidened,
            "\(person) signed to push at once, and approved is only \(approved.start) to \(approved.end)")
    }
    static func windowsDoNotMeet(_ person: PersonName, _ window: Window, _ other: Window) -> Refusal {
        Refusal(
            .scheduleWidened,
            "\(person) signed for \(window.start) to \(window.end), which never meets \(other.start) to \(other.end)")
    }
}
