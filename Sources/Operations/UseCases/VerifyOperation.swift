// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Commits
internal import Declarations
package import Planning
package import TLSProbe
package import Vocabulary

/// `verify`: handshakes with all endpoints of the zone's bound connectors, now. Contacts nothing else, and reads no key.
package struct VerifyOperation: Sendable {
    package struct Report: Sendable {
        package var plan: PlanReport
        /// Sorted by connector, then as declared.
        package var endpoints: [EndpointVerdict]

        package init(plan: PlanReport, endpoints: [EndpointVerdict]) { (self.plan, self.endpoints) = (plan, endpoints) }

        package func count(_ verdict: EndpointVerdict.Verdict) -> Int { endpoints.count { $0.verdict == verdict } }
    }
    private let site: Site
    private let prober: Prober
    private let time: any TimeSource

    package init(site: Site, prober: Prober = Prober(), time: any TimeSource) {
        (self.site, self.prober, self.time) = (site, prober, time)
    }

    /// - Parameter progress: is told how many handshakes there will be.
    package func run(progress: (Int) -> Void) async throws(UserError) -> Report {
        let overview = try await Overview.open(site, time: time)
        var plan = ProbePlan()
        var owners: [(connector: ConnectorName, expected: Fingerprint)] = []
        for view in overview.report.plan.connectors {
            guard let connector = overview.derivation.desired.set.connectors[view.connector],
                let device = overview.view.trust.set.devices[view.device], device.spec.sync != .ignored,
                let expected = overview.expected(at: view)
            else { continue }
            for endpoint in connector.spec.endpoints {
                plan.add(endpoint, on: device)
                owners.append((view.connector, expected))
            }
        }
        progress(owners.count)
        var verdicts: [EndpointVerdict] = []
        for (index, answer) in await prober.probe(plan.targets).enumerated() {
            verdicts += EndpointObservation.all(answer, of: plan.endpoints[index]).map {
                EndpointVerdict(connector: owners[index].connector, expected: owners[index].expected, $0)
            }
        }
        return Report(plan: overview.report, endpoints: verdicts)
    }
}

extension Overview {
    /// What the endpoints of a connector should serve; nil where nothing is bound to it, or the chain cannot be read.
    func expected(at view: ConnectorView) -> Fingerprint? {
        guard let certificate = view.certificate else { return nil }
        let chain = derivation.desired.set.certificates[certificate]?.spec.chain
        let declared = chain.flatMap { derivation.desired.chains[$0]?.leaf }
        return (derivation.history.slots[view.slot] ?? SlotHead()).expected(declared: declared)
    }
}
