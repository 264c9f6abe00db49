// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Declarations
package import Vocabulary

/// One place on one device, by device and path: what a sequence counts. A renamed connector keeps it.
package struct SlotKey: Hashable, Comparable, Sendable, Codable {
    package var device: DeviceName
    package var path: String

    package init(device: DeviceName, path: String) { (self.device, self.path) = (device, path) }
    package init(_ connector: AppConnector) { self.init(device: connector.spec.device, path: connector.spec.slot.path) }

    package static func < (left: Self, right: Self) -> Bool { (left.device, left.path) < (right.device, right.path) }
}

/// What a slot holds.
package enum Holding: Hashable, Sendable, Codable {
    case nothing
    case certificate(leaf: Fingerprint)
    /// Neither certificate nor key: HMAC-SHA-256 of the bytes under a secret of the gateway's state.
    case other(FileDigest)

    package var leaf: Fingerprint? { if case .certificate(let leaf) = self { leaf } else { nil } }
}

/// What was read of one slot.
package struct SlotObservation: Hashable, Sendable, Codable {
    package var slot: SlotKey
    package var holding: Holding
    /// Certificates after the leaf, as they lie there.
    package var chain: [Fingerprint]
    /// Public half of the key that lies there; nil where there is none or it cannot be parsed.
    package var key: SPKIFingerprint?
    /// DER of the leaf, so that what is replaced can be described (names lost, dates).
    package var leafDER: [UInt8]?

    package init(
        slot: SlotKey, holding: Holding, chain: [Fingerprint] = [], key: SPKIFingerprint? = nil, leafDER: [UInt8]? = nil
    ) {
        (self.slot, self.holding, self.chain, self.key, self.leafDER) = (slot, holding, chain, key, leafDER)
    }
}

/// What one address answered.
package struct EndpointObservation: Hashable, Sendable, Codable {
    package enum Answer: Hashable, Sendable, Codable {
        case served(leaf: Fingerprint, chain: [Fingerprint])
        case failed(code: String, detail: String)
    }
    package var endpoint: Endpoint
    /// The address literal that was asked; an endpoint named by a host name has several.
    package var address: String
    package var answer: Answer

    package init(endpoint: Endpoint, address: String, answer: Answer) {
        (self.endpoint, self.address, self.answer) = (endpoint, address, answer)
    }
}

/// Opaque: equal tokens mean that the device's slots and configuration are as they were.
package struct DeviceStateToken: Hashable, Sendable, Codable {
    package var text: String
    package init(_ text: String) { self.text = text }

    /// - Parameter lacksShadow: the server's own parser cannot be shown a candidate there before it is live.
    package init(_ text: String, lacksShadow: Bool) { self.text = lacksShadow ? text + Self.unshadowed : text }

    package var lacksShadow: Bool { text.hasSuffix(Self.unshadowed) }
    private static let unshadowed = " unshadowed"
}

/// How a batch ended for a work order.
package enum Outcome: Hashable, Sendable, Codable {
    case completed
    case adopted
    case candidateRefused(message: String, token: DeviceStateToken?)  // before any effect: not final
    case abandoned(message: String)  // before any effect, attempts left: not final
    case pushFailed(message: String)
    case rolledBack(message: String)
    case rollbackFailed(message: String)
    case unknownEffect(message: String)  // final only once the device is undeclared

    /// Whether the slot's sequence rises with it.
    package var endsSequence: Bool {
        switch self {
        case .completed, .pushFailed, .rolledBack, .rollbackFailed: true
        case .adopted, .candidateRefused, .abandoned, .unknownEffect: false
        }
    }
}
