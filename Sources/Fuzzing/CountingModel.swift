// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

/// What counts, written as the rules are told and not as they are computed: for records of manual implementation that nothing makes
/// expire, each seen at a second of its own. Slow, and as plain as it can be.
struct CountingModel {
    struct Record {
        enum Decision { case approve, revoke, reject, cancel }
        /// Whose key it is; the name of a key that is not in force for such a one.
        var key: String
        var level: Int
        var decision: Decision
        var seen: Int
    }
    /// Who may sign each level, and how many must.
    var levels: [(approvers: [String], count: Int)]
    var requesters: Set<String>
    var isDistinct: Bool
    /// Keys that no longer approve and still take back, and whose they are: taking away needs only one of the two sets.
    var mayTakeBack: [String: String]
    var records: [Record]

    /// The first withdrawal of the whole, by somebody who may: from then on nothing is taken.
    var closing: Record? {
        records.filter { record in
            let isApprover = levels.contains { $0.approvers.contains(record.key) }
            switch record.decision {
            case .reject: return isApprover
            case .cancel: return isApprover || requesters.contains(record.key)
            case .approve, .revoke: return false
            }
        }.min { $0.seen < $1.seen }
    }

    /// Who has signed each level, as of a second.
    func given(at time: Int) -> [[String]] {
        var given = [[String]](repeating: [], count: levels.count)
        for record in records.sorted(by: { $0.seen < $1.seen }) where record.seen <= time && counts(record, at: time) {
            let hasSigned = given.enumerated().contains { level, people in
                (isDistinct || level == record.level) && people.contains(record.key)
            }
            if !hasSigned { given[record.level].append(record.key) }
        }
        return given
    }

    func isComplete(at time: Int, below level: Int) -> Bool {
        let given = given(at: time)
        return (0..<level).allSatisfy { given[$0].count >= levels[$0].count }
    }

    private func counts(_ record: Record, at time: Int) -> Bool {
        guard record.decision == .approve, levels[record.level].approvers.contains(record.key),
            !requesters.contains(record.key)
        else {
            return false
        }
        if let closing, record.seen > closing.seen { return false }
        let isTakenBack = records.contains { other in
            other.decision == .revoke && mayTakeBack[other.key, default: other.key] == record.key
                && other.seen > record.seen && other.seen <= time
                && closing.map { other.seen <= $0.seen } ?? true
        }
        return !isTakenBack && isComplete(at: record.seen - 1, below: record.level)
    }
}
