// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Vocabulary

/// When a new certificate counts as served: `handshakes` fresh ones in a row present it *and* no other answer came for
/// `quiet`. Counting alone is not enough: nginx lets old and new workers accept side by side for about 100 ms, and 31
/// new answers in a row have been followed by an old one (measured).
package struct SettleRule: Hashable, Sendable {
    package var handshakes: Int
    package var quiet: Duration
    /// From the beginning; by then it is settled or it is not.
    package var deadline: Duration

    package init(handshakes: Int = 5, quiet: Duration = .milliseconds(250), deadline: Duration = .seconds(30)) {
        self.handshakes = max(1, handshakes)
        self.quiet = max(.zero, quiet)
        self.deadline = deadline
    }

    /// Half of what the reload took, if that is longer: with 1,000 certificates nginx served the old one for 1.2 s, and
    /// its reload took 9.
    package func adjusted(toReload took: Duration) -> Self {
        Self(handshakes: handshakes, quiet: max(quiet, took / 2), deadline: deadline)
    }

    /// From one handshake's end to the next one's beginning: fifty looks into a quiet time, no storm.
    package var pause: Duration { max(.milliseconds(1), quiet / 50) }
}

/// What one fresh handshake showed.
package enum SettleAnswer: Hashable, Sendable {
    case expected
    case other(Fingerprint)
    case failed(HandshakeFailure)
}

/// One address on its way to serving the new certificate. Times are counted from one beginning, in the caller's clock:
/// this one has none.
package struct SettleState: Hashable, Sendable {
    package enum Verdict: Hashable, Sendable { case undecided, settled, deadlinePassed }

    package let rule: SettleRule
    package private(set) var verdict = Verdict.undecided
    /// Expected answers since the last other one.
    package private(set) var inARow = 0
    package private(set) var answers = 0
    package private(set) var matched = 0
    /// The last answer that was not the expected one, and when it ended.
    package private(set) var lastOther: (answer: SettleAnswer, at: Duration)?
    package private(set) var others: [Fingerprint: Int] = [:]
    package private(set) var failures: [HandshakeFailure.Code: Int] = [:]

    package init(rule: SettleRule) { self.rule = rule }

    /// Takes one answer. An expected one counts from when its handshake began, another one until it had ended: what
    /// lies between is not known to be quiet. Without another answer the quiet time counts from the beginning.
    package mutating func feed(_ answer: SettleAnswer, begun: Duration, ended: Duration) -> Verdict {
        guard verdict == .undecided else { return verdict }
        answers += 1
        switch answer {
        case .expected:
            inARow += 1
            matched += 1
        case .other(let leaf):
            others[leaf, default: 0] += 1
            (inARow, lastOther) = (0, (answer, ended))
        case .failed(let failure):
            failures[failure.code, default: 0] += 1
            inARow = 0
            // Our own deadline says nothing about the server: what it answered last stays what is said of it.
            if failure.code != .notReached || lastOther == nil { lastOther = (answer, ended) }
        }
        if inARow >= rule.handshakes, begun - (lastOther?.at ?? .zero) >= rule.quiet {
            verdict = .settled
            return verdict
        }
        return look(at: ended)
    }

    /// The verdict at this time, without an answer.
    package mutating func look(at time: Duration) -> Verdict {
        if verdict == .undecided, time >= rule.deadline { verdict = .deadlinePassed }
        return verdict
    }

    package static func == (left: Self, right: Self) -> Bool {
        left.rule == right.rule && left.verdict == right.verdict && left.inARow == right.inARow
            && left.answers == right.answers && left.matched == right.matched && left.others == right.others
            && left.failures == right.failures && left.lastOther?.answer == right.lastOther?.answer
            && left.lastOther?.at == right.lastOther?.at
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(verdict)
        hasher.combine(answers)
        hasher.combine(inARow)
    }
}

/// How one address came to serve what was expected, or did not.
package struct AddressSettling: Hashable, Sendable {
    package var address: IPAddress
    package var state: SettleState
    package var isSettled: Bool { state.verdict == .settled }
}

/// How a target came to serve what was expected, on every address.
package struct SettleResult: Hashable, Sendable {
    package var target: ProbeTarget
    package var expected: Fingerprint
    /// In ascending order. Empty only if `unresolved` says why.
    package var addresses: [AddressSettling]
    package var unresolved: HandshakeFailure?

    package var isSettled: Bool { unresolved == nil && !addresses.isEmpty && addresses.allSatisfy(\.isSettled) }
}
