// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Approvals
package import Declarations
package import Vocabulary

/// Everything that alerts are gathered from. Values only.
package struct AlertInput: Sendable {
    package struct PolicyChange: Sendable {
        package var id: String
        package var judgement: Judgement
        package var state: WorkOrderState
        package init(id: String, judgement: Judgement, state: WorkOrderState) {
            (self.id, self.judgement, self.state) = (id, judgement, state)
        }
    }
    package var plan: Plan
    /// What the planned commit declares, its chains and their certificates.
    package var desired: DeclarationSet
    package var chains: [String: SentChain]
    package var certificates: [Fingerprint: [UInt8]]
    package var history: History
    package var inForce: TrustSet
    /// Who may sign, by the set in force and the tip.
    package var judge: Judge
    package var policyChange: PolicyChange?
    /// Whose reconciler looks.
    package var zone: ZoneName
    package var now: Timestamp

    package init(
        plan: Plan, desired: DeclarationSet, chains: [String: SentChain], certificates: [Fingerprint: [UInt8]],
        history: History, inForce: TrustSet, judge: Judge, policyChange: PolicyChange?, zone: ZoneName, now: Timestamp
    ) {
        (self.plan, self.desired, self.chains, self.certificates) = (plan, desired, chains, certificates)
        (self.history, self.inForce, self.judge, self.policyChange) = (history, inForce, judge, policyChange)
        (self.zone, self.now) = (zone, now)
    }

    package var policies: [AlertPolicy] { Array(inForce.alertPolicies.values) }
}

/// What is so, as far as some policy asks.
package struct Circumstances: Sendable {
    package private(set) var all: [Circumstance] = []
    /// With what this pass has seen.
    package private(set) var memory: AlertMemory

    /// - Parameter memory: of the pass before.
    package init(_ input: AlertInput, memory: AlertMemory) {
        self.memory = memory
        guard !input.policies.isEmpty else {
            (self.memory.waiting, self.memory.signed, self.memory.lost) = ([:], [], [])
            return
        }
        let conditions = input.policies.flatMap { $0.spec.alerts.map(\.condition) }
        let colours = conditions.reduce(into: Set<String>()) { colours, condition in
            if case .colours(let some) = condition { colours.formUnion(some.map(\.rawValue)) }
        }
        var shelf = CertificateShelf(sent: input.certificates, slots: input.history.slots)
        gatherEnds(input, &shelf)
        for view in input.plan.connectors { gather(view, input, colours) }
        for drift in input.plan.drift { gather(drift, input) }
        gatherWaiting(input, &shelf)
        gatherSigned(input)
        gatherEmergencies(input)
        for (device, unreachable) in input.history.unreachable.sorted(by: { $0.key < $1.key }) {
            guard input.inForce.devices[device]?.spec.zone == input.zone else { continue }
            var circumstance = Circumstance(.unreachable(since: unreachable.since), device.text)
            circumstance.device = device
            add(circumstance)
        }
        for person in input.inForce.people.values.sorted(by: { $0.name < $1.name }) { gather(person) }
    }

    package init(_ all: [Circumstance], memory: AlertMemory) { (self.all, self.memory) = (all, memory) }

    /// The same, seen by somebody who has told more.
    package func remembering(_ memory: AlertMemory) -> Circumstances { Circumstances(all, memory: memory) }

    private mutating func add(_ circumstance: Circumstance) { all.append(circumstance) }
}

// Certificates and where they are.
extension Circumstances {
    private struct Held: Hashable {
        var certificate: CertificateName?
        var leaf: Fingerprint
    }

