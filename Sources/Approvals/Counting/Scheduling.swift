// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Vocabulary

/// When those who count allow the push (8-engine.md, "Window"): the last level decides, inside what the lower ones approved.
struct Scheduling {
    enum Outcome {
        /// The window, where every level is full.
        case fits(Window?)
        /// A vote that would widen what was approved, or whose time never meets another's.
        case unfit(Int, Refusal)
    }

    let votes: [Vote]
    let rules: Rules

    /// - Parameters:
    ///   - given: votes with a seat, for each level, in order. As many as are needed decide; further ones stand in reserve.
    ///   - lenient: the question is when it *might have been* pushed, so that nothing is unfit.
    func window(of given: [[Int]], lenient: Bool) -> Outcome {
        var approved: Window?  // nil: any time
        for level in 0..<rules.last {
            for index in given[level].prefix(rules.levels[level].needed) {
                guard let own = rules.ownWindow(of: votes[index]) else { continue }
                guard let both = meet(approved, own) else {
                    if lenient { continue }
                    return .unfit(index, Words.windowsDoNotMeet(votes[index].person, own, approved ?? own))
                }
                approved = both
            }
        }
        let (seats, needed) = (given[rules.last], rules.levels[rules.last].needed)
        if !lenient {
            for (place, index) in seats.enumerated() {
                if let refusal = widening(index, approved, attends: place >= needed) { return .unfit(index, refusal) }
            }
        }
        return decide(seats.prefix(needed), approved, isFull: isFull(given), lenient: lenient)
    }

    private func isFull(_ given: [[Int]]) -> Bool { zip(given, rules.levels).allSatisfy { $0.count >= $1.needed } }

    /// A last-level vote on its own against what the lower levels approved.
    ///
    /// A manual one names no end, so that it narrows with the approved time; only where the two never meet it would widen it.
    private func widening(_ index: Int, _ approved: Window?, attends: Bool) -> Refusal? {
        guard let approved else { return nil }
        let vote = votes[index]
        if let own = rules.ownWindow(of: vote) {
            return own.isInside(approved) ? nil : Words.widened(vote.person, own, approved)
        }
        let end = attends ? vote.at + rules.attendedFor : .distantFuture
        let attended = Window(start: vote.at, end: end)
        return attended.intersection(approved) == nil ? Words.outsideApproved(vote.person, approved) : nil
    }

    private func decide(_ quorum: ArraySlice<Int>, _ approved: Window?, isFull: Bool, lenient: Bool) -> Outcome {
        guard let newest = quorum.last else {
            // Nobody names a time: any that the lower levels approved, while the standing approval lasts.
            guard isFull, let until = rules.lastStandsUntil else { return .fits(nil) }
            return .fits(meet(approved, Window(start: Timestamp(secondsSince1970: 0), end: until)))
        }
        var (decided, first): (Window?, Window?) = (nil, approved)
        var isManual = false
        func take(_ own: Window) -> Bool {
            if first.map({ own.end < $0.end }) ?? true { first = own }
            guard let both = meet(decided, own) else { return false }
            decided = both
            return true
        }
        for index in quorum {
            guard let own = rules.ownWindow(of: votes[index]) else {
                isManual = true
                continue
            }
            guard take(own) || lenient else {
                return .unfit(index, Words.windowsDoNotMeet(votes[index].person, own, decided ?? own))
            }
        }
        guard isFull else { return .fits(nil) }
        let complete = votes[newest].at
        if isManual {
            let attended = Window(start: complete, end: complete + rules.attendedFor)
            guard take(attended) || lenient else {
                return .unfit(newest, Words.windowsDoNotMeet(votes[newest].person, attended, decided ?? attended))
            }
        }
        guard let both = decided.flatMap({ meet(approved, $0) }) else {
            // Only something long past does not meet: the time that ended first says since when it is missed.
            return lenient
                ? .fits(first)
                : .unfit(
                    newest,
                    Words.outsideApproved(votes[newest].person, approved ?? Window(start: complete, end: complete)))
        }
        return .fits(lenient ? [both, first].compactMap(\.self).min { $0.end < $1.end } : both)
    }

    /// nil: they do not meet. No window yet is any time.
    private func meet(_ left: Window?, _ right: Window) -> Window? { left.map { $0.intersection(right) } ?? right }
}

extension Timestamp {
    /// 9999-12-31T23:59:59Z: what RFC 3339 can still say.
    fileprivate static let distantFuture = Timestamp(secondsSince1970: 253_402_300_799)
}
