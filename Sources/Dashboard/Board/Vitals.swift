// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Operations
internal import Planning
internal import Vocabulary

/// What the service is doing, and how its last passes went.
struct Vitals: Sendable {
    struct Hand: Sendable {
        var id: PassID
        var began: Timestamp
        var phase: PassReport.Phase?
        /// When that phase began.
        var since: Timestamp
    }
    struct Ended: Sendable {
        var id: PassID
        var at: Timestamp
        var took: Duration
        var problems: [UserError]
        /// It could not be made at all.
        var isFailed: Bool
    }
    let began: Timestamp
    var interval: Seconds
    let program: String
    /// The pass in hand.
    var hand: Hand?
    var last: Ended?
    /// The last one that was made, whatever was wrong within.
    var lastWhole: Timestamp?
    var nextDue: Timestamp?
    var isStopping = false
    /// As of the last delivery.
    var channels: [ChannelStanding] = []
    var alerts: [Alert] = []
    var snapshotProblem: UserError?

    init(began: Timestamp, interval: Seconds, program: String) {
        (self.began, self.interval, self.program) = (began, interval, program)
    }

    mutating func note(_ event: ServiceEvent, at now: Timestamp) {
        switch event {
        case .began, .stopped: hand = nil
        case .listening, .reloaded(.failure): break
        case .reloaded(.success(let interval)): self.interval = Seconds(interval.components.seconds)
        case .delivered(_, let channels): self.channels = channels
        case .passing(let id): hand = Hand(id: id, began: now, phase: nil, since: now)
        case .phase(_, let phase):
            hand?.phase = phase
            hand?.since = now
        case .stopping: isStopping = true
        case .passed(let id, let report, let took, _):
            last = Ended(id: id, at: now, took: took, problems: report.problems, isFailed: false)
            (hand, lastWhole, nextDue) = (nil, now, report.nextDue)
            alerts = report.alerts?.standing ?? []
        case .failed(let id, let error, let took, _):
            (last, hand) = (Ended(id: id, at: now, took: took, problems: [error], isFailed: true), nil)
        }
    }
}