    /// What slots hold, else what they should; and what is declared for no place at all.
    private mutating func gatherEnds(_ input: AlertInput, _ shelf: inout CertificateShelf) {
        var places: [Held: [ConnectorName]] = [:]
        for view in input.plan.connectors {
            let head = input.history.slots[view.slot]
            let chain = view.certificate.flatMap { input.desired.certificates[$0] }.flatMap {
                input.chains[$0.spec.chain]
            }
            guard let leaf = view.holding?.leaf ?? chain?.leaf else { continue }
            let held = Held(certificate: view.certificate ?? head?.lastCompleted?.certificate, leaf: leaf)
            places[held, default: []].append(view.connector)
        }
        // Every zone would tell of what is in none of them.
        if input.inForce.zones.keys.min() == input.zone {
            let bound = Set(DesiredSlots(of: input.desired).slots.map(\.certificate))
            for certificate in input.desired.certificates.values where !bound.contains(certificate.name) {
                guard let chain = input.chains[certificate.spec.chain] else { continue }
                places[Held(certificate: certificate.name, leaf: chain.leaf), default: []] += []
            }
        }
        for (held, connectors) in places {
            guard let lifetime = shelf.lifetime(held.leaf) else { continue }
            var circumstance = Circumstance(
                .ends(lifetime), "\(held.certificate?.text ?? connectors.first?.text ?? "") \(held.leaf.hex)")
            (circumstance.certificate, circumstance.leaf) = (held.certificate, held.leaf)
            circumstance.connectors = connectors.sorted()
            circumstance.next = held.certificate.map { "countersign topology \($0)" }
            add(circumstance)
        }
    }

    private mutating func gather(_ view: ConnectorView, _ input: AlertInput, _ colours: Set<String>) {
        let head = input.history.slots[view.slot]
        func place(_ what: Circumstance.What, _ state: String) -> Circumstance {
            var circumstance = Circumstance(what, view.connector.text)
            circumstance.state = state
            (circumstance.certificate, circumstance.leaf) = (view.certificate, view.holding?.leaf)
            (circumstance.connectors, circumstance.device) = ([view.connector], view.device)
            circumstance.next = "countersign status \(view.connector)"
            return circumstance
        }
        if colours.contains(view.colour.rawValue) { add(place(.coloured(view.colour), view.colour.rawValue)) }
        if let head, head.hasFailed, let ended = head.lastEnded {
            var failed = place(.pushFailed(ended.outcome.finalState?.name ?? "failed"), ended.digest.hex)
            (failed.workOrder, failed.next) = (ended.digest.id, "countersign explain \(ended.digest.id)")
            add(failed)
        }
        if let head, head.openBatch == nil, let expected = head.lastCompleted?.leaf {
            let answers = head.served.filter { !ServedView.isOwnFault($0.answer) }
            let matched = answers.count { if case .served(expected, _) = $0.answer { true } else { false } }
            if matched < answers.count {
                var differs = place(.differs(matched, of: answers.count), "\(matched) of \(answers.count)")
                (differs.leaf, differs.next) = (expected, "countersign verify")
                add(differs)
            }
        }
    }

    private mutating func gather(_ drift: Drift, _ input: AlertInput) {
        var circumstance = Circumstance(.drifted(drift.found), drift.connector.text)
        circumstance.state =
            switch drift.found {
            case .nothing: "nothing"
            case .certificate(let leaf): leaf.hex
            case .other(let digest): digest.hex
            }
        (circumstance.connectors, circumstance.device, circumstance.leaf) = (
            [drift.connector], drift.device, drift.declared
        )
        circumstance.next = "countersign adopt \(drift.connector)"
        add(circumstance)
    }

    private mutating func gather(_ person: Person) {
        let ends = person.spec.keys.filter { $0.revokedFrom == nil }.map(\.notAfter)
        guard !ends.isEmpty, !ends.contains(nil), let last = ends.compactMap(\.self).max() else { return }
        var circumstance = Circumstance(.keysEnd(last), person.name.text)
        (circumstance.person, circumstance.state) = (person.name, last.description)
        add(circumstance)
    }
}

// What people have to sign.
extension Circumstances {
    private struct Errand: Hashable {
        var subject: String
        var level: String
    }

