// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
internal import Vocabulary

/// Takes the records on one case, each by what it says; then counts.
struct Ballot {
    let `case`: ApprovalCase
    let judge: Judge
    let rules: Rules
    /// The last instant at which a record could still count.
    private let end: Timestamp
    private let isDecided: Bool
    private var votes: [Vote] = []
    private var revocations: [Revocation] = []
    private var tombstones: [Closing] = []
    private var words: [(word: Judgement.Word, committed: Timestamp)] = []
    private var refused: [Refused] = []

    private struct Revocation {
        var people: Set<PersonName>
        var at: Timestamp
        var commit: ObjectID
        var committed: Timestamp
    }
    private struct Closing {
        var person: PersonName
        var at: Timestamp
        var record: SeenRecord
        var isCancelled: Bool
    }
    private struct Refused {
        var at: Timestamp
        var commit: ObjectID
        var refusal: Refusal
    }

    init(of case: ApprovalCase, judge: Judge) {
        (self.case, self.judge) = (`case`, judge)
        rules = Rules(of: `case`)
        let decided = [`case`.implementingSince, `case`.endedAt].compactMap(\.self).min()
        isDecided = decided != nil
        end = min(judge.now, decided ?? judge.now)
    }

    mutating func take(_ record: SeenRecord) {
        let at = record.firstSeen ?? judge.now
        if record.signed.record.decision == .revoke {
            switch judge.revokers(of: record) {
            case .failure(let refusal): refuse(record, refusal)
            case .success(let people):
                if let robot = people.first(where: judge.electorate.isRobot) {
                    return refuse(record, Words.robot(robot))
                }
                if let refusal = unfit(record, at) { return refuse(record, refusal) }
                let signed = record.signed
                revocations.append(
                    Revocation(people: people, at: at, commit: signed.commit, committed: signed.record.committed))
            }
            return
        }
        switch judge.standing(of: record) {
        case .failure(let refusal): refuse(record, refusal)
        case .success(let person):
            if let refusal = unfit(record, at) ?? take(record, of: person, at) { refuse(record, refusal) }
        }
    }

    private mutating func refuse(_ record: SeenRecord, _ refusal: Refusal) {
        refused.append(Refused(at: record.firstSeen ?? judge.now, commit: record.signed.commit, refusal: refusal))
    }

    /// What holds for every decision.
    private func unfit(_ record: SeenRecord, _ at: Timestamp) -> Refusal? {
        if isDecided, at > end { return Words.alreadyUsed(isImplementing: `case`.endedAt == nil) }
        let said = record.signed.record
        // A revoke takes back whatever its signer gave, at whichever level it says.
        if `case`.isEmergency, said.decision == .revoke { return nil }
        guard level(said.level) != nil else { return Words.unknownLevel(said.level, among: rules.levels.map(\.name)) }
        // Neither an emergency nor its review is an ordinary approval, whoever signs it.
        if `case`.isEmergency { return said.comment.isEmpty ? Words.noReason() : nil }
        if said.emergency { return Words.noEmergency() }
        return said.decision == .review ? Words.nothingToReview() : nil
    }

    private func level(_ name: String) -> Int? { rules.levels.firstIndex { $0.name.utf8.elementsEqual(name.utf8) } }

    private mutating func take(_ record: SeenRecord, of person: PersonName, _ at: Timestamp) -> Refusal? {
        let said = record.signed.record
        guard !judge.electorate.isRobot(person) else { return Words.robot(person) }
        if said.decision == .approve { return vote(record, of: person, at) }
        let mayApprove = `case`.levels.contains { judge.electorate.isAmong($0.approvers, person) }
        let isRequester = `case`.requesters.people[person] != nil
        if said.decision == .halt || said.decision == .resume {
            return say(record, of: person, at, mayHalt: mayApprove || isRequester)
        }
        let isCancelled = said.decision == .cancel
        guard mayApprove || isCancelled && isRequester else { return Words.outsider(person, said.decision) }
        tombstones.append(Closing(person: person, at: at, record: record, isCancelled: isCancelled))
        return nil
    }

