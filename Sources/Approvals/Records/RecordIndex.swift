// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Vocabulary

/// Records by the digests that they name: a pass over 10,000 cases looks at each record once for each line of it.
package struct RecordIndex: Sendable {
    package let records: [SeenRecord]
    private let places: [ApprovalCase.Subject: [Int]]

    /// One record for each key: of two commits that are the same words by the same key the first seen stays, else the lower id.
    package init(_ records: some Sequence<SeenRecord>) {
        var (kept, byKey): ([SeenRecord], [RecordKey: Int]) = ([], [:])
        for record in records {
            if let index = byKey[record.signed.key] {
                if Self.isFirst(record, kept[index]) { kept[index] = record }
            } else {
                byKey[record.signed.key] = kept.count
                kept.append(record)
            }
        }
        var places: [ApprovalCase.Subject: [Int]] = [:]
        for (index, record) in kept.enumerated() {
            for subject in record.signed.record.subjects { places[subject, default: []].append(index) }
        }
        (self.records, self.places) = (kept, places)
    }

    package subscript(subject: ApprovalCase.Subject) -> [SeenRecord] {
        places[subject, default: []].map { records[$0] }
    }

    private static func isFirst(_ left: SeenRecord, _ right: SeenRecord) -> Bool {
        switch (left.firstSeen, right.firstSeen) {
        case (let left?, let right?) where left != right: left < right
        case (_?, nil): true
        case (nil, _?): false
        default: left.signed.commit < right.signed.commit
        }
    }
}

extension ApprovalRecord {
    /// What it names, in its order.
    package var subjects: [ApprovalCase.Subject] {
        switch subject {
        case .workOrders(let digests): digests.map(ApprovalCase.Subject.workOrder)
        case .policyChange(let digest): [.policyChange(digest)]
        }
    }
}
