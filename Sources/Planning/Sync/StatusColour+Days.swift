// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Vocabulary

extension StatusColour {
    /// What a connector's colour is made of.
    package struct Facts: Hashable, Sendable {
        /// Of what the slot holds, else of what it should hold; nil: nothing is known of it.
        package var notAfter: Timestamp?
        package var isRevoked = false
        /// The last work order of this slot failed, or nobody knows what it did.
        package var pushFailed = false
        /// What we put there was taken away on the device.
        package var wasRemovedByHand = false

        package init(
            notAfter: Timestamp?, isRevoked: Bool = false, pushFailed: Bool = false, wasRemovedByHand: Bool = false
        ) {
            (self.notAfter, self.isRevoked) = (notAfter, isRevoked)
            (self.pushFailed, self.wasRemovedByHand) = (pushFailed, wasRemovedByHand)
        }
    }

    /// The worst that holds. Exactly 90, 30 and 10 days left are blue, yellow and orange; no second left is red, as OpenSSL
    /// sees it, too (X509_cmp_time(3)).
    package init(_ facts: Facts, at now: Timestamp) {
        let left = facts.notAfter.map { $0 - now }
        if facts.isRevoked {
            self = .black
        } else if facts.pushFailed {
            self = .gray
        } else if let left, left <= 0 {
            self = .red
        } else if facts.wasRemovedByHand {
            self = .purple
        } else if let left, left <= .days(10) {
            self = .orange
        } else if let left, left <= .days(30) {
            self = .yellow
        } else if let left, left <= .days(90) {
            self = .blue
        } else {
            self = .green
        }
    }
}

extension Outcome {
    /// It went wrong on the device, or nobody can tell.
    package var isFailure: Bool {
        switch self {
        case .pushFailed, .rolledBack, .rollbackFailed, .unknownEffect: true
        case .completed, .adopted, .candidateRefused, .abandoned: false
        }
    }
}
