// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

/// Why what somebody answered does not say whether a certificate stands. Never a reason to believe either.
package struct RevocationError: Error, Hashable, Sendable {
    package enum Code: String, CaseIterable, Sendable {
        /// Bytes that are no OCSP response or no CRL.
        case malformed
        /// The responder says that it cannot answer (RFC 6960, 2.3).
        case refused
        /// It is not signed by the issuer, nor by whom the issuer has named for it.
        case notSigned
        /// By an algorithm that can be forged.
        case weak
        /// It says nothing of this certificate, or that the responder does not know it.
        case unknown
        /// thisUpdate lies ahead, nextUpdate has passed, or there is none where there must be one.
        case notCurrent
        /// Not the issuer of this certificate, or nobody has the issuer's certificate.
        case noIssuer
    }
    package var code: Code
    package var detail: String

    package init(_ code: Code, _ detail: String) { (self.code, self.detail) = (code, detail) }
}

extension RevocationError: CustomStringConvertible {
    package var description: String { detail }
}
