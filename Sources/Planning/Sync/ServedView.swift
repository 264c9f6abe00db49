// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Declarations
package import Vocabulary

/// What the addresses of one slot answered, as far as a verdict may rest on it.
package struct ServedView: Hashable, Sendable {
    package struct Answer: Hashable, Sendable {
        package var endpoint: Endpoint
        package var address: String
        /// nil: it did not answer as it should.
        package var leaf: Fingerprint?
        /// Of the others, as sent.
        package var chain: [Fingerprint] = []
        package var failure: String?
    }
    /// Of gate endpoints that are declared now.
    package private(set) var gate: [Answer] = []
    /// Declared gate endpoints that nothing is known of: never asked, or the asking failed on our side.
    package private(set) var unasked: [Endpoint] = []
    /// Asked at an address where this device's endpoints may not be; nothing was sent.
    package private(set) var notAllowed: [Answer] = []

    /// What says nothing about the endpoint: this machine's own fault, or no time left for it.
    private static let ownFaults: Set<String> = ["notReached", "local", "cancelled"]
    /// It says nothing about the endpoint.
    static func isOwnFault(_ answer: EndpointObservation.Answer) -> Bool {
        if case .failed(let code, _) = answer { ownFaults.contains(code) } else { false }
    }

    package init(_ observed: [EndpointObservation], declared: [Endpoint]) {
        for endpoint in declared where endpoint.role == .gate {
            var isKnown = false
            for observation in observed where observation.endpoint.isSamePlace(as: endpoint) {
                switch observation.answer {
                case .served(let leaf, let chain):
                    gate.append(
                        Answer(
                            endpoint: endpoint, address: observation.address, leaf: leaf, chain: chain, failure: nil))
                    isKnown = true
                case .failed(let code, let detail):
                    if Self.ownFaults.contains(code) { continue }
                    let answer = Answer(
                        endpoint: endpoint, address: observation.address, leaf: nil,
                        failure: detail.isEmpty ? code : detail)
                    if code == "notAllowed" { notAllowed.append(answer) } else { gate.append(answer) }
                    isKnown = true
                }
            }
            if !isKnown { unasked.append(endpoint) }
        }
    }

    package var served: [Answer] { gate.filter { $0.leaf != nil } }
    package var failed: [Answer] { gate.filter { $0.leaf == nil } }
}

extension Endpoint {
    /// The same handshake; the role is only what follows from its result.
    func isSamePlace(as other: Endpoint) -> Bool { !(self < other) && !(other < self) }
}
