// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Approvals
package import Declarations
package import Vocabulary

/// What policies say of a change that somebody has thought up: by the very rules that a plan is made with.
package struct PolicyTrial {
    package struct Outcome: Sendable {
        package var decision: PolicyDecision?
        package var judgement: Judgement
        /// In the fixed order.
        package var blocks: [Block]
        package var state: WorkOrderState
        /// Whose signatures were refused, and why.
        package var refused: [(person: PersonName, refusal: Refusal)]
        /// What kept each standing approval that is meant for such a place from standing.
        package var objections: [(name: StandingApprovalName, objections: [StandingObjection])]
    }

    private let set: TrustSet
    private var table: PolicyTable
    private let digest = WorkOrderDigest(hashing: Array("a change that is tried".utf8))

    /// - Parameter set: what is tried. It is in force here, and its tip.
    package init(_ set: TrustSet) {
        self.set = set
        table = PolicyTable(set.policies.values)
    }

    package func outcome(of trial: PolicyTestSpec.Case) -> Outcome {
        let change = trial.change
        let places = ([change.place] + change.alsoAt).enumerated().compactMap { Self.place($1, at: $0) }
        let decision = decision(places, change.change)
        let requesters = Self.requesters(change)
        var blocks: [Block?] = []
        var judgement = Judgement(levels: [])
        var objections: [(name: StandingApprovalName, objections: [StandingObjection])] = []
        let records = records(trial, levels: decision?.policy.spec.levels ?? [])
        if let policy = decision?.policy {
            let judge = Judge(inForce: set, tip: set, now: trial.at)
            let index = RecordIndex(records.map(\.record))
            var subject = ApprovalCase.workOrder(digest, under: policy.spec, requesters: requesters)
            judgement = judge.judgement(on: subject, records: index)
            let rule = StandingRule(inForce: set, tip: set, now: trial.at)
            let facts = Self.facts(change, places, requesters)
            let levels = policy.spec.levels.map(\.name)
            objections = rule.approvals.filter { rule.concerns($0, facts, levels: levels) }
                .map { ($0.name, rule.objections(to: $0, facts)) }
            if !judgement.isComplete, let standing = rule.standing(for: facts, levels: levels) {
                (subject.standing, subject.standsUntil) = (standing.levels, standing.until)
                let stood = judge.judgement(on: subject, records: index)
                let spent = budgets(stood, change.renewal, at: trial.at)
                blocks += spent
                if spent.isEmpty { judgement = stood }
            }
            blocks.append(Block.unknownRequester(requesters, policy, certificate: nil))
            if !judgement.passesOver(.windows, policy.spec) {
                blocks.append(Block.outsideWindow(policy, PolicyWindows(policy.spec, around: trial.at), at: trial.at))
            }
        }
        blocks.append(Block.noApprover(decision, judgement: judgement))
        blocks.append(Block.holdsOther(Self.holding(change), judgement: judgement))
        if !(decision.map { judgement.passesOver(.limits, $0.policy.spec) } ?? false) {
            blocks.append(limit(change, judgement))
        }
        let found = blocks.compactMap(\.self).sorted { $0.code.rank < $1.code.rank }
        let signers = Dictionary(records.map { ($0.record.signed.commit, $0.person) }) { first, _ in first }
        return Outcome(
            decision: decision, judgement: judgement, blocks: found,
            state: .derived(from: StateFacts(judgement: judgement, blocks: found), at: trial.at),
            refused: judgement.refused.compactMap { refused in
                signers[refused.commit].map { ($0, refused.refusal) }
            }, objections: objections)
    }

    private func decision(_ places: [StandingFacts.Place], _ change: ChangeClass) -> PolicyDecision? {
        guard let own = ConnectorName("tried") else { return nil }
        let found = places.enumerated().compactMap { index, place in
            table.highest(
                at: index == 0 ? .connector(own) : .undeclared("another slot"), on: place.device.name,
                among: table.candidates(for: place.device), change: change
            ) { place.names }
        }
        return found.min { $0.index < $1.index }.map { PolicyDecision($0, in: table, for: own, change: change) }
    }

    private func budgets(_ judgement: Judgement, _ renewal: PolicyTestSpec.Renewal, at now: Timestamp) -> [Block] {
        guard judgement.isComplete else { return [] }
        let budget = StandingBudget(
            uses: Array(repeating: now - 1, count: renewal.inHour)
                + Array(repeating: now - .hours(2), count: max(0, renewal.inDay - renewal.inHour)))
        return judgement.standing.compactMap { name in
            guard let spec = set.standingApprovals[name]?.spec, budget.left(of: spec, at: now).pushes == 0 else {
                return nil
            }
            return Block.budgetSpent(name, next: budget.next(of: spec, at: now))
        }
    }

    private func limit(_ change: PolicyTestSpec.Change, _ judgement: Judgement) -> Block? {
        guard let slots = change.slots, change.change != .adopt, !judgement.isWithoutPeople else { return nil }
        let standing = LimitStanding(
            changed: slots.changed, of: slots.total, limits: set.repository?.spec.limits ?? .standard)
        guard standing.exceeded, !judgement.acknowledges(changes: slots.changed) else { return nil }
        return Block.limitExceeded(standing)
    }
}

