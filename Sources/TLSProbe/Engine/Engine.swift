// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc
internal import Vocabulary

/// Wakes an engine from any thread: an eventfd(2).
final class Waker: Sendable {
    let descriptor: Int32
    init?() {
        descriptor = eventfd(0, Int32(EFD_NONBLOCK) | Int32(EFD_CLOEXEC))
        guard descriptor >= 0 else { return nil }
    }
    deinit { close(descriptor) }
    func wake() { eventfd_write(descriptor, 1) }
}

/// Does the handshakes of one agenda on the thread that calls `run`, many at a time, by epoll(7).
struct Engine {
    private let jobs: [Job]
    private let limits: ProbeLimits
    private let beginning: ContinuousClock.Instant
    private let waker: Waker
    private let poll: Int32
    private var contexts: [ProbeKeyType: ProbeContext] = [:]
    private var flights: [Handshake?] = []
    private var free: [Int] = []
    private var inFlight = 0
    /// Of these, how many have kept silent for `limits.quiet`: they cost nothing but a descriptor.
    private var silent = 0

    /// Blocks until the agenda is done. Everything that is open when the waker is woken ends as `cancelled`.
    static func run<Plan: Agenda>(
        _ agenda: Plan, jobs: [Job], limits: ProbeLimits, since beginning: ContinuousClock.Instant, waker: Waker
    ) -> Plan {
        var agenda = agenda
        guard var engine = Engine(jobs: jobs, limits: limits, since: beginning, waker: waker) else {
            engineless(&agenda)
            return agenda
        }
        engine.run(&agenda)
        close(engine.poll)
        return agenda
    }

    private static func engineless(_ agenda: inout some Agenda) {
        let fault = HandshakeFailure(.local, SystemFault.words(errno))
        while case .begin(let job) = agenda.next(at: .zero) {
            agenda.ended(job, .failed(fault), begun: .zero, at: agenda.deadline)
        }
    }

    private init?(jobs: [Job], limits: ProbeLimits, since beginning: ContinuousClock.Instant, waker: Waker) {
        self.jobs = jobs
        self.limits = limits
        self.beginning = beginning
        self.waker = waker
        poll = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard poll >= 0 else { return nil }
        var event = epoll_event()
        event.events = EPOLLIN.rawValue
        event.data.u64 = .max
        guard epoll_ctl(poll, EPOLL_CTL_ADD, waker.descriptor, &event) == 0 else {
            close(poll)
            return nil
        }
    }

    private var now: Duration { ContinuousClock.now - beginning }

    private mutating func run(_ agenda: inout some Agenda) {
        var events = [epoll_event](repeating: epoll_event(), count: 64)
        while true {
            var until = agenda.deadline
            var done = false
            listen(at: now)
            filling: while inFlight - silent < limits.concurrency, inFlight < limits.open {
                let moment = now
                switch agenda.next(at: moment) {
                case .begin(let job): begin(job, &agenda, at: moment)
                case .wait(let time):
                    until = min(until, time ?? until)
                    break filling
                case .done:
                    done = true
                    break filling
                }
            }
            if done, inFlight == 0 { return }
            let isFull = !done && inFlight - silent >= limits.concurrency
            for case .some(let flight) in flights {
                until = min(until, flight.deadline)
                // The next one to fall silent makes room.
                if isFull, !flight.isSilent { until = min(until, flight.lastHeard + limits.quiet) }
            }
            let count = Int(epoll_wait(poll, &events, Int32(events.count), Self.milliseconds(until - now)))
            for event in events.prefix(max(0, count)) {
                guard event.data.u64 != .max else {
                    return endAll(&agenda, HandshakeFailure(.cancelled, "cancelled"))
                }
                proceed(Int(event.data.u64), &agenda)
            }
            expire(&agenda)
        }
    }

    private mutating func listen(at moment: Duration) {
        silent = 0
        for case .some(let flight) in flights where flight.listen(at: moment, patience: limits.quiet) { silent += 1 }
    }

    /// Rounded up: a wait that ends a little early would spin.
    private static func milliseconds(_ wait: Duration) -> Int32 {
        let (seconds, attoseconds) = wait.components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        return Int32(min(seconds, 3600) * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }

    private mutating func begin(_ index: Int, _ agenda: inout some Agenda, at moment: Duration) {
        let job = jobs[index]
        do throws(HandshakeFailure) {
            guard let context = contexts[job.keyType] ?? ProbeContext(job.keyType, chainBytes: limits.chainBytes) else {
                throw HandshakeFailure(.local, "OpenSSL cannot be set up")
            }
            contexts[job.keyType] = context
            let flight = try Handshake(job, index: index, context: context, limits: limits, at: moment)
            let slot = free.popLast() ?? flights.count
            if slot == flights.count { flights.append(nil) }
            var event = epoll_event()
            event.events = EPOLLOUT.rawValue
            event.data.u64 = UInt64(slot)
            guard epoll_ctl(poll, EPOLL_CTL_ADD, flight.descriptor, &event) == 0 else {
                free.append(slot)
                throw HandshakeFailure(.local, SystemFault.words(errno))
            }
            flights[slot] = flight
            inFlight += 1
        } catch {
            agenda.ended(index, .failed(error), begun: moment, at: now)
        }
    }

    private mutating func proceed(_ slot: Int, _ agenda: inout some Agenda) {
        guard slot < flights.count, let flight = flights[slot] else { return }
        switch flight.advance(at: now) {
        case .waiting(let events):
            var event = epoll_event()
            event.events = events
            event.data.u64 = UInt64(slot)
            if epoll_ctl(poll, EPOLL_CTL_MOD, flight.descriptor, &event) != 0 {
                end(slot, .failed(HandshakeFailure(.local, SystemFault.words(errno))), &agenda)
            }
        case .ended(let outcome): end(slot, outcome, &agenda)
        }
    }

    private mutating func expire(_ agenda: inout some Agenda) {
        let moment = now
        for slot in flights.indices {
            guard let flight = flights[slot] else { continue }
            if moment >= flight.deadline {
                let failure =
                    flight.isConnected
                    ? HandshakeFailure(.handshakeTimedOut, "connected, but no handshake within \(limits.handshake)")
                    : HandshakeFailure(.connectTimedOut, "no connection within \(limits.connect)")
                end(slot, .failed(failure), &agenda)
            } else if moment >= agenda.deadline {
                end(slot, .failed(HandshakeFailure(.notReached, "the time for all handshakes was over")), &agenda)
            }
        }
    }

    private mutating func endAll(_ agenda: inout some Agenda, _ failure: HandshakeFailure) {
        for slot in flights.indices where flights[slot] != nil { end(slot, .failed(failure), &agenda) }
    }

    /// Closing the descriptor takes it out of the epoll set.
    private mutating func end(_ slot: Int, _ outcome: HandshakeOutcome, _ agenda: inout some Agenda) {
        guard let flight = flights[slot] else { return }
        flights[slot] = nil
        free.append(slot)
        inFlight -= 1
        agenda.ended(flight.job, outcome, begun: flight.begun, at: now)
    }
}
