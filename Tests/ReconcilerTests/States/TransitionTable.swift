// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Approvals
import Planning

/// One event, with what is derived before and after it.
struct Transition: Sendable {
    enum Event: Hashable, Sendable {
        case record(Signature)
        /// Time goes on: windows begin and end, approvals expire, what was not attended is missed.
        case hours
        case personTakenAway
        case blockAppears, blockGone
        case contentChanges, contentReturns
        case push(PushStep)
    }
    var event: Event
    var before: Derived
    var after: Derived
    /// There was a `switching` in the open batch.
    var isSwitched: Bool

    var from: String { before.state.name }
    var to: String { after.state.name }
    var sequenceRises: Bool { after.sequence == before.sequence + 1 }
    var sequenceStays: Bool { after.sequence == before.sequence }
    /// All levels are full after it.
    var isFull: Bool { after.judgement.isComplete }
    var wasFull: Bool { before.judgement.isComplete }
}

extension Signature {
    enum Kind { case approval, revocation, rejection, cancellation, noise }
    var kind: Kind {
        switch self {
        case .approve, .approveAgain, .approveWithin, .implement, .implementAt, .implementAgain, .implementKept:
            .approval
        case .revokeApproval, .revokeImplementation: .revocation
        case .reject: .rejection
        case .cancel: .cancellation
        case .selfApproval, .outsiderReject: .noise
        }
    }
}

/// The table of what consecutive states may be. What it does not list is impossible.
struct TransitionTable: Sendable {
    struct Row: Sendable {
        var name: String
        var from: Set<String>
        var isEvent: @Sendable (Transition.Event) -> Bool
        var to: Set<String>
        var holds: @Sendable (Transition) -> Bool

        init(
            _ name: String, _ from: Set<String>, _ isEvent: @escaping @Sendable (Transition.Event) -> Bool,
            to: Set<String>,
            where holds: @escaping @Sendable (Transition) -> Bool = { _ in true }
        ) {
            (self.name, self.from, self.isEvent, self.to, self.holds) = (name, from, isEvent, to, holds)
        }

        func lists(_ step: Transition) -> Bool {
            from.contains(step.from) && isEvent(step.event) && to.contains(step.to) && holds(step)
        }
    }

    var rows = Self.all

    /// The rows that list it; none: impossible.
    func rows(listing step: Transition) -> [String] { rows.filter { $0.lists(step) }.map(\.name) }

    private static let review: Set = ["Requested", "PushReviewInProgress"]
    private static let timed: Set = ["Scheduled", "ReadyToImplement"]
    static let open: Set = review.union(timed).union(["Blocked", "Expired", "ScheduleMissed"])
    private static let decided: Set = ["Rejected", "Cancelled"]
    static let final: Set = ["Completed", "PushFailed", "RolledBack"]
    private static let ended = final.union(["RollbackFailed", "UnknownEffect"])

    @Sendable private static func approval(_ event: Transition.Event) -> Bool { isRecord(event, .approval) }
    @Sendable private static func revocation(_ event: Transition.Event) -> Bool { isRecord(event, .revocation) }
    @Sendable private static func taken(_ event: Transition.Event) -> Bool { event == .personTakenAway }
    @Sendable private static func time(_ event: Transition.Event) -> Bool { event == .hours }
    @Sendable private static func content(_ event: Transition.Event) -> Bool { event == .contentChanges }
    @Sendable private static func record(_ event: Transition.Event) -> Bool {
        if case .record = event { true } else { false }
    }
    private static func isRecord(_ event: Transition.Event, _ kind: Signature.Kind) -> Bool {
        if case .record(let signature) = event { signature.kind == kind } else { false }
    }
    private static func push(_ steps: PushStep...) -> @Sendable (Transition.Event) -> Bool {
        { event in if case .push(let step) = event { steps.contains(step) } else { false } }
    }

    static let all: [Row] = signing + takingBack + timeAndWorld + pushing + after + implied

    private static let signing: [Row] = [
        Row("5", ["Requested"], approval, to: ["Requested"]) { $0.after.k == 0 },
        Row("6", ["Requested"], approval, to: ["PushReviewInProgress"]) { $0.after.k == 1 },
        Row("7", review, approval, to: ["Scheduled"]) { $0.isFull },
        Row("8", review, approval, to: ["ReadyToImplement"]) { $0.isFull },
        Row("9", review, approval, to: ["ScheduleMissed"]) { $0.isFull },
        Row("10", ["PushReviewInProgress"], approval, to: ["PushReviewInProgress"]) { !$0.isFull },
        Row("16", ["Expired"], approval, to: review.union(timed).union(["ScheduleMissed"])),
        Row("26", ["ScheduleMissed"], { isRecord($0, .approval) }, to: timed) { $0.isFull },
        Row("27", ["ScheduleMissed"], approval, to: review),
        Row("17", open, { isRecord($0, .rejection) }, to: ["Rejected"]),
        Row("18", open, { isRecord($0, .cancellation) }, to: ["Cancelled"]),
        Row("20", decided.union(["Superseded"]), record, to: decided.union(["Superseded"])) { $0.from == $0.to },
    ]

    private static let takingBack: [Row] = [
        Row("11", review.union(timed).subtracting(["Requested"]), revocation, to: ["PushReviewInProgress"]) {
            $0.after.k == 1
        },
        Row("12", review.union(timed).subtracting(["Requested"]), revocation, to: ["Requested"]) { $0.after.k == 0 },
        Row("13", review.union(timed).subtracting(["Requested"]), taken, to: review),
    ]