    /// Whoever may take it back may halt it. Going on in spite of what went wrong is for those who decide on the time.
    private mutating func say(
        _ record: SeenRecord, of person: PersonName, _ at: Timestamp, mayHalt: Bool
    ) -> Refusal? {
        let said = record.signed.record
        if said.decision == .halt {
            guard mayHalt else { return Words.outsider(person, .halt) }
        } else if let last = `case`.levels.last {
            guard judge.electorate.isAmong(last.approvers, person) else { return Words.notInGroup(person, last) }
            if !`case`.separation.requesterMayApprove, let reason = `case`.requesters.people[person] {
                return Words.selfApproval(person, reason)
            }
        }
        let word = Judgement.Word(
            isHalt: said.decision == .halt, person: person, commit: record.signed.commit, record: record.signed.key,
            comment: said.comment, at: at)
        words.append((word, said.committed))
        return nil
    }

    private mutating func vote(_ record: SeenRecord, of person: PersonName, _ at: Timestamp) -> Refusal? {
        let said = record.signed.record
        guard let index = level(said.level) else { return Words.unknownLevel(said.level, among: []) }
        guard judge.electorate.isAmong(`case`.levels[index].approvers, person) else {
            return Words.notInGroup(person, `case`.levels[index])
        }
        // What is not in its digest may have happened in between: an old approval does not come back to life.
        if let since = `case`.signaturesSince, at < since { return Words.cameBack(person, since: since) }
        if let begun = `case`.begunAt, min(at, said.committed) < begun { return Words.otherEpoch(person, begun) }
        let reason = `case`.separation.requesterMayApprove ? nil : `case`.requesters.people[person]
        if let reason, rules.mostRequesters == 0 { return Words.selfApproval(person, reason) }
        votes.append(
            Vote(
                seen: record, person: person, level: index, at: at,
                expires: min(at, said.committed) + `case`.expiresAfter, isRequester: reason != nil))
        return nil
    }
}

extension Ballot {
    mutating func judgement() -> Judgement {
        let tombstone = close()
        limitEach()
        for index in votes.indices { votes[index].takenBack = takenBack(votes[index]) }
        var course = Course(votes, rules: rules)
        course.run(until: end)
        for (index, vote) in course.votes.enumerated() {
            guard let refusal = vote.refusal ?? course.tally.waiting[index] else { continue }
            refused.append(Refused(at: vote.at, commit: vote.commit, refusal: refusal))
        }
        let given = course.tally.given.map { $0.map { course.votes[$0] } }
        let seats = Seats(of: self, given: given)
        let isComplete = course.tally.standing != .incomplete
        var window = course.tally.standing.window
        // What stands for the last level has stood for longer than anybody asked for this.
        if rules.lastStandsUntil != nil, let open = window, let since = course.completeAt {
            window = Window(start: max(open.start, min(since, open.end)), end: open.end)
        }
        var judgement = Judgement(
            levels: rules.levels.indices.map { level in
                Judgement.LevelStanding(
                    name: rules.levels[level].name, needed: max(rules.levels[level].needed, `case`.levels[level].count),
                    approvers: `case`.levels[level].approvers, given: given[level].map(self.given),
                    candidates: seats.candidates(at: level), standing: `case`.standing[rules.levels[level].name])
            },
            refused: refused.sorted { ($0.at, $0.commit) < ($1.at, $1.commit) }.map {
                Judgement.RefusedRecord(commit: $0.commit, refusal: $0.refusal)
            },
            tombstone: tombstone, completeAt: course.completeAt, window: window,
            allExpired: given.allSatisfy(\.isEmpty)
                && course.votes.contains { $0.refusal?.code == .approvalExpired },
            unsatisfiable: isComplete ? nil : seats.unsatisfiable())
        // Of two seen in one second the later written, of one second the halt.
        judgement.word =
            words.max {
                ($0.word.at, $0.committed, $0.word.isHalt ? 1 : 0, $0.word.commit)
                    < ($1.word.at, $1.committed, $1.word.isHalt ? 1 : 0, $1.word.commit)
            }?.word
        return judgement
    }

    private func given(_ vote: Vote) -> Judgement.Given {
        let signed = vote.seen.signed
        return Judgement.Given(
            person: vote.person,
            key: judge.electorate.inForce[signed.signingKey]?.fingerprint ?? SigningKey.shown(signed.signingKey),
            commit: signed.commit, record: signed.key, firstSeen: vote.seen.firstSeen, comment: signed.record.comment,
            implementation: signed.record.implementation, acknowledgements: signed.record.acknowledgements,
            emergency: signed.record.emergency)
    }

