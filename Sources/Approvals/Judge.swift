// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Declarations
package import Vocabulary

/// What the records on one case come to. Where many cases are judged, make one `Judge` and one `RecordIndex`.
package func judge(
    _ case: ApprovalCase, records: [SeenRecord], inForce: TrustSet, tip: TrustSet, now: Timestamp
) -> Judgement {
    Judge(inForce: inForce, tip: tip, now: now).judgement(on: `case`, records: RecordIndex(records))
}

/// Counts records by the set in force and the tip, as of one instant. Pure: the same values give the same judgements.
package struct Judge: Sendable {
    /// A person needs one record for a case, and a few more as time passes. Whoever signs more of them than this slows only themselves.
    package static let mostRecordsOfOnePerson = 100

    package let electorate: Electorate
    package let now: Timestamp
    private let repository: String?
    private let available: [[Approver]: [PersonName]]

    package init(inForce: TrustSet, tip: TrustSet, now: Timestamp) {
        let electorate = Electorate(inForce: inForce, tip: tip)
        var available: [[Approver]: [PersonName]] = [:]
        for policy in inForce.policies.values {
            for level in policy.spec.levels + [policy.spec.policyChangeLevel] + policy.spec.emergencyLevels
            where available[level.approvers] == nil {
                available[level.approvers] = electorate.available(level.approvers, at: now)
            }
        }
        (self.electorate, self.now, self.available) = (electorate, now, available)
        repository = inForce.repository?.spec.id
    }

    package func judgement(on case: ApprovalCase, records: RecordIndex) -> Judgement {
        let all = records[`case`.subject]
        guard let emergency = `case`.emergency, all.contains(where: Self.isEmergency) else {
            return judgement(on: `case`, all)
        }
        var judged = judgement(on: `case`, all.filter { !Self.isEmergency($0) })
        let quorum = judgement(
            on: `case`.reduced(to: emergency),
            all.filter { Self.isEmergency($0) || $0.signed.record.decision == .revoke })
        judged.emergency = quorum.levels.first
        let known = Set(judged.refused.map(\.commit))
        judged.refused += quorum.refused.filter { !known.contains($0.commit) }
        if judged.isEmergency {
            (judged.window, judged.completeAt, judged.unsatisfiable) = (quorum.window, quorum.completeAt, nil)
        }
        return judged
    }

    private func judgement(on case: ApprovalCase, _ records: [SeenRecord]) -> Judgement {
        var ballot = Ballot(of: `case`, judge: self)
        for record in records { ballot.take(record) }
        return ballot.judgement()
    }

    private static func isEmergency(_ record: SeenRecord) -> Bool {
        record.signed.record.emergency && record.signed.record.decision == .approve
    }

    /// Who signed a review of an emergency, or why it is none: anybody who may sign at some level or as an emergency, and did not sign
    /// this one.
    package func reviewer(
        _ record: SeenRecord, of quorum: [PersonName], under policy: ApprovalPolicySpec
    ) -> Result<PersonName, Refusal> {
        standing(of: record).flatMap { person in
            guard !electorate.isRobot(person) else { return .failure(Words.robot(person)) }
            guard !quorum.contains(person) else { return .failure(Words.ownReview(person)) }
            guard electorate.isAmong(policy.reviewers, person) else { return .failure(Words.outsider(person, .review)) }
            return .success(person)
        }
    }

    /// Everybody who could review it now.
    package func reviewers(of quorum: [PersonName], under policy: ApprovalPolicySpec) -> [PersonName] {
        available(policy.reviewers).filter { !quorum.contains($0) }
    }

    /// What is wrong with a record whatever it is about: the checks of form that depend on time, key, parent, tree, repository, in this order.
    func standing(of record: SeenRecord) -> Result<PersonName, Refusal> {
        let signed = record.signed
        let time = record.firstSeen ?? now
        if let refusal = RecordReader.notYet(signed.record, now: now) { return .failure(refusal) }
        return electorate.signer(signed.signingKey, at: time).flatMap { person in
            if let refusal = record.placement ?? misdirected(signed.record) { return .failure(refusal) }
            return .success(person)
        }
    }

    /// What is wrong with a record that is about nothing which is open: its own fault stands before that of what it is about.
    package func fault(of record: SeenRecord) -> Refusal? {
        if record.signed.record.decision == .revoke {
            if case .failure(let refusal) = revokers(of: record) { refusal } else { nil }
        } else {
            if case .failure(let refusal) = standing(of: record) { refusal } else { nil }
        }
    }

    /// As `standing`, for a `revoke`: a key that stands in either set is enough to take away.
    func revokers(of record: SeenRecord) -> Result<Set<PersonName>, Refusal> {
        let signed = record.signed
        let time = record.firstSeen ?? now
        if let refusal = RecordReader.notYet(signed.record, now: now) { return .failure(refusal) }
        let people = electorate.revokers(signed.signingKey, at: time)
        if people.isEmpty, case .failure(let refusal) = electorate.signer(signed.signingKey, at: time) {
            return .failure(refusal)
        }
        if let refusal = record.placement ?? misdirected(signed.record) { return .failure(refusal) }
        return .success(people)
    }

    private func misdirected(_ record: ApprovalRecord) -> Refusal? {
        record.repository == repository ? nil : Words.wrongRepository(record.repository)
    }

    /// Everybody whom `approvers` name and who could sign now.
    func available(_ approvers: [Approver]) -> [PersonName] {
        available[approvers] ?? electorate.available(approvers, at: now)
    }
}

extension ApprovalPolicySpec {
    /// Among whom somebody outside of an emergency's quorum reviews it.
    package var reviewers: [Approver] {
        (levels.flatMap(\.approvers) + (emergency?.approvers ?? [])).distinct()
    }
}
