// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
internal import Declarations
internal import Vocabulary

/// What must be done next, and who must sign for it: a pure function over values, the same for plan, approve, reconcile and the
/// check right before a push.
///
/// Ten thousand slots that are as they should be cost a comparison of hashes each; certificates are decoded, content is
/// written and records are counted only where something differs.
package struct Planner {
    let input: PlanningInput
    let rows: [SlotRow]
    let judge: Judge
    let records: RecordIndex
    let compromised: Set<SPKIFingerprint>
    let standing: StandingRule
    var shelf: CertificateShelf
    var policies: PolicyTable
    var standings: [DeviceName: DeviceStanding] = [:]
    var windows: [PolicyName: PolicyWindows] = [:]
    var policyFragments: [PolicyName: CanonicalFragment] = [:]
    var installs: [CertificateName: CanonicalFragment] = [:]
    /// Public key → slots that hold it or are bound to it. Made when first asked for.
    var holdersByKey: [SPKIFingerprint: [KeyHolder]]?
    var decisions: [DecisionKey: PolicyTable.Found?] = [:]
    var names: [Int: [String]] = [:]
    var descent: Descent
    /// What people alone have given, of work orders that something stands for.
    var byPeople: [WorkOrderDigest: Judgement] = [:]
    var rootsReached: [SentChain: Set<String>] = [:]

    package static func plan(_ input: PlanningInput) -> Plan {
        var planner = Planner(input)
        return planner.plan()
    }

    private init(_ input: PlanningInput) {
        self.input = input
        rows = SlotRow.all(of: input)
        judge = Judge(inForce: input.inForce, tip: input.tip, now: input.now)
        records = RecordIndex(input.records)
        standing = StandingRule(inForce: input.inForce, tip: input.tip, now: input.now)
        compromised = [input.inForce.repository, input.tip.repository, input.desired.repository]
            .reduce(into: []) { $0.formUnion($1?.spec.compromisedKeys ?? []) }
        shelf = CertificateShelf(sent: input.certificates, slots: input.history.slots)
        policies = PolicyTable(input.inForce.policies.values)
        descent = Descent(parents: input.requesters.parents)
    }

    private mutating func plan() -> Plan {
        var workOrders: [WorkOrder] = input.history.openBatches.values.sorted { $0.id < $1.id }.flatMap { inFlight($0) }
        let flying = Set(workOrders.map(\.slot))
        var views: [ConnectorView] = []
        var drift: [Drift] = []
        var unchanged = 0
        views.reserveCapacity(rows.count)
        let looks = Parallel.map(rows, width: 4) { [input, compromised] row in
            row.isHere ? SlotLook(row, input, compromised: compromised) : nil
        }
        prepareShelf(looks)
        for (index, row) in rows.enumerated() {
            guard let look = looks[index] else { continue }
            let difference = look.difference
            if flying.contains(row.key) {
                // A slot in flight has exactly one work order.
            } else if let workOrder = workOrder(for: index, difference) {
                workOrders.append(workOrder)
            } else if difference == .nothing, row.certificate != nil {
                unchanged += 1
            }
            views.append(view(of: row, look))
            if let found = look.drift { drift.append(found) }
        }
        workOrders.sort { ($0.connector, $0.slot) < ($1.connector, $1.slot) }
        spendBudgets(&workOrders)
        let limits = limit(&workOrders)
        roll(&workOrders, looks, views)
        let refused = tell(refused(besides: workOrders), to: &workOrders)
        attach(workOrders, to: &views)
        var plan = Plan(
            workOrders: workOrders, requests: requests(of: workOrders), drift: drift, connectors: views, limits: limits,
            refused: refused, unchanged: unchanged)
        plan.emergencies = input.history.emergencies.filter { $0.value.review == nil }
            .map { Plan.OpenEmergency(workOrder: $0.key, facts: $0.value) }
            .sorted { ($0.facts.at, $0.workOrder) < ($1.facts.at, $1.workOrder) }
        return plan
    }

    /// Decodes what differs before it is asked for, one by one.
    private mutating func prepareShelf(_ looks: [SlotLook?]) {
        var questions: [CertificateShelf.Question] = []
        for (index, look) in looks.enumerated() {
            switch look?.difference {
            case .nothing, .inFlight, .work(.remove), nil: continue
            case .work, .unobserved:
                let row = rows[index]
                guard let device = row.device else { continue }
                questions.append(
                    CertificateShelf.Question(
                        chain: row.sent, roots: standing(of: device, isInForce: row.isInForce).roots,
                        held: row.holding.leaf))
            }
        }
        shelf.prepare(questions)
    }

    /// Of a wanted leaf: what the slot was last completed with is known already.
    mutating func publicKey(of leaf: Fingerprint, _ head: SlotHead?) -> SPKIFingerprint? {
        if let last = head?.lastCompleted, last.leaf == leaf, let known = last.spki { return known }
        return shelf.publicKey(leaf)
    }

    mutating func standing(of device: Device, isInForce: Bool) -> DeviceStanding {
        if let known = standings[device.name] { return known }
        let made = DeviceStanding(device, isInForce: isInForce, input: input)
        standings[device.name] = made
        return made
    }
}
