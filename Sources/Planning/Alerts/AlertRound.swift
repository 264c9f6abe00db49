// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Declarations
package import Vocabulary

/// Which alerts stand now, and which of them somebody has to be told of.
///
/// Of what one policy says of one thing, the most urgent rule that holds speaks, and of these the one that came last: thirty days, ten
/// days and three days are one alert that becomes worse. It is told once, again when another rule speaks or what it is about has
/// changed, again after `repeatAfter`, and once when it is over.
package struct AlertRound: Sendable {
    /// The most urgent first.
    package private(set) var standing: [Alert] = []
    package private(set) var notices: [AlertNotice] = []
    package private(set) var memory: AlertMemory

    /// What is over and comes again is not told within this: a label that is set and taken away, a server that restarts all day.
    package static let quiet = Seconds.hours(1)

    /// - Parameters:
    ///   - places: which connectors each policy matches; see `AlertPlaces`.
    ///   - channels: those in force.
    ///   - memory: as the circumstances were gathered with.
    package init(
        policies: [AlertPolicy], places: AlertPlaces, channels: [ChannelName: ChannelSpec],
        circumstances: Circumstances, now: Timestamp
    ) {
        memory = circumstances.memory
        let before = memory.told
        var current: Set<Alert.ID> = []
        let sorted = policies.sorted { $0.name < $1.name }
        for policy in sorted {
            for circumstance in circumstances.all where places.matches(policy, circumstance) {
                guard let (rule, from) = Self.speaking(of: circumstance, in: policy.spec.alerts, at: now) else {
                    continue
                }
                var alert = Alert(circumstance, rule, of: policy.name, since: from)
                let told = before[alert.id]
                if let told, !told.isOver, told.alert.state == alert.state { alert.since = told.alert.since }
                current.insert(alert.id)
                standing.append(alert)
                tell(alert, told, policy.spec, channels, now)
            }
        }
        finish(before, current, sorted, channels, now)
        standing.sort { (Self.rank($0), $0.id) < (Self.rank($1), $1.id) }
        notices.sort { (Self.rank($0.alert), $0.alert.id) < (Self.rank($1.alert), $1.alert.id) }
    }

    private static func rank(_ alert: Alert) -> Int {
        AlertPolicySpec.Severity.allCases.count
            - (AlertPolicySpec.Severity.allCases.firstIndex(of: alert.severity) ?? 0)
    }

    private static func speaking(
        of circumstance: Circumstance, in rules: [AlertPolicySpec.Rule], at now: Timestamp
    ) -> (AlertPolicySpec.Rule, Timestamp)? {
        var best: (rule: AlertPolicySpec.Rule, from: Timestamp)?
        for rule in rules {
            guard let from = rule.condition.holds(of: circumstance, at: now), from <= now else { continue }
            guard let known = best else {
                best = (rule, from)
                continue
            }
            if (rule.severity, from) > (known.rule.severity, known.from) { best = (rule, from) }
        }
        return best
    }

    private mutating func tell(
        _ alert: Alert, _ told: AlertMemory.Told?, _ policy: AlertPolicySpec, _ channels: [ChannelName: ChannelSpec],
        _ now: Timestamp
    ) {
        let event: AlertNotice.Event
        if let told {
            if told.isOver {
                // It comes again: not at once, unless it is another matter.
                guard told.alert.state != alert.state || told.at + Self.quiet <= now else { return }
                event = .raised
            } else if told.alert.state != alert.state {
                event = .raised
            } else if let again = policy.repeatAfter, told.at + again <= now {
                event = .repeated
            } else {
                // Words and places may have changed: what is said when it is over is said of it as it is.
                memory.told[alert.id]?.alert = alert
                return
            }
        } else {
            event = .raised
        }
        memory.told[alert.id] = AlertMemory.Told(alert: alert, at: now)
        add(event, alert, policy.notify, channels, now)
    }

    private mutating func add(
        _ event: AlertNotice.Event, _ alert: Alert, _ names: [ChannelName], _ channels: [ChannelName: ChannelSpec],
        _ now: Timestamp
    ) {
        for name in names {
            guard let channel = channels[name] else { continue }
            guard channel.isForApprovers else {
                notices.append(AlertNotice(event: event, alert: alert, channel: name, at: now))
                continue
            }
            // Whoever could sign hears what waits; that it does not any more is no errand.
            guard alert.id.kind.isErrand, event != .resolved else { continue }
            for person in alert.people {
                notices.append(AlertNotice(event: event, alert: alert, channel: name, recipient: person, at: now))
            }
        }
    }

    private mutating func finish(
        _ before: [Alert.ID: AlertMemory.Told], _ current: Set<Alert.ID>, _ policies: [AlertPolicy],
        _ channels: [ChannelName: ChannelSpec], _ now: Timestamp
    ) {
        let known = Dictionary(policies.map { ($0.name, $0.spec) }) { first, _ in first }
        for (id, told) in before where !current.contains(id) {
            if told.isOver {
                if told.at + Self.quiet <= now { memory.told[id] = nil }
                continue
            }
            guard let policy = known[id.policy] else {
                memory.told[id] = nil
                continue
            }
            memory.told[id] = AlertMemory.Told(alert: told.alert, at: now, isOver: true)
            if policy.resolved { add(.resolved, told.alert, policy.notify, channels, now) }
        }
    }
}

/// Which connectors and devices each policy is about.
package struct AlertPlaces: Sendable {
    /// Of policies that do not match everything.
    private var connectors: [AlertPolicyName: Set<ConnectorName>] = [:]
    private var certificates: [AlertPolicyName: Set<CertificateName>] = [:]
    private var devices: [AlertPolicyName: Set<DeviceName>] = [:]

    /// - Parameter plan: of `desired`: which certificate is where.
    package init(_ policies: [AlertPolicy], plan: Plan, desired: DeclarationSet, inForce: TrustSet) {
        for policy in policies where !policy.spec.match.isEmpty {
            let match = policy.spec.match
            let matched = Set(
                inForce.devices.values.filter { match.devices.matches(PolicyTable.DeviceFacts($0)) }.map(\.name))
            var found: Set<ConnectorName> = []
            var touched: Set<DeviceName> = match.labels.isEmpty ? matched : []
            for view in plan.connectors where matched.contains(view.device) {
                let own = desired.connectors[view.connector]?.labels
                let bound = view.certificate.flatMap { desired.certificates[$0]?.labels }
                guard match.labels.allSatisfy({ own?[$0.key] == $0.value || bound?[$0.key] == $0.value }) else {
                    continue
                }
                found.insert(view.connector)
                touched.insert(view.device)
            }
            (connectors[policy.name], devices[policy.name]) = (found, touched)
            // A certificate that is nowhere has labels and no device.
            guard match.devices == ApprovalPolicySpec.Match() else { continue }
            certificates[policy.name] = Set(
                desired.certificates.values.filter { certificate in
                    match.labels.allSatisfy { certificate.labels[$0.key] == $0.value }
                }.map(\.name))
        }
    }

    func matches(_ policy: AlertPolicy, _ circumstance: Circumstance) -> Bool {
        guard !policy.spec.match.isEmpty else { return true }
        guard circumstance.connectors.isEmpty else {
            return circumstance.connectors.contains { connectors[policy.name]?.contains($0) ?? false }
        }
        if let device = circumstance.device { return devices[policy.name]?.contains(device) ?? false }
        return circumstance.certificate.map { certificates[policy.name]?.contains($0) ?? false } ?? false
    }
}