    private static let timeAndWorld: [Row] = [
        Row("14", review, time, to: review),
        Row("15", review, time, to: ["Expired"]) { $0.after.k == 0 },
        Row("19", open.union(decided), content, to: ["Superseded"]),
        Row("21", ["Superseded"], { $0 == .contentReturns }, to: open.union(decided)),
        Row("22", review.union(timed), { $0 == .blockAppears }, to: ["Blocked"]),
        Row("23", ["Blocked"], { $0 == .blockGone }, to: open),
        Row("24", timed.union(["Blocked"]), time, to: ["ScheduleMissed"]) { $0.wasFull && $0.isFull },
        Row("25", ["Scheduled"], time, to: ["ReadyToImplement"]),
    ]

    private static let pushing: [Row] = [
        Row("28", ["ReadyToImplement"], push(.intended), to: ["Implementing"]) { $0.sequenceStays },
        Row("adopt", ["ReadyToImplement"], push(.adopted), to: ["Completed"]) { $0.sequenceStays },
        Row("30", ["Implementing"], push(.refused), to: ["Blocked"]) { !$0.isSwitched && $0.sequenceStays },
        Row("31, 32", ["Implementing"], push(.abandoned), to: ["ReadyToImplement"]) {
            !$0.isSwitched && $0.sequenceStays
        },
        Row("33", ["Implementing"], push(.failed), to: ["PushFailed"]) { !$0.isSwitched && $0.sequenceRises },
        Row("switching", ["Implementing"], push(.switching), to: ["Implementing"]) { $0.sequenceStays },
        Row("34, 37", ["Implementing"], push(.completed), to: ["Completed"]) { $0.isSwitched && $0.sequenceRises },
        Row("35, 38", ["Implementing"], push(.rolledBack), to: ["RolledBack"]) { $0.isSwitched && $0.sequenceRises },
        Row("36, 38", ["Implementing"], push(.rollbackFailed), to: ["RollbackFailed"]) {
            $0.isSwitched && $0.sequenceRises
        },
        Row("39", ["Implementing"], push(.unknownEffect), to: ["UnknownEffect"]) { $0.isSwitched && $0.sequenceStays },
        Row("40", ["UnknownEffect"], push(.completed), to: ["Completed"]) { $0.before.isInFlight && $0.sequenceRises },
        Row("40", ["UnknownEffect"], push(.rolledBack), to: ["RolledBack"]) {
            $0.before.isInFlight && $0.sequenceRises
        },
        Row("40", ["UnknownEffect"], push(.rollbackFailed), to: ["RollbackFailed"]) {
            $0.before.isInFlight && $0.sequenceRises
        },
        Row("41", ["UnknownEffect"], push(.deviceUndeclared), to: ["UnknownEffect"]) {
            $0.sequenceRises && !$0.after.isInFlight
        },
        Row("42", ["RollbackFailed"], push(.rolledBack), to: ["RolledBack"]) {
            $0.before.isInFlight && $0.sequenceStays
        },
        Row(
            "43", ["Implementing"], { record($0) || content($0) || time($0) || taken($0) }, to: ["Implementing"]),
    ]

    private static let after: [Row] = [
        Row("44, 45", ended, { event in if case .push = event { false } else { true } }, to: ended) { $0.from == $0.to }
    ]

    /// What the order of derivation ("the first line that holds") says and the table leaves out.
    private static let implied: [Row] = [
        // One more than is needed stands in reserve; signatures count while it is blocked.
        Row("reserve", open, approval, to: open) { $0.from == $0.to && $0.after.k >= $0.before.k },
        Row("9, blocked", ["Blocked"], approval, to: ["ScheduleMissed"]) { $0.isFull },
        Row("26, blocked", ["ScheduleMissed"], approval, to: ["Blocked"]),
        Row("27, all expired", ["ScheduleMissed"], approval, to: ["Expired"]) { $0.after.k == 0 },
        Row("12, nothing to take back", open, revocation, to: open) { $0.from == $0.to },
        Row(
            "11 to 13, missed", ["ScheduleMissed"], { revocation($0) || taken($0) },
            to: review.union(["Blocked", "Expired"])
        ) {
            !$0.isFull
        },
        Row("22, expired", ["Expired"], { $0 == .blockAppears }, to: ["Blocked"]),
        // What came while it was implementing counts now: it ended without effect.
        Row(
            "30 to 32, by derivation", ["Implementing"], push(.refused, .abandoned),
            to: open.union(decided).union(["Superseded"])
        ) {
            !$0.isSwitched && $0.sequenceStays
        },
        Row("39 and 41", ["Implementing"], push(.deviceUndeclared), to: ["UnknownEffect"]) {
            $0.isSwitched && $0.sequenceRises
        },
        Row("12 and 13, expired", ["Expired"], { revocation($0) || taken($0) }, to: ["Requested"]) { $0.after.k == 0 },
        Row("12 and 13, the rest expired", ["PushReviewInProgress"], { revocation($0) || taken($0) }, to: ["Expired"]) {
            $0.after.k == 0
        },
        // Nobody can try the undo again.
        Row("41, undo", ["RollbackFailed"], push(.deviceUndeclared), to: ["RollbackFailed"]) {
            $0.sequenceStays && !$0.after.isInFlight
        },
    ]
}
