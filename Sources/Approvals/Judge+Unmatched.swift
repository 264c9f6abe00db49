// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Vocabulary

extension Judge {
    /// Records, line by line, that fit nothing which is open: `StaleDigest`, `AlreadyUsed`, or what is wrong with the record itself.
    ///
    /// - Parameters:
    ///   - open: what is judged as a case; its records are reported there.
    ///   - ended: what was decided, and when: records from before did their work and are no fault.
    /// - Returns: one for each stale line, in the order of first seen, then commit id.
    package func unmatched(
        _ index: RecordIndex, open: Set<ApprovalCase.Subject>, ended: [ApprovalCase.Subject: Timestamp]
    ) -> [Judgement.RefusedRecord] {
        var found: [Judgement.RefusedRecord] = []
        let ordered = index.records.sorted {
            ($0.firstSeen ?? now, $0.signed.commit) < ($1.firstSeen ?? now, $1.signed.commit)
        }
        for record in ordered {
            let subjects = record.signed.record.subjects
            let refusals = subjects.compactMap { subject -> Refusal? in
                guard !open.contains(subject) else { return nil }
                guard let endedAt = ended[subject] else { return Words.stale(subject) }
                return (record.firstSeen ?? now) > endedAt ? Words.alreadyUsed(isImplementing: false) : nil
            }
            guard !refusals.isEmpty else { continue }
            if case .failure(let refusal) = standing(of: record) {
                if !subjects.contains(where: open.contains) {
                    found.append(Judgement.RefusedRecord(commit: record.signed.commit, refusal: refusal))
                }
            } else {
                found += refusals.map { Judgement.RefusedRecord(commit: record.signed.commit, refusal: $0) }
            }
        }
        return found
    }
}
