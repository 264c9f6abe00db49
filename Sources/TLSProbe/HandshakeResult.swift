// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Vocabulary

/// What came of one handshake.
package enum HandshakeOutcome: Hashable, Sendable {
    case served(ServedCertificate)
    case failed(HandshakeFailure)

    package var leaf: Fingerprint? { if case .served(let served) = self { served.leaf } else { nil } }
}

/// What a server presented. Nothing of it is verified: it is what any client would have been sent.
package struct ServedCertificate: Hashable, Sendable {
    /// DER, as sent, leaf first; never empty.
    package let certificates: [[UInt8]]
    package let leaf: Fingerprint
    /// Of the others, as sent.
    package let chain: [Fingerprint]
    /// OpenSSL's name: `TLSv1.3`.
    package let version: String
    package let cipher: String
    /// An OCSP response that came with it (RFC 6066, 8); nil: none did.
    package let staple: [UInt8]?

    init?(certificates: [[UInt8]], version: String, cipher: String, staple: [UInt8]? = nil) {
        guard let first = certificates.first else { return nil }
        self.certificates = certificates
        leaf = Fingerprint(hashing: first)
        chain = certificates.dropFirst().map { Fingerprint(hashing: $0) }
        self.version = version
        self.cipher = cipher
        self.staple = staple
    }
}

package struct HandshakeFailure: Error, Hashable, Sendable {
    package enum Code: String, Sendable, CaseIterable {
        /// The name has no address, or nobody answers for it.
        case resolveFailed
        /// The address is outside of what the target allows; nothing was sent.
        case notAllowed
        case refused, unreachable, connectTimedOut
        /// Connected, but no complete handshake in time: silence, or a byte now and then.
        case handshakeTimedOut
        /// The whole batch's time was over before this one had ended.
        case notReached
        /// The peer reset the connection.
        case reset
        /// The peer closed it in the middle of the handshake.
        case closed
        /// What came back is no TLS, nor what should lead to it.
        case notTLS
        /// The server does not offer TLS, or says that it has none now.
        case startTLSRefused
        /// Plain text stood behind the server's consent to TLS.
        case injected
        /// A TLS alert; the detail names it.
        case alert
        case chainTooLarge
        case noCertificate
        /// Whatever else OpenSSL objects to.
        case handshakeFailed
        /// This machine's own fault: no file descriptor, no thread, a server name that is none.
        case local
        case cancelled
    }
    package var code: Code
    package var detail: String

    package init(_ code: Code, _ detail: String) {
        self.code = code
        self.detail = detail
    }
}

extension HandshakeFailure: CustomStringConvertible {
    package var description: String { detail }
}

/// What one address of a target answered.
package struct AddressAnswer: Hashable, Sendable {
    package var address: IPAddress
    package var outcome: HandshakeOutcome
}

/// What a target answered, on every address.
package struct ProbeAnswer: Hashable, Sendable {
    package var target: ProbeTarget
    /// In ascending order. Empty only if `unresolved` says why.
    package var addresses: [AddressAnswer]
    package var unresolved: HandshakeFailure?

    /// Every address serves this leaf, and there is one at least.
    package func isServedEverywhere(_ leaf: Fingerprint) -> Bool {
        !addresses.isEmpty && addresses.allSatisfy { $0.outcome.leaf == leaf }
    }
}