extension PolicyTrial {
    private static func place(_ place: PolicyTestSpec.Place, at index: Int) -> StandingFacts.Place? {
        guard let name = DeviceName(index == 0 ? "tried" : "tried-\(index + 1)"),
            let zone = place.zone ?? ZoneName("default")
        else { return nil }
        return StandingFacts.Place(
            device: PolicyTable.DeviceFacts(name: name, kind: place.kind ?? "nginx", zone: zone, labels: place.labels),
            names: place.names)
    }

    private static func requesters(_ change: PolicyTestSpec.Change) -> Requesters {
        let reason = Requesters.Reason(commit: commit("the change"), what: "the change that is tried")
        return Requesters(
            people: Dictionary(change.requesters.map { ($0, reason) }) { first, _ in first },
            unknown: change.unknownRequester ? reason : nil)
    }

    private static func holding(_ change: PolicyTestSpec.Change) -> Holding {
        switch change.holds {
        case .other: .other(FileDigest(hashing: Array("something".utf8)))
        case .nothing, .certificate, nil: .nothing
        }
    }

    private static func facts(
        _ change: PolicyTestSpec.Change, _ places: [StandingFacts.Place], _ requesters: Requesters
    ) -> StandingFacts {
        StandingFacts(
            change: change.change, places: places, requesters: requesters, issuer: change.renewal.issuer,
            roots: Set([change.renewal.root].compactMap(\.self)),
            differs: Dictionary(change.renewal.differs.map { ($0, "\($0.rawValue): so it is told here") }) { first, _ in
                first
            })
    }

    static func commit(_ text: String) -> ObjectID {
        ObjectID(bytes: FileDigest(hashing: Array(text.utf8)).bytes.prefix(20)) ?? .zero
    }

    // MARK: Signatures

    /// As the reader would have given them, had somebody signed.
    private func records(
        _ trial: PolicyTestSpec.Case, levels: [ApprovalPolicySpec.Level]
    ) -> [(person: PersonName, record: SeenRecord)] {
        trial.signatures.enumerated().compactMap { index, signature in
            guard let key = key(of: signature.by, at: signature.at) else { return nil }
            let label = "signature \(index) by \(signature.by)"
            let said = ApprovalRecord(
                repository: set.repository?.spec.id ?? "",
                level: signature.level
                    ?? (signature.emergency ? ApprovalPolicySpec.emergencyLevelName : levels.first?.name ?? ""),
                decision: Self.decision(signature.decision),
                subject: .workOrders([digest]),
                implementation: signature.schedule.map { .scheduled(Window(start: $0.from, end: $0.until)) } ?? .manual,
                emergency: signature.emergency,
                acknowledgements: signature.acknowledges.compactMap { ApprovalRecord.Acknowledgement($0) },
                title: "Sign", comment: "as it is tried", tree: Self.commit("tree"), parent: Self.commit("status"),
                committed: signature.at)
            let signed = SignedRecord(
                key: RecordKey(hashing: Array(label.utf8)), commit: Self.commit(label), record: said, signingKey: key)
            return (signature.by, SeenRecord(signed: signed, firstSeen: signature.at))
        }
    }

    /// One that is valid then, else any; of somebody who is not declared: one that nobody knows.
    private func key(of person: PersonName, at time: Timestamp) -> String? {
        KeyRing(of: set).key(of: person, at: time) ?? SigningKey.imaginary(person)
    }

    private static func decision(_ said: PolicyTestSpec.Signature.Decision) -> ApprovalRecord.Decision {
        switch said {
        case .approve: .approve
        case .reject: .reject
        case .revoke: .revoke
        case .cancel: .cancel
        }
    }
}
