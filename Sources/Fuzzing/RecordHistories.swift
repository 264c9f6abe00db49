// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
internal import Declarations
internal import Vocabulary

/// Histories of records made by chance, counted by the rules and by `CountingModel`, which must agree; and nobody counts by a key that
/// is not in force.
package struct RecordHistories {
    package struct Report: Sendable {
        package var histories = 0
        package var complete = 0
        package var finding: String?
    }
    private let cast: Cast
    private var random: SplitMix

    package init(seed: UInt64) throws {
        cast = try Cast()
        random = SplitMix(state: seed)
    }

    package mutating func run(_ count: Int) -> Report {
        var report = Report()
        while report.histories < count, report.finding == nil {
            let model = history()
            let end = model.records.count + 1
            let judgement = judged(model, at: end)
            report.histories += 1
            if judgement.levels.allSatisfy(\.isComplete) { report.complete += 1 }
            report.finding = difference(model, judgement, at: end)
        }
        return report
    }

    private func difference(_ model: CountingModel, _ judgement: Judgement, at end: Int) -> String? {
        let expected = model.given(at: end).map(Set.init)
        let found = judgement.levels.map { Set($0.given.map(\.person.text)) }
        let expectedClosing = model.closing.map(\.decision)
        let foundClosing: CountingModel.Record.Decision? =
            switch judgement.tombstone {
            case .rejected: .reject
            case .cancelled: .cancel
            case nil: nil
            }
        let complete = judgement.levels.map(\.isComplete)
        let expectedComplete = zip(expected, model.levels).map { $0.count >= $1.count }
        guard expected != found || expectedClosing != foundClosing || complete != expectedComplete else { return nil }
        return
            "expected \(expected) \(String(describing: expectedClosing)), counted \(found) \(String(describing: foundClosing)) of \(model)"
    }

    private mutating func history() -> CountingModel {
        let keys = Cast.people + Cast.others
        let levels = ["pki", "netops"].map { (approvers: Cast.groups[$0] ?? [], count: 1 + random.below(2)) }
        let requesters = Set((0..<random.below(3)).map { _ in Cast.people[random.below(Cast.people.count)] })
        let records = (0..<random.below(14)).map { index in
            let decision: CountingModel.Record.Decision =
                switch random.below(20) {
                case 0: .reject
                case 1: .cancel
                case 2...4: .revoke
                default: .approve
                }
            return CountingModel.Record(
                key: keys[random.below(keys.count)], level: random.below(2), decision: decision, seen: index + 1)
        }
        return CountingModel(
            levels: levels, requesters: requesters, isDistinct: random.below(2) == 0, mayTakeBack: ["taken": "bob"],
            records: records)
    }

    private func judged(_ model: CountingModel, at end: Int) -> Judgement {
        let digest = WorkOrderDigest(hashing: Array("a work order".utf8))
        var policy = ApprovalPolicySpec(
            levels: zip(["approve", "implement"], zip(["pki", "netops"], model.levels)).map { name, level in
                .init(name: name, approvers: GroupName(level.0).map { [.group($0)] } ?? [], count: level.1.count)
            })
        (policy.expiresAfter, policy.attendedFor) = (.days(1000), .days(1000))
        policy.separation.distinctAcrossLevels = model.isDistinct
        let reason = Requesters.Reason(commit: Self.id(0), what: "certificates/shop.pem")
        let requesters = Requesters(
            people: Dictionary(
                uniqueKeysWithValues: model.requesters.compactMap { PersonName($0).map { ($0, reason) } }))
        let subject = ApprovalCase.workOrder(digest, under: policy, requesters: requesters)
        let records = model.records.enumerated().map { index, record in
            let at = Cast.start + Seconds(Int64(record.seen))
            let decision: ApprovalRecord.Decision =
                switch record.decision {
                case .approve: .approve
                case .revoke: .revoke
                case .reject: .reject
                case .cancel: .cancel
                }
            let said = ApprovalRecord(
                repository: Cast.repository, level: ["approve", "implement"][record.level], decision: decision,
                subject: .workOrders([digest]), implementation: .manual, comment: "", tree: Self.id(1),
                parent: Self.id(2), committed: at)
            return SeenRecord(
                signed: SignedRecord(
                    key: RecordKey(hashing: [UInt8(index)]), commit: Self.id(UInt8(index + 3)), record: said,
                    signingKey: cast.line(record.key)), firstSeen: at)
        }
        return judge(
            subject, records: records, inForce: cast.inForce, tip: cast.tip, now: Cast.start + Seconds(Int64(end)))
    }

    private static func id(_ byte: UInt8) -> ObjectID {
        guard let id = ObjectID(bytes: [UInt8](repeating: byte, count: 20)) else {
            preconditionFailure("20 bytes are an id")
        }
        return id
    }
}
