// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Vocabulary

/// Shakes hands with servers and says what they present. A value: each call has a thread of its own.
package struct Prober: Sendable {
    package var limits: ProbeLimits
    /// Whose handshake is the first with an endpoint. The verdicts are the same; for what compares the two.
    package var library: TLSLibrary

    package init(limits: ProbeLimits = ProbeLimits(), library: TLSLibrary = .boringSSL) {
        (self.limits, self.library) = (limits, library)
    }

    /// One fresh handshake with every address of every target; answers in the order of the targets. Ends at
    /// `limits.whole`, and soon after the task is cancelled: what is open then is `cancelled`.
    package func probe(_ targets: [ProbeTarget]) async -> [ProbeAnswer] {
        let beginning = ContinuousClock.now
        let layout = await Layout(targets, resolve: limits.resolve)
        let agenda = OnceAgenda(jobs: layout.jobs, perAddress: limits.perAddress, deadline: limits.whole)
        let finished = await run(agenda, layout.jobs, since: beginning)
        let missing = Self.missing(isCancelled: Task.isCancelled, hadThread: finished != nil)
        return layout.targets.map { place in
            ProbeAnswer(
                target: place.target,
                addresses: place.addresses.map { address, state in
                    switch state {
                    case .refused(let failure): AddressAnswer(address: address, outcome: .failed(failure))
                    case .job(let job):
                        AddressAnswer(address: address, outcome: finished?.outcomes[job] ?? .failed(missing))
                    }
                }, unresolved: place.unresolved)
        }
    }

    /// Handshakes with every address of every target until each has settled by the rule, or its deadline has passed.
    /// Each target comes with the leaf that it is expected to serve. Time counts from this call, names are resolved
    /// once.
    package func settle(
        _ targets: [(target: ProbeTarget, expected: Fingerprint)], rule: SettleRule
    ) async -> [SettleResult] {
        let beginning = ContinuousClock.now
        let layout = await Layout(targets.map(\.target), resolve: min(limits.resolve, rule.deadline))
        var expected = [Fingerprint?](repeating: nil, count: layout.jobs.count)
        for (place, entry) in zip(layout.targets, targets) {
            for case (_, .job(let job)) in place.addresses { expected[job] = entry.expected }
        }
        let agenda = SettleAgenda(
            jobs: layout.jobs, expected: expected.compactMap(\.self), rule: rule, perAddress: limits.perAddress)
        let finished = await run(agenda, layout.jobs, since: beginning)
        let missing = Self.missing(isCancelled: Task.isCancelled, hadThread: finished != nil)
        let elapsed = ContinuousClock.now - beginning
        return zip(layout.targets, targets).map { place, entry in
            SettleResult(
                target: place.target, expected: entry.expected,
                addresses: place.addresses.map { address, state in
                    switch state {
                    case .job(let job):
                        if let state = finished?.states[job] { return AddressSettling(address: address, state: state) }
                        return .failed(address, missing, rule, at: elapsed)
                    case .refused(let failure): return .failed(address, failure, rule, at: elapsed)
                    }
                }, unresolved: place.unresolved)
        }
    }

    private func run<Plan: Agenda>(
        _ agenda: Plan, _ jobs: [Job], since beginning: ContinuousClock.Instant
    ) async -> Plan? {
        guard !jobs.isEmpty, !Task.isCancelled else { return agenda }
        guard let waker = Waker() else { return nil }
        return await withTaskCancellationHandler {
            await onOwnThread { Engine.run(agenda, jobs: jobs, of: self, since: beginning, waker: waker) }
        } onCancel: {
            waker.wake()
        }
    }

    private static func missing(isCancelled: Bool, hadThread: Bool) -> HandshakeFailure {
        if isCancelled { return HandshakeFailure(.cancelled, "cancelled") }
        if !hadThread { return HandshakeFailure(.local, "no thread or descriptor for the handshakes") }
        return HandshakeFailure(.notReached, "the time for all handshakes was over")
    }
}

extension AddressSettling {
    fileprivate static func failed(
        _ address: IPAddress, _ failure: HandshakeFailure, _ rule: SettleRule, at time: Duration
    ) -> Self {
        var state = SettleState(rule: rule)
        _ = state.feed(.failed(failure), begun: time, ended: max(time, rule.deadline))
        return Self(address: address, state: state)
    }
}

/// Which jobs a list of targets comes to: names resolved, addresses checked.
private struct Layout {
    enum State {
        case job(Int)
        case refused(HandshakeFailure)
    }
    struct Place {
        var target: ProbeTarget
        var addresses: [(IPAddress, State)]
        var unresolved: HandshakeFailure?
    }
    private(set) var jobs: [Job] = []
    private(set) var targets: [Place] = []

    init(_ wanted: [ProbeTarget], resolve limit: Duration) async {
        let resolved = await Resolver.addresses(of: Set(wanted.map(\.host)), within: limit)
        jobs.reserveCapacity(wanted.count)
        for target in wanted {
            switch resolved[target.host] {
            case .success(let addresses):
                targets.append(Place(target: target, addresses: addresses.map { ($0, place($0, target)) }))
            case .failure(let failure): targets.append(Place(target: target, addresses: [], unresolved: failure))
            case .none:
                let failure = HandshakeFailure(.cancelled, "cancelled")
                targets.append(Place(target: target, addresses: [], unresolved: failure))
            }
        }
    }

    private mutating func place(_ address: IPAddress, _ target: ProbeTarget) -> State {
        if let allowed = target.allowed, !allowed.contains(where: { $0.contains(address, port: target.port) }) {
            return .refused(
                HandshakeFailure(.notAllowed, "\(address) port \(target.port) is not where this device may be probed"))
        }
        jobs.append(
            Job(
                address: address, port: target.port, serverName: target.serverName, protocol: target.protocol,
                keyType: target.keyType))
        return .job(jobs.count - 1)
    }
}
