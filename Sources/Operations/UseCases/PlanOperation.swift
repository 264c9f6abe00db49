// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Commits
package import Connectors
package import Declarations
internal import Git
internal import Journal
package import Planning
package import TLSProbe
package import Vocabulary

/// `plan`: what would be done and who must sign. Changes nothing but remote-tracking refs.
package struct PlanOperation: Sendable {
    private let site: Site
    private let prober: Prober
    private let time: any TimeSource

    package init(site: Site, prober: Prober = Prober(), time: any TimeSource) {
        (self.site, self.prober, self.time) = (site, prober, time)
    }

    /// - Parameter discover: read devices and endpoints now, where this host is the zone's gateway. Everywhere else, and for a
    ///   ref that is not in force, no key is read, no command is run and no device is contacted.
    package func run(discover: Bool, base: String? = nil) async throws(UserError) -> PlanReport {
        let fetched = try await site.fetch()
        let now = time.now
        let asked = try site.options.ref.map { (ref) throws(UserError) in try site.commit(ref) }
        var view = try await Viewpoint.open(site, own: discover, now: now)
        view.notices += fetched.notices
        let branch = view.trust.set.repository?.spec.branch ?? "main"
        let inForce = asked == nil ? true : try asked == site.tip(of: branch)
        var derivation = try await view.derive(asked, now: now)
        var known: Plan?
        if discover, inForce, let gateway = view.gateway {
            let driving = try Driving(gateway.state, zone: view.zone, trust: view.trust.set, time: time)
            let findings = await driving.discovery(prober).run(
                driving.subjects(derivation), history: view.history, now: now)
            derivation.history = view.history.applying(findings.facts)
            let plan = derivation.plan(now: now)
            let isChecked = await KeyChecks(keys: driving.keys, registry: driving.registry)
                .check(plan, made: findings.madeKeys, into: &derivation)
            known = isChecked ? nil : plan
            view.source = .discovered(at: now)
        }
        var report = PlanReport(
            derivation, view, refName: site.options.ref ?? branch, plan: known ?? derivation.plan(now: now), now: now)
        if let base { report.base = try site.commit(base) }
        return report
    }
}

extension PlanReport {
    package init(_ derivation: Derivation, _ view: Viewpoint, refName: String, plan: Plan, now: Timestamp) {
        let repository = view.trust.set.repository
        self.init(
            repositoryName: repository?.name.text ?? "", repositoryID: repository?.spec.id ?? "", zone: view.zone,
            refName: refName, change: derivation.desired.commit, base: derivation.history.acceptedTip,
            trust: view.standing, observation: view.source, plan: plan, policyChange: derivation.policyChange(now: now),
            finished: Self.finished(plan, derivation.history),
            invalidTip: derivation.tip.isValid
                ? nil : InvalidTip(commit: derivation.tip.commit, diagnostics: derivation.tip.diagnostics),
            notices: view.notices + derivation.approvals.notices, now: now)
    }
}

extension PlanReport {
    private static func finished(_ plan: Plan, _ history: History) -> [RememberedWorkOrder] {
        plan.connectors.compactMap { view in
            guard let ended = history.slots[view.slot]?.lastEnded else { return nil }
            return RememberedWorkOrder(
                digest: ended.digest, connector: view.connector, device: view.device, leaf: ended.leaf,
                state: ended.outcome.name, message: ended.outcome.message, at: ended.at)
        }
    }
}

/// What the gateway needs to reach devices and keys.
package struct Driving: Sendable {
    package let registry: DriverRegistry
    package let keys: GatewayKeys
    private let zone: ZoneName
    private let devices: [DeviceName: Device]

    package init(
        _ state: State, zone: ZoneName, trust: TrustSet, time: any TimeSource, around: DriverRegistry.Around = .nothing
    ) throws(UserError) {
        do throws(StateError) {
            registry = DriverRegistry(
                secret: try state.directory.secret(), now: { time.now }, files: trust.contents,
                commands: trust.repository?.spec.commands ?? [:], questions: state.directory.cache, around: around)
        } catch {
            throw UserError(error)
        }
        keys = GatewayKeys(
            files: PrivateKeyLoader(keyRoots: trust.zones[zone]?.spec.keyRoots ?? []),
            recipient: try Recipient.existing(state.directory)?.key,
            commands: trust.repository?.spec.commands ?? [:])
        (self.zone, devices) = (zone, trust.devices)
    }

    package func discovery(_ prober: Prober) -> Discovery { Discovery(registry: registry, prober: prober) }

    /// The devices in force of this zone, but for what other zones have not released, with the connectors that are declared on them.
    package func subjects(_ derivation: Derivation) -> [Discovery.Subject] {
        Discovery.subjects(
            devices: devices.filter { derivation.handover.awaited[$0.key] == nil }, zone: zone,
            connectors: Array(derivation.desired.set.connectors.values))
    }
}
