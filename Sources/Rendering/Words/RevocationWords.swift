// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Planning
package import Vocabulary

/// What is said of a certificate whose authority has, or may have, taken it back.
package enum RevocationWords {
    /// `revocation unknown since …: why`; nil where there is nothing to be said: it stands, or nobody is asked.
    package static func line(_ revocation: Revocation?, now: Timestamp) -> Text? {
        guard let revocation else { return nil }
        switch revocation.status {
        case .good: return nil
        case .revoked(let revoked):
            let reason = revoked.reason.map { " (\($0))" } ?? ""
            let source = revocation.source.map { ", says \(witness($0))" } ?? ""
            if let issuer = revocation.issuer {
                return
                    "\("its issuer", .revoked) \(issuer.short) was \("revoked", .revoked) at \(TimeWords.minute(revoked.at))\(reason)\(source)"
            }
            return "\("revoked", .revoked) at \(TimeWords.minute(revoked.at))\(reason)\(source)"
        case .unknown(let why):
            return "\("revocation unknown", .caution) since \(TimeWords.moment(revocation.since, now: now)): \(why)"
        }
    }

    private static func witness(_ source: RevocationAnswer.Source) -> String {
        switch source {
        case .stapled: "the OCSP response that its server sends"
        case .ocsp: "its OCSP responder"
        case .crl: "its CRL"
        }
    }

    /// `status` in JSON.
    package static let names = ["good", "revoked", "unknown"]
}

/// `revocation` of certificates, connectors and installations.
enum RevocationJSON {
    static func value(_ revocation: Revocation?) -> JSONValue {
        guard let revocation else { return .null }
        var (status, message): (String, String?) = ("good", nil)
        var revoked: RevocationAnswer.Revoked?
        switch revocation.status {
        case .good: break
        case .revoked(let known): (status, revoked) = ("revoked", known)
        case .unknown(let why): (status, message) = ("unknown", why)
        }
        return [
            "issuer": .orNull(revocation.issuer.map { .string($0.hex) }),
            "message": .orNull(message.map { .string($0) }),
            "reason": .orNull(revoked?.reason.map { .string($0) }),
            "revokedAt": .orNull(revoked.map { .text($0.at) }),
            "since": .text(revocation.since),
            "source": .orNull(revocation.source.map { .string($0.rawValue) }), "status": .string(status),
        ]
    }
}
