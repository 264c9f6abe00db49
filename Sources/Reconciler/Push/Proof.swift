// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Connectors
package import Declarations
internal import Operations
internal import Planning
package import TLSProbe
package import Vocabulary

/// Whether the device now serves what it should: fresh handshakes, never a reload's exit status.
package struct Proof: Sendable {
    package var prober: Prober

    package init(prober: Prober = Prober()) { self.prober = prober }

    /// One connector and the leaf that all its gate endpoints must serve; nil: that none of them may serve `not`.
    package struct Claim: Sendable {
        package var connector: AppConnector
        package var expected: Fingerprint?
        package var not: Fingerprint?
        package init(connector: AppConnector, expected: Fingerprint?, not: Fingerprint? = nil) {
            (self.connector, self.expected, self.not) = (connector, expected, not)
        }
    }

    package struct Verdict: Sendable, Hashable {
        package var isProven: Bool
        /// `5 of 5 handshakes on 2 addresses`, or what was served instead, where.
        package var words: String
    }

    /// Settles every claim by the device's own rule: N handshakes in a row and a quiet time, within a deadline.
    ///
    /// - Parameters:
    ///   - reload: how long make-live took: half of it is the least quiet time.
    ///   - patience: the deadline, where it is not the device's own.
    package func settle(
        _ claims: [Claim], on device: Device, reload: Duration, patience: Duration? = nil
    ) async -> [Verdict] {
        let rule = SettleRule(
            handshakes: device.spec.settle.handshakes, quiet: device.spec.settle.quiet,
            deadline: patience ?? device.spec.timeouts.settle
        ).adjusted(toReload: reload)
        var plan = ProbePlan()
        var owners: [(claim: Int, expected: Fingerprint)] = []
        for (index, claim) in claims.enumerated() {
            guard let expected = claim.expected else { continue }
            for endpoint in claim.connector.spec.endpoints where endpoint.role == .gate {
                plan.add(endpoint, on: device)
                owners.append((index, expected))
            }
        }
        let targets = zip(plan.targets, owners).map { (target: $0, expected: $1.expected) }
        async let settled = prober.settle(targets, rule: rule)
        async let gone = absent(claims, on: device, rule: rule)
        var results = [Int: [SettleResult]]()
        for (owner, result) in zip(owners, await settled) { results[owner.claim, default: []].append(result) }
        let absence = await gone
        return claims.indices.map { index in
            if claims[index].expected == nil {
                return absence[index] ?? Verdict(isProven: true, words: "nothing to serve")
            }
            return Verdict(results[index] ?? [], rule: rule)
        }
    }

    /// Waits until no gate endpoint of the claims without an expected leaf serves what it must not.
    private func absent(_ claims: [Claim], on device: Device, rule: SettleRule) async -> [Int: Verdict] {
        var verdicts: [Int: Verdict] = [:]
        for (index, claim) in claims.enumerated() where claim.expected == nil {
            var plan = ProbePlan()
            for endpoint in claim.connector.spec.endpoints where endpoint.role == .gate {
                plan.add(endpoint, on: device)
            }
            let start = ContinuousClock.now
            while true {
                let answers = await prober.probe(plan.targets).flatMap(\.addresses)
                let still = answers.filter { $0.outcome.leaf != nil && $0.outcome.leaf == claim.not }
                if still.isEmpty {
                    verdicts[index] = Verdict(isProven: true, words: "no address serves it any more")
                    break
                }
                if ContinuousClock.now - start > rule.deadline || Task.isCancelled {
                    let places = still.map(\.address.description).joined(separator: ", ")
                    verdicts[index] = Verdict(isProven: false, words: "still served at \(places)")
                    break
                }
                try? await Task.sleep(for: rule.pause)
            }
        }
        return verdicts
    }
}

extension Proof.Verdict {
    fileprivate init(_ results: [SettleResult], rule: SettleRule) {
        guard !results.isEmpty else {
            self.init(isProven: false, words: "no gate endpoint is declared")
            return
        }
        let addresses = results.reduce(0) { $0 + $1.addresses.count }
        if results.allSatisfy(\.isSettled) {
            let handshakes = results.flatMap(\.addresses).map(\.state.inARow).min() ?? 0
            let answers = addresses == 1 ? "1 address" : "\(addresses) addresses"
            self.init(
                isProven: true, words: "\(handshakes) fresh handshakes in a row on \(answers), quiet for \(rule.quiet)")
            return
        }
        let wrong = results.filter { !$0.isSettled }.flatMap { result -> [String] in
            if let failure = result.unresolved { return ["\(result.target.host): \(failure.detail)"] }
            return result.addresses.filter { !$0.isSettled }.map { entry in
                "\(entry.address):\(result.target.port) \(entry.state.lastWords)"
            }
        }
        self.init(isProven: false, words: wrong.joined(separator: "; "))
    }
}

extension SettleState {
    fileprivate var lastWords: String {
        let most = others.max { ($0.value, $0.key) < ($1.value, $1.key) }
        switch lastOther?.answer {
        // The last handshake was cut off by our own deadline: those before it say more.
        case .failed(let failure) where failure.code == .notReached:
            return most.map { "still serves \($0.key.short)" } ?? failure.detail
        case .other(let leaf): return "still serves \(leaf.short)"
        case .failed(let failure): return failure.detail
        default: return "did not settle in time"
        }
    }
}
