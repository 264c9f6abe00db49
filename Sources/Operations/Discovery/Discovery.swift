// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Connectors
package import Declarations
package import Journal
internal import PKI
package import Planning
package import TLSProbe
package import Vocabulary

/// What devices hold and serve now, as facts: only what changed, one token for a device that did not.
package struct Discovery: Sendable {
    package var registry: DriverRegistry
    package var prober: Prober
    /// Devices observed at once.
    package var width = 16

    package init(registry: DriverRegistry, prober: Prober = Prober()) {
        (self.registry, self.prober) = (registry, prober)
    }

    /// A device with the connectors that are declared on it.
    package struct Subject: Sendable {
        package var device: Device
        package var connectors: [AppConnector]
        package init(device: Device, connectors: [AppConnector]) {
            (self.device, self.connectors) = (device, connectors)
        }
    }

    /// One for each device of the zone that is not ignored, sorted by name; its connectors too.
    package static func subjects(devices: [DeviceName: Device], zone: ZoneName, connectors: [AppConnector]) -> [Subject]
    {
        var found: [DeviceName: [AppConnector]] = [:]
        for connector in connectors { found[connector.spec.device, default: []].append(connector) }
        return devices.values.filter { $0.spec.zone == zone && $0.spec.sync != .ignored }.sorted { $0.name < $1.name }
            .compactMap { device in
                found[device.name].map { Subject(device: device, connectors: $0.sorted { $0.name < $1.name }) }
            }
    }

    /// What was seen.
    package struct Findings: Sendable {
        package var facts: [Fact] = []
        /// Where something lies that nobody may need any more.
        package var leftovers: [DeviceName: Leftovers] = [:]
        /// Of each device that could be observed: keys that were made there.
        package var madeKeys: [DeviceName: [CertificateName: Set<SPKIFingerprint>]] = [:]
        /// What was served with leaves that were pushed or adopted, where it is worth asking whether they were revoked.
        package var presented: [Fingerprint: Presented] = [:]
    }

    /// One leaf as some endpoint served it.
    package struct Presented: Sendable, Hashable {
        /// DER, as sent, leaf first.
        package var certificates: [[UInt8]]
        package var staple: [UInt8]?
    }

    /// What was seen of one device.
    private struct Look: Sendable {
        /// None: nothing changed.
        var facts: [Fact] = []
        /// nil: it could not be observed.
        var observation: DeviceObservation?
    }

    /// Observes all of them. A device that cannot be observed costs only itself.
    ///
    /// - Parameter closely: slots are read also where nothing says that they changed: right before and after a push, where what is
    ///   seen is acted upon.
    package func run(
        _ subjects: [Subject], history: History, now: Timestamp, closely: Bool = false
    ) async -> Findings {
        async let held = observe(subjects, history: history, now: now, closely: closely)
        async let served = probe(subjects, history: history, now: now)
        var findings = await held
        let (facts, presented) = await served
        findings.facts += facts
        findings.presented = presented
        return findings
    }

    private func observe(
        _ subjects: [Subject], history: History, now: Timestamp, closely: Bool
    ) async -> Findings {
        let looks = await subjects.concurrentMap(atMost: width) { subject in
            await look(at: subject, history: history, now: now, closely: closely)
        }
        var findings = Findings()
        for (subject, look) in zip(subjects, looks) {
            findings.facts += look.facts
            let device = subject.device.name
            if let left = look.observation?.leftovers, left != .none { findings.leftovers[device] = left }
            findings.madeKeys[device] = look.observation?.madeKeys
        }
        return findings
    }

    private func look(at subject: Subject, history: History, now: Timestamp, closely: Bool) async -> Look {
        let device = subject.device.name
        do throws(DeviceError) {
            let driver = try registry.driver(for: subject.device)
            let keys = subject.connectors.map { SlotKey($0) }
            let allSeen = keys.allSatisfy { history.slots[$0]?.observed != nil }
            let known = !closely && allSeen && history.unreachable[device] == nil ? history.tokens[device] : nil
            let observation = try await driver.observe(subject.connectors.map(\.spec.slot), unlessStill: known)
            let references = references(subject.connectors, observation.referenced, history, now)
            guard let slots = observation.slots else { return Look(facts: references, observation: observation) }
            let changed = slots.filter { history.slots[$0.slot]?.observed != $0 }
            if changed.isEmpty, history.tokens[device] == observation.token, history.unreachable[device] == nil {
                return Look(facts: references, observation: observation)
            }
            return Look(
                facts: [.observed(device, token: observation.token, changed: changed, at: now)] + references,
                observation: observation)
        } catch {
            let message = "\(error.operation): \(error.detail)"
            let isKnown = history.unreachable[device]?.message == message
            return Look(facts: isKnown ? [] : [.unobserved(device, message: message, at: now)])
        }
    }

    /// Whether the configuration names every file of a slot, where that is another answer than before.
    private func references(
        _ connectors: [AppConnector], _ named: Set<String>?, _ history: History, _ now: Timestamp
    ) -> [Fact] {
        var changed: [SlotKey: SlotReference] = [:]
        for connector in connectors {
            let slot = connector.spec.slot
            let isNamed = named.map { $0.contains(slot.path) && $0.contains(slot.keyPath) }
            let reference = isNamed.map { $0 ? SlotReference.named : .unnamed } ?? .unknown
            let key = SlotKey(connector)
            if history.slots[key]?.reference ?? .unknown != reference { changed[key] = reference }
        }
        return changed.isEmpty ? [] : [.referenced(changed, at: now)]
    }

    private func probe(
        _ subjects: [Subject], history: History, now: Timestamp
    ) async -> ([Fact], [Fingerprint: Presented]) {
        var plan = ProbePlan()
        var owners: [SlotKey] = []
        for subject in subjects {
            for connector in subject.connectors {
                for endpoint in connector.spec.endpoints {
                    plan.add(endpoint, on: subject.device)
                    owners.append(SlotKey(connector))
                }
            }
        }
        guard !plan.targets.isEmpty else { return ([], [:]) }
        var answers: [SlotKey: [EndpointObservation]] = [:]
        var presented: [Fingerprint: Presented] = [:]
        for (index, answer) in await prober.probe(plan.targets).enumerated() {
            answers[owners[index], default: []] += EndpointObservation.all(answer, of: plan.endpoints[index])
            let completed = history.slots[owners[index]]?.lastCompleted?.leaf
            for case .served(let served) in answer.addresses.map(\.outcome) where served.leaf == completed {
                let isDue =
                    history.revocations[served.leaf]?.isDue(at: now)
                    ?? served.certificates.first.map(RevocationPlaces.mayBe) ?? false
                guard isDue || served.staple != nil, presented[served.leaf]?.staple == nil else { continue }
                presented[served.leaf] = Presented(certificates: served.certificates, staple: served.staple)
            }
        }
        let changed = answers.filter { history.slots[$0.key]?.served != $0.value }
        return (changed.isEmpty ? [] : [.served(changed, at: now)], presented)
    }
}

extension EndpointObservation {
    /// One for each address that was asked, or one that says why there is none.
    static func all(_ answer: ProbeAnswer, of endpoint: Endpoint) -> [EndpointObservation] {
        if let failure = answer.unresolved {
            return [EndpointObservation(endpoint: endpoint, address: endpoint.address, answer: Answer(failure))]
        }
        return answer.addresses.map { entry in
            switch entry.outcome {
            case .served(let served):
                EndpointObservation(
                    endpoint: endpoint, address: entry.address.description,
                    answer: .served(leaf: served.leaf, chain: served.chain))
            case .failed(let failure):
                EndpointObservation(endpoint: endpoint, address: entry.address.description, answer: Answer(failure))
            }
        }
    }
}

extension EndpointObservation.Answer {
    init(_ failure: HandshakeFailure) { self = .failed(code: failure.code.rawValue, detail: failure.detail) }
}
