// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Vocabulary

/// One address to shake hands with, again and again or once.
struct Job: Hashable, Sendable {
    var address: IPAddress
    var port: UInt16
    var serverName: String?
    var `protocol`: ProbeProtocol
    var keyType: ProbeKeyType
}

/// Decides which handshake is next; the engine does it. Times are counted from the beginning of the run.
protocol Agenda: Sendable {
    /// No handshake goes on after this.
    var deadline: Duration { get }
    mutating func next(at now: Duration) -> AgendaStep
    mutating func ended(_ job: Int, _ outcome: HandshakeOutcome, begun: Duration, at now: Duration)
}

enum AgendaStep: Hashable {
    /// Index of the job.
    case begin(Int)
    /// Nothing to begin before then, or before a handshake has ended.
    case wait(until: Duration?)
    /// Nothing will be begun any more.
    case done
}

/// Every job once; of one address no more than so many at a time, and every address gets its turn.
struct OnceAgenda: Agenda {
    private struct Line {
        var jobs: [Int] = []
        var first = 0
    }
    let deadline: Duration
    private(set) var outcomes: [HandshakeOutcome?]
    private let jobs: [Job]
    private var begun = 0
    private var lines: [IPAddress: Line] = [:]
    private var turns: [IPAddress] = []  // addresses that may begin one, in order; the first `turn` are used up
    private var turn = 0

    init(jobs: [Job], perAddress: Int, deadline: Duration) {
        self.jobs = jobs
        self.deadline = deadline
        outcomes = Array(repeating: nil, count: jobs.count)
        for (index, job) in jobs.enumerated() { lines[job.address, default: Line()].jobs.append(index) }
        for address in lines.keys.sorted() {
            let width = min(perAddress, lines[address]?.jobs.count ?? 0)
            turns += Array(repeating: address, count: width)
        }
    }

    mutating func next(at now: Duration) -> AgendaStep {
        guard now < deadline else { return .done }
        while turn < turns.count {
            let address = turns[turn]
            turn += 1
            guard var line = lines[address], line.first < line.jobs.count else { continue }
            let job = line.jobs[line.first]
            line.first += 1
            begun += 1
            lines[address] = line
            return .begin(job)
        }
        return begun == jobs.count ? .done : .wait(until: nil)
    }

    mutating func ended(_ job: Int, _ outcome: HandshakeOutcome, begun: Duration, at now: Duration) {
        outcomes[job] = outcome
        turns.append(jobs[job].address)
    }
}

/// Every job again and again, one handshake after another, until it is settled or the deadline has passed.
struct SettleAgenda: Agenda {
    let deadline: Duration
    private(set) var states: [SettleState]
    private let jobs: [Job]
    private let expected: [Fingerprint]
    private let perAddress: Int
    private let pause: Duration
    private var notBefore: [Duration]
    private var isInFlight: [Bool]
    private var inFlight: [IPAddress: Int] = [:]
    private var start = 0

    /// `expected` holds one fingerprint for each job.
    init(jobs: [Job], expected: [Fingerprint], rule: SettleRule, perAddress: Int) {
        self.jobs = jobs
        self.expected = expected
        self.perAddress = perAddress
        deadline = rule.deadline
        pause = rule.pause
        states = Array(repeating: SettleState(rule: rule), count: jobs.count)
        notBefore = Array(repeating: .zero, count: jobs.count)
        isInFlight = Array(repeating: false, count: jobs.count)
    }

    mutating func next(at now: Duration) -> AgendaStep {
        guard now < deadline else {
            for index in states.indices where !isInFlight[index] { _ = states[index].look(at: now) }
            return .done
        }
        var earliest: Duration?
        var open = false
        for step in jobs.indices {
            let index = (start + step) % jobs.count
            guard states[index].verdict == .undecided else { continue }
            open = true
            guard !isInFlight[index], inFlight[jobs[index].address, default: 0] < perAddress else { continue }
            if notBefore[index] <= now {
                start = index + 1
                isInFlight[index] = true
                inFlight[jobs[index].address, default: 0] += 1
                return .begin(index)
            }
            earliest = min(earliest ?? notBefore[index], notBefore[index])
        }
        return open ? .wait(until: earliest ?? deadline) : .done
    }

    mutating func ended(_ job: Int, _ outcome: HandshakeOutcome, begun: Duration, at now: Duration) {
        let answer: SettleAnswer =
            switch outcome {
            case .served(let served): served.leaf == expected[job] ? .expected : .other(served.leaf)
            case .failed(let failure): .failed(failure)
            }
        _ = states[job].feed(answer, begun: begun, ended: now)
        isInFlight[job] = false
        inFlight[jobs[job].address, default: 1] -= 1
        notBefore[job] = now + pause
    }
}
