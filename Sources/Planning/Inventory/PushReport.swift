// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Vocabulary

/// The pushes of a stretch of time, and what handshakes since then say of them: CERT+'s Push Validation Report.
package struct PushReport: Sendable, Hashable {
    package struct Push: Sendable, Hashable {
        /// Whether what was pushed is what is served, by the last handshakes with all endpoints of its connector.
        package enum Validation: String, CaseIterable, Sendable, Hashable {
            case matched, differed, unreachable
            /// A later push to the same slot has taken its place: there is nothing left to compare with.
            case replaced
            /// It did not stay, or nobody has asked the endpoints yet.
            case none
        }
        package var workOrder: WorkOrderDigest
        package var request: RequestDigest?
        package var certificate: CertificateName?
        package var connector: ConnectorName
        package var slot: SlotKey
        package var leaf: Fingerprint?
        /// The CamelCase name: `Completed`, `RolledBack` …
        package var state: String
        package var message: String?
        package var at: Timestamp
        package var validation: Validation
        /// Endpoints that serve it, of how many.
        package var matched: Int
        package var endpoints: Int
        /// As they were when people signed.
        package var deviceKind: String?
        package var zone: String?
        package var policy: String?

        package init(
            workOrder: WorkOrderDigest, request: RequestDigest?, certificate: CertificateName?,
            connector: ConnectorName,
            slot: SlotKey, leaf: Fingerprint?, state: String, message: String?, at: Timestamp
        ) {
            (self.workOrder, self.request, self.certificate) = (workOrder, request, certificate)
            (self.connector, self.slot, self.leaf) = (connector, slot, leaf)
            (self.state, self.message, self.at) = (state, message, at)
            (validation, matched, endpoints) = (.none, 0, 0)
        }

        /// It went as it should: completed, and served ever since as far as anybody can tell.
        package var isSuccessful: Bool { state == "Completed" && validation != .differed && validation != .unreachable }
    }
    /// nil: from the beginning.
    package var since: Timestamp?
    package var until: Timestamp
    /// Oldest first.
    package var pushes: [Push]

    /// - Parameter served: what the endpoints of a slot last answered.
    package init(
        since: Timestamp?, until: Timestamp, pushes: [Push], served: (SlotKey) -> [EndpointObservation]
    ) {
        (self.since, self.until) = (since, until)
        self.pushes = pushes
        var seen: Set<SlotKey> = []
        for index in pushes.indices.reversed() where pushes[index].state == "Completed" {
            guard seen.insert(pushes[index].slot).inserted else {
                self.pushes[index].validation = .replaced
                continue
            }
            self.pushes[index].compare(with: served(pushes[index].slot))
        }
    }

    package var successful: Int { pushes.count(where: \.isSuccessful) }
    package var failed: Int { pushes.count - successful }
    /// Of all pushes, in percent, rounded down; nil where there were none.
    package var share: Int? { pushes.isEmpty ? nil : successful * 100 / pushes.count }
}

extension PushReport.Push {
    fileprivate mutating func compare(with answers: [EndpointObservation]) {
        guard let leaf, !answers.isEmpty else { return }
        var worst = Validation.matched
        for answer in answers {
            switch answer.answer {
            case .served(leaf, _): matched += 1
            case .served: worst = .differed
            case .failed: if worst == .matched { worst = .unreachable }
            }
        }
        endpoints = answers.count
        validation = worst
    }
}
