// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Vocabulary

/// Who counts at one instant: a function of the votes that are alive then.
struct Tally {
    enum Standing: Equatable {
        case incomplete
        case complete(Window)
        /// All levels are full, and the time in which it might have been pushed is over.
        case missed(Window)

        var window: Window? {
            switch self {
            case .incomplete: nil
            case .complete(let window), .missed(let window): window
            }
        }
    }

    /// Indices of the votes that count, for each level, in order.
    var given: [[Int]]
    /// Why others do not count now; they may later, when one that counts goes.
    var waiting: [Int: Refusal]
    var standing = Standing.incomplete

    /// How many levels are full, from the bottom without a gap.
    func fullLevels(_ rules: Rules) -> Int {
        zip(given, rules.levels).prefix { $0.count >= $1.needed }.count
    }

    /// - Parameters:
    ///   - votes: in the order of `Vote.precedes`. Those with a refusal are passed over.
    ///   - count: how many of them have been seen by then.
    static func take(_ votes: [Vote], first count: Int, rules: Rules, at time: Timestamp) -> Tally {
        let alive = (0..<count).filter { votes[$0].refusal == nil }
        let scheduling = Scheduling(votes: votes, rules: rules)
        // What is past its window counts no longer: a later signature takes its place, the same person's too.
        var over: Set<Int> = Set(alive.filter { rules.isOver(votes[$0], at: time) })
        while true {
            let tally = seated(alive, over: over, scheduling: scheduling, lenient: false)
            guard let window = tally.standing.window, window.end <= time else {
                guard tally.standing == .incomplete, !over.isEmpty else { return tally }
                // …but where nobody has signed anew, what was complete is missed, and not a decision that was never made.
                let lenient = seated(alive, over: replaced(over, votes, alive), scheduling: scheduling, lenient: true)
                guard let window = lenient.standing.window, window.end <= time else { return tally }
                var missed = lenient
                missed.standing = .missed(window)
                return missed
            }
            // Manual votes get their time together, when the last of them came.
            let quorum = tally.given[rules.last].prefix(rules.levels[rules.last].needed)
            let attended = quorum.filter { rules.ownWindow(of: votes[$0]) == nil }
            over.formUnion(attended.isEmpty ? Array(quorum) : attended)
        }
    }

    /// Those past their window whose signer has signed anew at the same level.
    private static func replaced(_ over: Set<Int>, _ votes: [Vote], _ alive: [Int]) -> Set<Int> {
        var newest: [Seat: Int] = [:]
        for index in alive { newest[Seat(person: votes[index].person, level: votes[index].level)] = index }
        return over.filter { newest[Seat(person: votes[$0].person, level: votes[$0].level)] != $0 }
    }

    private struct Seat: Hashable {
        var person: PersonName
        var level: Int
    }

    /// Gives seats to people, takes out what does not fit into the approved time, and begins again until all that is left fits:
    /// taking one out can let another of its person in. Each round takes out at least one.
    private static func seated(_ alive: [Int], over: Set<Int>, scheduling: Scheduling, lenient: Bool) -> Tally {
        let (votes, rules) = (scheduling.votes, scheduling.rules)
        var out: [Int: Refusal] = [:]
        for index in over {
            out[index] = Words.windowOver(votes[index].person, rules.levels[votes[index].level].name)
        }
        while true {
            var tally = Tally(given: Array(repeating: [], count: rules.levels.count), waiting: out)
            var seats: [PersonName: [(level: Int, index: Int)]] = [:]
            for index in alive where out[index] == nil {
                let vote = votes[index]
                if let other = seats[vote.person]?.first(where: { $0.level == vote.level || rules.distinctAcrossLevels }
                ) {
                    tally.waiting[index] = Words.samePersonTwice(
                        vote.person, rules.levels[other.level].name, votes[other.index].commit)
                } else if vote.isRequester,
                    tally.given[vote.level].filter({ votes[$0].isRequester }).count >= rules.mostRequesters
                {
                    tally.waiting[index] = Words.onlyRequesters(vote.person)
                } else {
                    seats[vote.person, default: []].append((vote.level, index))
                    tally.given[vote.level].append(index)
                }
            }
            switch scheduling.window(of: tally.given, lenient: lenient) {
            case .unfit(let index, let refusal): out[index] = refusal
            case .fits(let window):
                if let window { tally.standing = .complete(window) }
                return tally
            }
        }
    }
}
