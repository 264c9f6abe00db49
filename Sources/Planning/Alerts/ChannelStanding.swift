// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Vocabulary

/// How a channel fares: what waits to be told over it, and since when that does not succeed.
package struct ChannelStanding: Hashable, Sendable {
    package var channel: ChannelName
    /// Notices that wait.
    package var waiting: Int
    package var deliveredAt: Timestamp?
    package var failure: Failure?

    package struct Failure: Hashable, Sendable {
        package var since: Timestamp
        /// What went wrong last, in words of ours.
        package var problem: String
        package var attempts: Int
        package var nextTry: Timestamp
        package init(since: Timestamp, problem: String, attempts: Int, nextTry: Timestamp) {
            (self.since, self.problem, self.attempts, self.nextTry) = (since, problem, attempts, nextTry)
        }
    }

    package init(channel: ChannelName, waiting: Int = 0, deliveredAt: Timestamp? = nil, failure: Failure? = nil) {
        (self.channel, self.waiting, self.deliveredAt, self.failure) = (channel, waiting, deliveredAt, failure)
    }

    /// For those who look elsewhere; nil: it does as it should.
    package var failing: String? {
        failure.map {
            "channel \(channel) has failed since \($0.since): \($0.problem); \(waiting) \(waiting == 1 ? "alert waits" : "alerts wait") (countersign alerts)"
        }
    }

    /// How long after so many failures in a row it is tried again: half a minute, then twice as long each time, an hour at most; a
    /// tenth of it more or less by `seed`, so that many gateways do not come back at once.
    package static func pause(after failures: Int, seed: UInt8) -> Seconds {
        let base = Int64(30) << Int64(min(max(failures, 1) - 1, 7))
        let whole = min(base, 3_600)
        return Seconds(whole + whole * (Int64(seed) - 128) / 1_280)
    }
}

/// What is on its way over one channel. Sent again it is the same, so that whoever gets it twice can tell.
package struct Dispatch: Hashable, Sendable {
    package var channel: ChannelName
    /// Who alone gets it, over a channel for approvers.
    package var recipient: PersonName?
    /// 32 hex digits.
    package var id: String
    /// The most urgent first; of many, the first `most`.
    package var notices: [AlertNotice]
    /// Of how many.
    package var count: Int
    /// Failures in a row so far.
    package var failures: Int

    package static let most = 100

    package init(
        channel: ChannelName, recipient: PersonName?, id: String, notices: [AlertNotice], count: Int, failures: Int
    ) {
        (self.channel, self.recipient, self.id) = (channel, recipient, id)
        (self.notices, self.count, self.failures) = (notices, count, failures)
    }
}
