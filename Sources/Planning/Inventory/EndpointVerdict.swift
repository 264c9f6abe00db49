// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Declarations
package import Vocabulary

/// What one address serves, beside what it should.
package struct EndpointVerdict: Sendable, Hashable {
    package enum Verdict: String, CaseIterable, Sendable, Hashable { case matched, differed, unreachable }

    package var connector: ConnectorName
    package var endpoint: Endpoint
    /// The address literal that was asked.
    package var address: String
    package var expected: Fingerprint
    package var served: Fingerprint?
    /// Why nothing was served; `code` as the prober says it.
    package var failure: Failure?

    package struct Failure: Sendable, Hashable {
        package var code: String
        package var detail: String
        package init(code: String, detail: String) { (self.code, self.detail) = (code, detail) }
    }

    package init(connector: ConnectorName, expected: Fingerprint, _ observation: EndpointObservation) {
        (self.connector, self.expected) = (connector, expected)
        (endpoint, address) = (observation.endpoint, observation.address)
        switch observation.answer {
        case .served(let leaf, _): served = leaf
        case .failed(let code, let detail): failure = Failure(code: code, detail: detail)
        }
    }

    package var verdict: Verdict {
        guard let served else { return .unreachable }
        return served == expected ? .matched : .differed
    }
}

extension SlotHead {
    /// What the endpoints of a bound slot should serve now: what was last pushed and proven there, or adopted. A renewal that
    /// waits for signatures makes nothing wrong. Before the first push: what is declared.
    package func expected(declared: Fingerprint?) -> Fingerprint? { lastCompleted?.leaf ?? declared }
}