    /// The first reject or cancel decides; of one pass the cancel. What came later is `AlreadyUsed`.
    private mutating func close() -> Judgement.Tombstone? {
        func isEarlier(_ left: Closing, _ right: Closing) -> Bool {
            (left.at, left.isCancelled ? 0 : 1, left.record.signed.commit)
                < (right.at, right.isCancelled ? 0 : 1, right.record.signed.commit)
        }
        guard let first = tombstones.min(by: isEarlier) else { return nil }
        let commit = first.record.signed.commit
        let refusal = Words.decided(first.person, isCancelled: first.isCancelled, commit)
        for later in tombstones where later.at > first.at { refuse(later.record, refusal) }
        // What no pass has seen yet comes after what one has, also within the second.
        func isLate(_ vote: Vote) -> Bool {
            vote.at > first.at || vote.seen.firstSeen == nil && first.record.firstSeen != nil
        }
        for vote in votes where isLate(vote) { refuse(vote.seen, refusal) }
        for later in revocations where later.at > first.at {
            refused.append(Refused(at: later.at, commit: later.commit, refusal: refusal))
        }
        for later in words where later.word.at > first.at {
            refused.append(Refused(at: later.word.at, commit: later.word.commit, refusal: refusal))
        }
        words.removeAll { $0.word.at > first.at }
        votes.removeAll(where: isLate)
        revocations.removeAll { $0.at > first.at }
        let comment = first.record.signed.record.comment
        return first.isCancelled
            ? .cancelled(by: first.person, commit: commit, comment: comment)
            : .rejected(by: first.person, commit: commit, comment: comment)
    }

    private mutating func limitEach() {
        guard votes.count > Judge.mostRecordsOfOnePerson else { return }
        var (counts, kept): ([PersonName: Int], [Vote]) = ([:], [])
        for vote in votes.sorted(by: Vote.precedes) {
            counts[vote.person, default: 0] += 1
            if counts[vote.person, default: 0] <= Judge.mostRecordsOfOnePerson {
                kept.append(vote)
            } else {
                refuse(vote.seen, Words.tooMany(vote.person))
            }
        }
        votes = kept
    }

    /// One's own *earlier* approvals: by when we saw both, and by the dates in them, whichever takes back more. A date can be set
    /// back but only to one's own loss; an approval that was held back until after its revoke is taken back all the same.
    private func takenBack(_ vote: Vote) -> Vote.TakenBack? {
        let committed = vote.record.committed
        return revocations.filter { revocation in
            guard revocation.people.contains(vote.person) else { return false }
            if vote.at == revocation.at { return committed <= revocation.committed }
            return vote.at < revocation.at || committed < revocation.committed
        }
        .map { Vote.TakenBack(at: max(vote.at, $0.at), by: $0.commit) }
        .min { ($0.at, $0.by) < ($1.at, $1.by) }
    }
}

extension Rules {
    init(of case: ApprovalCase) {
        var levels = `case`.levels.map { Level(name: $0.name, needed: max(1, $0.count)) }
        // Of a policy change, before the one more: whoever is unknown may be the only one left of those who sign.
        let mostWhoAsked = (levels.first?.needed ?? 1) - 1
        if `case`.requesters.unknown != nil, `case`.separation.unknownRequester == .extraApprover, !levels.isEmpty {
            levels[0].needed += 1
        }
        for index in levels.indices where `case`.standing[levels[index].name] != nil { levels[index].needed = 0 }
        let isPolicyChange = if case .policyChange = `case`.subject { true } else { false }
        let mostRequesters =
            `case`.separation.requesterMayApprove
            ? Int.max : isPolicyChange ? mostWhoAsked : 0
        self.init(
            levels: levels, distinctAcrossLevels: `case`.separation.distinctAcrossLevels,
            attendedFor: `case`.attendedFor, mostRequesters: mostRequesters,
            lastStandsUntil: levels.last?.needed == 0 ? `case`.standsUntil : nil)
    }
}
