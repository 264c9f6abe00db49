// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Operations
internal import Planning
internal import Rendering

/// What is counted from the service's beginning; only ever grows.
struct Counters: Sendable {
    /// Bounds in seconds; the last bucket has none.
    struct Histogram: Sendable {
        static let bounds: [Double] = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600]
        private(set) var counts = [Int](repeating: 0, count: bounds.count + 1)
        private(set) var sum: Double = 0

        mutating func add(_ duration: Duration) {
            let seconds = duration / .seconds(1)
            counts[Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count] += 1
            sum += seconds
        }
        var count: Int { counts.reduce(0, +) }
    }
    /// By the outcome's name in JSON.
    private(set) var pushes: [String: Int] = [:]
    private(set) var passes: [PassResult: Int] = [:]
    private(set) var problems: [ProblemKind: Int] = [:]
    private(set) var passTook = Histogram()
    private(set) var phaseTook: [PassReport.Phase: Histogram] = [:]
    private(set) var deliveries: [DeliveryResult: Int] = [:]
    private(set) var alertsTold = 0
    private(set) var newRecords = 0
    private(set) var statusCommits = 0

    enum DeliveryResult: String, CaseIterable, Sendable { case ok, failed }
    enum PassResult: String, CaseIterable, Sendable { case ok, problems, failed }

    mutating func note(_ event: ServiceEvent) {
        switch event {
        case .passed(_, let report, let took, _):
            passes[report.problems.isEmpty ? .ok : .problems, default: 0] += 1
            for push in report.recovered + report.pushes { pushes[OutcomeWords.name(push.outcome), default: 0] += 1 }
            for problem in report.problems { problems[ProblemKind(problem), default: 0] += 1 }
            passTook.add(took)
            for (phase, took) in report.took { phaseTook[phase, default: Histogram()].add(took) }
            newRecords += report.newRecords
            if report.statusCommit != nil { statusCommits += 1 }
        case .failed(_, let error, let took, _):
            passes[.failed, default: 0] += 1
            problems[ProblemKind(error), default: 0] += 1
            passTook.add(took)
        case .delivered(let results, _):
            for result in results {
                deliveries[result.error == nil ? .ok : .failed, default: 0] += 1
                if result.error == nil { alertsTold += result.dispatch.count }
            }
        case .began, .listening, .passing, .phase, .reloaded, .stopping, .stopped: break
        }
    }
}

/// What a problem of a pass is about, coarsely: a label that stays few, and what health is judged by.
enum ProblemKind: String, CaseIterable, Sendable {
    case git, journal, clock, status, trust, device, other

    init(_ error: UserError) {
        let code = error.code
        func begins(_ words: String...) -> Bool { words.contains { code.hasPrefix($0) } }
        self =
            if begins("Git", "Approvals", "History", "NoRepository") {
                .git
            } else if begins("Journal", "State") {
                // `Status…` begins with `Stat`, not with `State`.
                .journal
            } else if begins("Clock") {
                .clock
            } else if begins("Status") {
                .status
            } else if begins("NotTrusted", "Recorder", "Undeclared", "Trust") {
                .trust
            } else if begins("Device") {
                .device
            } else {
                .other
            }
    }

    /// Whether nothing new is accepted or pushed while it lasts.
    var stopsPushes: Bool {
        switch self {
        case .git, .journal, .clock, .status, .trust: true
        case .device, .other: false
        }
    }
}
