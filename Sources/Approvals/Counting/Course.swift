// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Vocabulary

/// How the votes on one case came in, expired and were taken back, from the first to an instant.
///
/// It has to be walked in time: a record of a higher level counts only if the levels below were complete *when it was first seen*, and
/// expiry stops where all is complete. Between records nothing happens but that windows end.
struct Course {
    private(set) var votes: [Vote]
    private let rules: Rules
    /// How many votes have been seen by now.
    private var count = 0
    private(set) var tally: Tally
    private(set) var completeAt: Timestamp?

    init(_ votes: [Vote], rules: Rules) {
        self.votes = votes.sorted(by: Vote.precedes)
        self.rules = rules
        tally = Tally(given: Array(repeating: [], count: rules.levels.count), waiting: [:])
    }

    mutating func run(until end: Timestamp) {
        guard !rules.levels.isEmpty else { return }
        let times = Set(votes.map(\.at) + votes.compactMap { $0.takenBack?.at } + [end])
        for time in times.filter({ $0 <= end }).sorted() { step(to: time) }
    }

    private mutating func step(to time: Timestamp) {
        passWindows(until: time)
        let isAnybodyNew = count < votes.count && votes[count].at <= time
        let missed = if case .missed = tally.standing { tally.given[rules.last] } else { [Int]() }
        if takeBack(until: time), tally.standing != .incomplete { take(at: time) }
        let isSuspended =
            switch tally.standing {
            case .complete: true
            case .missed: !isAnybodyNew
            case .incomplete: false
            }
        if !isSuspended {
            for index in 0..<count where votes[index].refusal == nil && votes[index].expires <= time { expire(index) }
            take(at: time)
            if !missed.isEmpty, tally.fullLevels(rules) < rules.last { drop(missed, at: time) }
        }
        while count < votes.count, votes[count].at <= time { admit(at: time) }
        take(at: time)
    }

    /// Where the window of what was complete has ended, somebody's later one may stand in reserve.
    private mutating func passWindows(until time: Timestamp) {
        while case .complete(let window) = tally.standing, window.end <= time { take(at: window.end) }
    }

    private mutating func takeBack(until time: Timestamp) -> Bool {
        var isAny = false
        for index in 0..<count where votes[index].refusal == nil {
            guard let takenBack = votes[index].takenBack, takenBack.at <= time else { continue }
            votes[index].refusal = Words.revoked(votes[index].person, by: takenBack.by)
            isAny = true
        }
        return isAny
    }

    private mutating func admit(at time: Timestamp) {
        let (index, vote) = (count, votes[count])
        if let takenBack = vote.takenBack, takenBack.at <= time {
            votes[index].refusal = Words.revoked(vote.person, by: takenBack.by)
        } else if vote.expires <= time {
            expire(index)
        } else if vote.level > 0 {
            let below = Tally.take(votes, first: count, rules: rules, at: time).fullLevels(rules)
            if below < vote.level {
                votes[index].refusal = Words.tooEarly(
                    vote.person, rules.levels[vote.level].name, missing: rules.levels[below].name, at: time)
            }
        }
        count += 1
    }

    private mutating func expire(_ index: Int) {
        votes[index].refusal = Words.expired(votes[index].person, at: votes[index].expires)
    }

    /// Below what was missed nothing stands any more: whoever signs now begins anew (8-engine.md, row 27).
    private mutating func drop(_ missed: [Int], at time: Timestamp) {
        for index in missed where votes[index].refusal == nil {
            guard rules.ownWindow(of: votes[index]).map({ $0.end <= time }) ?? true else { continue }
            votes[index].refusal = Words.windowOver(votes[index].person, rules.levels[rules.last].name)
        }
        take(at: time)
    }

    private mutating func take(at time: Timestamp) {
        let before = tally.standing
        tally = Tally.take(votes, first: count, rules: rules, at: time)
        switch (before, tally.standing) {
        case (_, .incomplete): completeAt = nil
        case (.incomplete, _), (.missed, .complete): completeAt = time
        default: break
        }
    }
}
