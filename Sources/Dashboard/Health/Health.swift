// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Operations
internal import Planning
internal import Rendering
internal import Vocabulary

/// Whether the service does what it is there for. Live: it still turns. Ready: what it shows and does is of now.
struct Health: Sendable {
    /// Why it is not; empty: it is.
    var dead: [String] = []
    var unready: [String] = []
    /// What people should know, and what makes it neither.
    var remarks: [String] = []

    init(_ vitals: Vitals, hasPicture: Bool, now: Timestamp) {
        // A pass comes at its interval or a tenth later; then it may fetch, look and push for a while.
        let patience = Seconds(max(300, 3 * vitals.interval.count))
        if let hand = vitals.hand {
            if hand.since + Self.longestPhase < now {
                let phase = hand.phase.map(PassText.words) ?? "beginning"
                dead.append("pass \(hand.id.number) has been \(phase) for \(TimeWords.span(now - hand.since))")
            }
        } else if (vitals.last?.at ?? vitals.began) + patience < now {
            dead.append("no pass has begun for \(TimeWords.span(now - (vitals.last?.at ?? vitals.began)))")
        }
        unready = dead
        remarks = vitals.channels.compactMap(\.failing)
        if vitals.isStopping { unready.append("it was told to stop") }
        guard let last = vitals.last, hasPicture else {
            unready.append(vitals.last == nil ? "no pass has ended yet" : "no pass has come to an end without failing")
            if let last = vitals.last { unready += last.problems.map(Self.words) }
            return
        }
        if let whole = vitals.lastWhole, whole + patience + Self.longestPhase < now {
            unready.append("the last whole pass ended \(TimeWords.distance(whole, from: now))")
        }
        let stopping = last.isFailed ? last.problems : last.problems.filter { ProblemKind($0).stopsPushes }
        unready += stopping.map(Self.words)
        if let problem = vitals.snapshotProblem { unready.append(Self.words(problem)) }
    }

    var isLive: Bool { dead.isEmpty }
    var isReady: Bool { unready.isEmpty }

    /// A push of many devices may take this long.
    private static let longestPhase = Seconds.hours(1)

    private static func words(_ error: UserError) -> String { "\(error.code): \(error.message)" }
}
