// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
internal import Operations
internal import Planning
internal import Vocabulary

/// Every signature that counted, on what is open and on what ended; the newest first, those that no reconciler has seen yet before all.
struct SignatureIndex: Sendable {
    struct Entry: Sendable {
        var at: Timestamp?
        /// nil: nobody in the set in force has that key any more.
        var person: PersonName?
        var key: String
        var level: String
        var order: WorkOrderDigest
        var connector: ConnectorName
        /// The name of the order's state.
        var state: String
        var comment: String
        var commit: ObjectID
    }
    let entries: [Entry]
    let people: [String]
    let levels: [String]

    init(_ orders: [WorkOrder], _ trail: [RememberedWorkOrder]) {
        var entries: [Entry] = []
        for order in orders {
            guard let digest = order.digest else { continue }
            for level in order.judgement.levels + [order.judgement.emergency].compactMap(\.self) {
                for given in level.given {
                    entries.append(
                        Entry(
                            at: given.firstSeen, person: given.person, key: given.key, level: level.name, order: digest,
                            connector: order.connector, state: order.state.name, comment: given.comment,
                            commit: given.commit))
                }
            }
        }
        for order in trail {
            for signature in order.signatures {
                entries.append(
                    Entry(
                        at: signature.firstSeen, person: signature.person, key: signature.key, level: signature.level,
                        order: order.digest, connector: order.connector, state: order.state, comment: signature.comment,
                        commit: signature.commit))
            }
        }
        let last = Timestamp(secondsSince1970: .max)
        self.entries = entries.sorted { ($0.at ?? last, $0.order) > ($1.at ?? last, $1.order) }
        people = Set(entries.compactMap { $0.person?.text }).sorted()
        levels = Set(entries.map(\.level)).sorted()
    }
}
