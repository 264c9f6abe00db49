// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

/// What an authority has said of one certificate, verified.
package struct RevocationAnswer: Hashable, Sendable {
    package enum Source: String, CaseIterable, Hashable, Sendable, Codable {
        /// An OCSP response that the server itself sent with its certificate (RFC 6066, 8).
        case stapled
        case ocsp, crl
    }
    package struct Revoked: Hashable, Sendable, Codable {
        package var at: Timestamp
        /// As RFC 5280, 5.3.1 names it: `keyCompromise`; nil: none given.
        package var reason: String?

        package init(at: Timestamp, reason: String?) { (self.at, self.reason) = (at, reason) }
    }
    /// nil: it stands.
    package var revoked: Revoked?
    package var source: Source
    /// thisUpdate: when the authority knew it to be so.
    package var thisUpdate: Timestamp
    /// From then on there is something newer to be had, and this counts no more; nil: an OCSP responder that can always be asked.
    package var nextUpdate: Timestamp?

    package init(revoked: Revoked?, source: Source, thisUpdate: Timestamp, nextUpdate: Timestamp?) {
        (self.revoked, self.source) = (revoked, source)
        (self.thisUpdate, self.nextUpdate) = (thisUpdate, nextUpdate)
    }
}
