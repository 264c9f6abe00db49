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

    /// One connector and what all its gate endpoints must serve; nil: that none of them may serve `not`.
    package struct Claim: Sendable {
        package var connector: AppConnector
        package var expected: Fingerprint?
        /// What must come after the leaf, where that is known.
        package var chain: [Fingerprint]?
        package var not: Fingerprint?
        package init(
            connector: AppConnector, expected: Fingerprint?, chain: [Fingerprint]? = nil, not: Fingerprint? = nil
        ) {
            (self.connector, self.expected, self.chain, self.not) = (connector, expected, chain, not)
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
        var verdicts = claims.indices.map { index in
            if claims[index].expected == nil {
                return absence[index] ?? Verdict(isProven: false, words: "no gate endpoint is declared")
            }
            return Verdict(results[index] ?? [], rule: rule)
        }
        await compareChains(claims, on: device, &verdicts)
        return verdicts
    }

    /// The right leaf with another chain is not what was signed: clients that lack the intermediate would turn away.
    private func compareChains(_ claims: [Claim], on device: Device, _ verdicts: inout [Verdict]) async {
        var plan = ProbePlan()
        var owners: [Int] = []
        for (index, claim) in claims.enumerated() where claim.chain != nil && verdicts[index].isProven {
            for endpoint in claim.connector.spec.endpoints where endpoint.role == .gate {
                plan.add(endpoint, on: device)
                owners.append(index)
            }
        }
        for (owner, answer) in zip(owners, await prober.probe(plan.targets)) {
            for entry in answer.addresses {
                guard case .served(let served) = entry.outcome, served.leaf == claims[owner].expected,
                    served.chain != claims[owner].chain
                else { continue }
                verdicts[owner] = Verdict(
                    isProven: false,
                    words: "\(entry.address):\(answer.target.port) serves the new leaf with another chain")
            }
        }
    }

    /// That no gate endpoint serves it any more: as many rounds of fresh handshakes in a row as make a certificate settled, and as
    /// long a quiet time. Another certificate or a refused connection shows that it is gone; silence and a name that does not resolve
    /// show nothing.
    private func absent(_ claims: [Claim], on device: Device, rule: SettleRule) async -> [Int: Verdict] {
        await withTaskGroup(of: (Int, Verdict).self) { group in
            for (index, claim) in claims.enumerated() where claim.expected == nil {
                group.addTask { (index, await absence(of: claim, on: device, rule: rule)) }
            }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
    }

    private func absence(of claim: Claim, on device: Device, rule: SettleRule) async -> Verdict {
        var plan = ProbePlan()
        for endpoint in claim.connector.spec.endpoints where endpoint.role == .gate { plan.add(endpoint, on: device) }
        let start = ContinuousClock.now
        var quietSince = start
        var inARow = 0
        while true {
            let begun = ContinuousClock.now
            let faults = await prober.probe(plan.targets).flatMap { $0.stillThere(claim.not) }
            if faults.isEmpty {
                inARow += 1
            } else {
                (inARow, quietSince) = (0, ContinuousClock.now)
            }
            if inARow >= rule.handshakes, begun - quietSince >= rule.quiet {
                return Verdict(
                    isProven: true, words: "\(inARow) rounds of handshakes found it nowhere, quiet for \(rule.quiet)")
            }
            if ContinuousClock.now - start > rule.deadline || Task.isCancelled {
                return Verdict(
                    isProven: false, words: faults.isEmpty ? "did not settle in time" : faults.joined(separator: "; "))
            }
            try? await Task.sleep(for: rule.pause)
        }
    }
}

extension ProbeAnswer {
    /// Addresses at which it is not shown to be gone, with why.
    fileprivate func stillThere(_ leaf: Fingerprint?) -> [String] {
        if let unresolved { return ["\(target.host): \(unresolved.detail)"] }
        return addresses.compactMap { entry in
            switch entry.outcome {
            case .served(let served):
                served.leaf == leaf ? "\(entry.address):\(target.port) still serves \(served.leaf.short)" : nil
            // Whoever answers without this certificate does not serve it; whoever is silent may.
            case .failed(let failure):
                switch failure.code {
                case .refused, .reset, .closed, .notTLS, .startTLSRefused, .alert, .noCertificate: nil
                default: "\(entry.address):\(target.port): \(failure.detail)"
                }
            }
        }
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
