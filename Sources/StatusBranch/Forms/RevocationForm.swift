// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Planning
internal import Vocabulary

/// `revocations/<2>/<leaf>.json`: what is known, without the times at which that is asked anew: they would make a commit each time.
enum RevocationForm {
    static let format = "countersign.revocation"

    static func document(_ leaf: Fingerprint, _ revocation: Revocation) -> JSONValue {
        var object: JSONObject = [
            "format": "countersign.revocation/v1", "leaf": .hex(leaf), "since": .text(revocation.since),
            "source": revocation.source.map { .string($0.rawValue) },
        ]
        switch revocation.status {
        case .good: object["status"] = "good"
        case .revoked(let revoked):
            object["status"] = "revoked"
            object["revokedAt"] = .text(revoked.at)
            object["reason"] = revoked.reason.map { .string($0) }
        case .unknown(let why):
            object["status"] = "unknown"
            object["message"] = .string(why)
        }
        return .object(object)
    }

    static func read(_ document: Document) throws(StatusError) -> (Fingerprint, Revocation) {
        try document.requireFormat(format)
        let status: Revocation.Status
        switch try document.text("status") {
        case "good": status = .good
        case "revoked":
            let reason = try document.optional("reason") { (key) throws(StatusError) in try document.text(key) }
            status = .revoked(RevocationAnswer.Revoked(at: try document.time("revokedAt"), reason: reason))
        case "unknown": status = .unknown(try document.text("message"))
        default: throw document.damaged("status")
        }
        let since = try document.time("since")
        let source = try document.optional("source") { (key) throws(StatusError) in
            guard let source = RevocationAnswer.Source(rawValue: try document.text(key)) else {
                throw document.damaged(key)
            }
            return source
        }
        return (
            try document.digest("leaf"), Revocation(status: status, since: since, source: source, askAgain: since)
        )
    }
}
