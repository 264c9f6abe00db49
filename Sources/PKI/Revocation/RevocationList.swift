// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL
package import Vocabulary

/// Reading a CRL (RFC 5280, 5 and 6.3): complete ones, of the certificate's own issuer.
package enum RevocationList {
    /// What a list says of a certificate.
    ///
    /// OpenSSL judges whether it is one for this certificate: issuer, keyUsage cRLSign, signature, critical extensions, and the scope of
    /// its issuingDistributionPoint. Deltas and lists of other issuers are refused.
    /// - Throws: `malformed`, `notSigned`, `weak`, `unknown` (it does not tell of such certificates), `notCurrent`.
    package static func answer(
        _ bytes: [UInt8], about pair: IssuedPair, at now: Timestamp
    ) throws(RevocationError) -> RevocationAnswer {
        ERR_clear_error()
        defer { ERR_clear_error() }
        let decoded = bytes.withUnsafeBufferPointer { buffer -> OpaquePointer? in
            var cursor = buffer.baseAddress
            guard let found = d2i_X509_CRL(nil, &cursor, buffer.count) else { return nil }
            guard let start = buffer.baseAddress, let cursor, cursor - start == buffer.count else {
                X509_CRL_free(found)
                return nil
            }
            return found
        }
        guard let list = decoded else { throw RevocationError(.malformed, "what came back is no CRL") }
        defer { X509_CRL_free(list) }
        let thisUpdate = try AnswerRules.time(X509_CRL_get0_lastUpdate(list), "thisUpdate")
        guard let next = X509_CRL_get0_nextUpdate(list) else {
            throw RevocationError(.notCurrent, "the CRL does not say when the next one comes (RFC 5280, 5.1.2.5)")
        }
        let nextUpdate = try AnswerRules.time(next, "nextUpdate")
        try AnswerRules.requireCurrent(thisUpdate, nextUpdate, at: now)
        guard X509_CRL_get_ext_by_NID(list, NID_delta_crl, -1) < 0 else {
            throw RevocationError(.unknown, "the CRL tells only what has changed since another one")
        }
        var algorithm: UnsafePointer<X509_ALGOR>?
        X509_CRL_get0_signature(list, nil, &algorithm)
        try AnswerRules.requireSound(algorithm)
        var answer = RevocationAnswer(revoked: nil, source: .crl, thisUpdate: thisUpdate, nextUpdate: nextUpdate)
        answer.revoked = try revoked(list, pair, at: now)
        return answer
    }

    private static func revoked(
        _ list: OpaquePointer, _ pair: IssuedPair, at now: Timestamp
    ) throws(RevocationError) -> RevocationAnswer.Revoked? {
        let certificate = try X509Handle(judging: pair.certificate)
        let issuer = try X509Handle(judging: pair.issuer)
        let store = try IssuerStore(issuer, at: now)
        guard X509_STORE_add_crl(store.raw, list) == 1, let context = X509_STORE_CTX_new() else {
            throw RevocationError(.malformed, "OpenSSL: \(ErrorQueue.drain())")
        }
        defer { X509_STORE_CTX_free(context) }
        guard X509_STORE_CTX_init(context, store.raw, certificate.raw, nil) == 1 else {
            throw RevocationError(.malformed, "OpenSSL: \(ErrorQueue.drain())")
        }
        // Dates are judged above, and of the certificates not at all: that one has expired is another matter.
        let parameters = X509_STORE_CTX_get0_param(context)
        X509_VERIFY_PARAM_clear_flags(parameters, UInt(X509_V_FLAG_USE_CHECK_TIME))
        X509_VERIFY_PARAM_set_flags(
            parameters, UInt(X509_V_FLAG_CRL_CHECK | X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_NO_CHECK_TIME))
        if X509_verify_cert(context) == 1 { return nil }
        let fault = X509_STORE_CTX_get_error(context)
        let words = String(cString: X509_verify_cert_error_string(Int(fault)))
        switch fault {
        case X509_V_ERR_CERT_REVOKED: return try entry(in: list, of: certificate)
        case X509_V_ERR_CRL_SIGNATURE_FAILURE, X509_V_ERR_KEYUSAGE_NO_CRL_SIGN, X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER:
            throw RevocationError(.notSigned, "the CRL is not signed by the issuer: \(words)")
        default: throw RevocationError(.unknown, "the CRL does not tell of this certificate: \(words)")
        }
    }

    private static func entry(
        in list: OpaquePointer, of certificate: borrowing X509Handle
    ) throws(RevocationError) -> RevocationAnswer.Revoked {
        var found: OpaquePointer?
        guard X509_CRL_get0_by_cert(list, &found, certificate.raw) == 1, let found else {
            throw RevocationError(.malformed, "the CRL's entry cannot be read")
        }
        var reason: Int?
        if let raw = X509_REVOKED_get_ext_d2i(found, NID_crl_reason, nil, nil) {
            let code = raw.assumingMemoryBound(to: ASN1_ENUMERATED.self)
            reason = ASN1_ENUMERATED_get(code)
            ASN1_ENUMERATED_free(code)
        }
        let at = try AnswerRules.time(X509_REVOKED_get0_revocationDate(found), "revocationDate")
        return RevocationAnswer.Revoked(at: at, reason: reason.flatMap(AnswerRules.reason))
    }
}
