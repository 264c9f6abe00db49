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
    private let library: TLSLibrary
    private let beginning: ContinuousClock.Instant
    private let waker: Waker
    private let poll: Int32
    private var setUps: [SetUpKey: any TLSSetUp] = [:]
    /// Jobs that are begun by OpenSSL: BoringSSL has failed with them.
    private var forOpenSSL: Set<Int> = []
    private var flights: [Handshake?] = []
    private var free: [Int] = []
    private var inFlight = 0
    /// Of these, how many have kept silent for `limits.quiet`: they cost nothing but a descriptor.
    private var silent = 0
    /// When all flights are looked at again. Not at every turn: with hundreds that hang it would cost more than the handshakes.
    private var nextLook = Duration.zero

    private struct SetUpKey: Hashable {
        var library: TLSLibrary
        var keyType: ProbeKeyType
    }

    /// Blocks until the agenda is done. Everything that is open when the waker is woken ends as `cancelled`.
    static func run<Plan: Agenda>(
        _ agenda: Plan, jobs: [Job], of prober: Prober, since beginning: ContinuousClock.Instant, waker: Waker
    ) -> Plan {
        var agenda = agenda
        guard var engine = Engine(jobs: jobs, of: prober, since: beginning, waker: waker) else {
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

    private init?(jobs: [Job], of prober: Prober, since beginning: ContinuousClock.Instant, waker: Waker) {
        self.jobs = jobs
        (limits, library) = (prober.limits, prober.library)
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
            until = min(until, nextLook)
            let count = Int(epoll_wait(poll, &events, Int32(events.count), Self.milliseconds(until - now)))
            for event in events.prefix(max(0, count)) {
                guard event.data.u64 != .max else {
                    return endAll(&agenda, HandshakeFailure(.cancelled, "cancelled"))
                }
                proceed(Int(event.data.u64), &agenda)
            }
            let moment = now
            if moment >= min(nextLook, agenda.deadline) { look(&agenda, at: moment) }
        }
    }

    /// Ends whose time is over, and counts who is silent: the others, and who falls silent, make room.
    private mutating func look(_ agenda: inout some Agenda, at moment: Duration) {
        silent = 0
        nextLook = agenda.deadline
        for slot in flights.indices {
            guard let flight = flights[slot] else { continue }
            if moment >= flight.deadline {
                end(slot, .failed(flight.outOfTime(limits)), &agenda)
            } else if moment >= agenda.deadline {
                end(slot, .failed(HandshakeFailure(.notReached, "the time for all handshakes was over")), &agenda)
            } else if flight.listen(at: moment, patience: limits.quiet) {
                silent += 1
                nextLook = min(nextLook, flight.deadline)
            } else {
                nextLook = min(
                    nextLook, flight.deadline, max(flight.lastHeard + limits.quiet, moment + limits.quiet / 4))
            }
        }
    }

    /// Rounded up: a wait that ends a little early would spin.
    private static func milliseconds(_ wait: Duration) -> Int32 {
        let (seconds, attoseconds) = wait.components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        return Int32(min(seconds, 3600) * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }

    private mutating func begin(_ index: Int, _ agenda: inout some Agenda, at moment: Duration) {
        do throws(HandshakeFailure) {
            try launch(index, by: forOpenSSL.contains(index) ? .openSSL : library, after: nil, at: moment)
        } catch {
            agenda.ended(index, .failed(error), begun: moment, at: now)
        }
    }

    private mutating func launch(
        _ index: Int, by library: TLSLibrary, after before: Handshake.Before?, at moment: Duration
    ) throws(HandshakeFailure) {
        let job = jobs[index]
        let key = SetUpKey(library: library, keyType: job.keyType)
        guard let setUp = setUps[key] ?? library.setUp(job.keyType, chainBytes: limits.chainBytes) else {
            throw HandshakeFailure(.local, "TLS cannot be set up")
        }
        setUps[key] = setUp
        let flight = try Handshake(
            job, index: index, by: library, setUp, limits: limits, after: before, at: moment)
        let slot = free.popLast() ?? flights.count
        if slot == flights.count { flights.append(nil) }
        // Told once of every change (EPOLLET): who is told goes as far as it can, so that nothing has to be asked for anew.
        var event = epoll_event()
        event.events = EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLET.rawValue
        event.data.u64 = UInt64(slot)
        guard epoll_ctl(poll, EPOLL_CTL_ADD, flight.descriptor, &event) == 0 else {
            free.append(slot)
            throw HandshakeFailure(.local, SystemFault.words(errno))
        }
        flights[slot] = flight
        inFlight += 1
        nextLook = min(nextLook, flight.deadline, moment + limits.quiet)
    }

    private mutating func proceed(_ slot: Int, _ agenda: inout some Agenda) {
        guard slot < flights.count, let flight = flights[slot] else { return }
        if flight.isSilent { silent -= 1 }
        switch flight.advance(at: now) {
        case .waiting: nextLook = min(nextLook, flight.deadline)
        case .ended(.failed(let failure)):
            guard let before = flight.second(after: failure) else { return end(slot, .failed(failure), &agenda) }
            forOpenSSL.insert(flight.job)
            release(slot)
            do throws(HandshakeFailure) {
                try launch(flight.job, by: .openSSL, after: before, at: now)
            } catch {
                agenda.ended(flight.job, .failed(failure), begun: flight.begun, at: now)
            }
        case .ended(let outcome): end(slot, outcome, &agenda)
        }
    }

    private mutating func endAll(_ agenda: inout some Agenda, _ failure: HandshakeFailure) {
        for slot in flights.indices where flights[slot] != nil { end(slot, .failed(failure), &agenda) }
    }

    private mutating func end(_ slot: Int, _ outcome: HandshakeOutcome, _ agenda: inout some Agenda) {
        guard let flight = flights[slot] else { return }
        release(slot)
        agenda.ended(flight.job, outcome, begun: flight.begun, at: now)
    }

    /// Closing the descriptor, when nobody holds the handshake any more, takes it out of the epoll set.
    private mutating func release(_ slot: Int) {
        flights[slot] = nil
        free.append(slot)
        inFlight -= 1
    }
}