    /// One for each request and level: two hundred connectors of one certificate are one errand. What only awaits adoption is none.
    private mutating func gatherWaiting(_ input: AlertInput, _ shelf: inout CertificateShelf) {
        var errands: [Errand: [WorkOrder]] = [:]
        for order in input.plan.workOrders where order.action != .adopt && order.waitsForPeople {
            guard let digest = order.digest, let level = order.judgement.awaited else { continue }
            errands[Errand(subject: order.request?.id ?? digest.id, level: level.name), default: []].append(order)
        }
        var waiting: [String: Timestamp] = [:]
        func since(_ errand: Errand) -> Timestamp {
            let key = "\(errand.subject) \(errand.level)"
            let first = memory.waiting[key] ?? input.now
            waiting[key] = first
            return first
        }
        for (errand, orders) in errands {
            guard let first = orders.first, let level = first.judgement.awaited else { continue }
            let lifetimes = orders.compactMap { order in
                (order.replaces.leaf ?? order.installs?.leaf).flatMap { shelf.lifetime($0) }
            }
            var circumstance = Circumstance(
                .waits(since: since(errand), lifetime: lifetimes.min { $0.notAfter < $1.notAfter }), errand.subject)
            circumstance.state = errand.level
            circumstance.certificate = first.certificate
            circumstance.connectors = orders.map(\.connector).sorted()
            circumstance.request = first.request?.id
            circumstance.workOrder = orders.count == 1 ? first.digest?.id : nil
            circumstance.orders = orders.count
            circumstance.take(level, people: orders.map { $0.judgement.awaited?.candidates ?? [] })
            circumstance.next = "countersign \(first.judgement.awaitedVerb) \(errand.subject)"
            add(circumstance)
        }
        if let change = input.policyChange, change.state.waitsForPeople, let level = change.judgement.awaited {
            let errand = Errand(subject: change.id, level: level.name)
            var circumstance = Circumstance(.waits(since: since(errand), lifetime: nil), change.id)
            (circumstance.state, circumstance.request) = (level.name, change.id)
            circumstance.take(level, people: [level.candidates])
            circumstance.next = "countersign approve \(change.id)"
            add(circumstance)
        }
        memory.waiting = waiting
    }

    /// What had all its signatures and has not any more, though nobody decided against it.
    private mutating func gatherSigned(_ input: AlertInput) {
        var (signed, lost): (Set<String>, Set<String>) = ([], [])
        for order in input.plan.workOrders {
            guard let digest = order.digest, order.judgement.tombstone == nil, !order.judgement.levels.isEmpty else {
                continue
            }
            if order.judgement.isComplete {
                signed.insert(digest.hex)
                continue
            }
            guard memory.signed.contains(digest.hex) || memory.lost.contains(digest.hex),
                let level = order.judgement.awaited
            else { continue }
            lost.insert(digest.hex)
            var circumstance = Circumstance(.signatureLost, digest.id)
            circumstance.certificate = order.certificate
            (circumstance.connectors, circumstance.device) = ([order.connector], order.device)
            (circumstance.workOrder, circumstance.request) = (digest.id, order.request?.id)
            circumstance.take(level, people: [level.candidates])
            circumstance.next = "countersign explain \(digest.id)"
            add(circumstance)
        }
        (memory.signed, memory.lost) = (signed, lost)
    }

    /// What the same records decided on is one emergency. It bears the name of one of its work orders, and keeps it while one after the
    /// other is reviewed.
    private mutating func gatherEmergencies(_ input: AlertInput) {
        guard !input.plan.emergencies.isEmpty else { return }
        let all = Dictionary(grouping: input.history.emergencies) { $0.value.records }
        for open in input.plan.emergenciesWhole {
            guard let first = open.first, let name = all[first.facts.records]?.map(\.key).min() else { continue }
            var circumstance = Circumstance(
                .unreviewed(since: first.facts.at, quorum: first.facts.people.sorted()), name.id)
            circumstance.connectors = open.map(\.facts.connector).sorted()
            circumstance.device = first.facts.slot.device
            circumstance.certificate = input.history.slots[first.facts.slot]?.lastCompleted?.certificate
            circumstance.workOrder = first.workOrder.id
            if let policy = input.inForce.policies[first.facts.policy]?.spec {
                circumstance.approvers = policy.reviewers.map(\.description)
                circumstance.people = input.judge.reviewers(of: first.facts.people, under: policy)
            }
            circumstance.next = "countersign review \(first.workOrder.id)"
            add(circumstance)
        }
    }
}

extension Circumstance {
    fileprivate mutating func take(_ level: Judgement.LevelStanding, people: [[PersonName]]) {
        self.level = level.name
        approvers = level.approvers.map(\.description)
        self.people = Set(people.joined()).sorted()
    }
}

extension CertificateShelf {
    mutating func lifetime(_ leaf: Fingerprint) -> Circumstance.Lifetime? {
        validity(leaf).map { Circumstance.Lifetime(notBefore: $0.notBefore, notAfter: $0.notAfter) }
    }
}
