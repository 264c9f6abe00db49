// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL
package import Vocabulary

/// Asking and hearing an OCSP responder (RFC 6960, in the profile of RFC 5019): one certificate, SHA-1 in the name of the
/// certificate as every responder knows it (no security hangs on it), and no nonce, so that answers may be made in advance and kept.
package enum OCSP {
    /// The DER of a question about one certificate.
    package static func question(_ pair: IssuedPair) throws(RevocationError) -> [UInt8] {
        let certificate = try X509Handle(judging: pair.certificate)
        let issuer = try X509Handle(judging: pair.issuer)
        ERR_clear_error()
        defer { ERR_clear_error() }
        guard let request = OCSP_REQUEST_new() else { throw failed() }
        defer { OCSP_REQUEST_free(request) }
        guard let id = OCSP_cert_to_id(EVP_sha1(), certificate.raw, issuer.raw) else { throw failed() }
        guard OCSP_request_add0_id(request, id) != nil else {
            OCSP_CERTID_free(id)
            throw failed()
        }
        var bytes: UnsafeMutablePointer<UInt8>?
        let length = i2d_OCSP_REQUEST(request, &bytes)
        guard length > 0, let bytes else { throw failed() }
        defer { CRYPTO_free(bytes, #file, #line) }
        return Array(UnsafeBufferPointer(start: bytes, count: Int(length)))
    }

    /// What a response says of a certificate.
    ///
    /// It must be signed by the issuer itself, or by a certificate that the issuer signed with id-kp-OCSPSigning (4.2.2.2), valid now;
    /// tell of this very certificate by a hash that we know; and be current.
    /// - Throws: all codes of `RevocationError`.
    package static func answer(
        _ response: [UInt8], about pair: IssuedPair, source: RevocationAnswer.Source, at now: Timestamp
    ) throws(RevocationError) -> RevocationAnswer {
        let certificate = try X509Handle(judging: pair.certificate)
        let issuer = try X509Handle(judging: pair.issuer)
        ERR_clear_error()
        defer { ERR_clear_error() }
        let decoded = response.withUnsafeBufferPointer { bytes -> OpaquePointer? in
            var cursor = bytes.baseAddress
            guard let found = d2i_OCSP_RESPONSE(nil, &cursor, bytes.count) else { return nil }
            guard let start = bytes.baseAddress, let cursor, cursor - start == bytes.count else {
                OCSP_RESPONSE_free(found)
                return nil
            }
            return found
        }
        guard let decoded else { throw RevocationError(.malformed, "what came back is no OCSP response") }
        defer { OCSP_RESPONSE_free(decoded) }
        let status = OCSP_response_status(decoded)
        guard status == OCSP_RESPONSE_STATUS_SUCCESSFUL else {
            let word = OCSP_response_status_str(Int(status)).map { String(cString: $0) } ?? "status \(status)"
            throw RevocationError(.refused, "the responder answered: \(word)")
        }
        guard let basic = OCSP_response_get1_basic(decoded) else {
            throw RevocationError(.malformed, "the OCSP response holds no basic response")
        }
        defer { OCSP_BASICRESP_free(basic) }
        try AnswerRules.requireSound(OCSP_resp_get0_tbs_sigalg(basic))
        try requireSigned(basic, by: issuer, at: now)
        guard let single = try single(in: basic, about: certificate, issuedBy: issuer) else {
            throw RevocationError(.unknown, "the OCSP response is about other certificates")
        }
        return try read(single, source: source, at: now)
    }

    private static func requireSigned(
        _ basic: OpaquePointer, by issuer: borrowing X509Handle, at now: Timestamp
    ) throws(RevocationError) {
        let store = try IssuerStore(issuer, at: now)
        guard let known = OPENSSL_sk_new_null() else { throw failed() }
        defer { OPENSSL_sk_free(known) }
        // Responders rarely send the issuer's own certificate.
        guard OPENSSL_sk_push(known, UnsafeRawPointer(issuer.raw)) > 0 else { throw failed() }
        // The issuer is where the chain ends, self-signed or not; being trusted for anything else does not make a responder.
        let flags = UInt(OCSP_PARTIAL_CHAIN | OCSP_NOEXPLICIT)
        guard OCSP_basic_verify(basic, known, store.raw, flags) == 1 else {
            throw RevocationError(
                .notSigned, "the OCSP response is not signed by whom the issuer lets sign: \(ErrorQueue.drain())")
        }
    }

    /// The one of its answers that is about this certificate, by whichever hash it names it.
    private static func single(
        in basic: OpaquePointer, about certificate: borrowing X509Handle, issuedBy issuer: borrowing X509Handle
    ) throws(RevocationError) -> OpaquePointer? {
        for index in 0..<max(0, OCSP_resp_count(basic)) {
            guard let single = OCSP_resp_get0(basic, index), let named = OCSP_SINGLERESP_get0_id(single) else {
                continue
            }
            var algorithm: OpaquePointer?
            guard OCSP_id_get0_info(nil, &algorithm, nil, nil, named) == 1,
                let algorithm, let hash = hash(OBJ_obj2nid(algorithm)),
                let ours = OCSP_cert_to_id(hash, certificate.raw, issuer.raw)
            else { continue }
            defer { OCSP_CERTID_free(ours) }
            if OCSP_id_cmp(ours, named) == 0 { return single }
        }
        return nil
    }

    private static func hash(_ nid: Int32) -> OpaquePointer? {
        switch nid {
        case NID_sha1: EVP_sha1()
        case NID_sha256: EVP_sha256()
        case NID_sha384: EVP_sha384()
        case NID_sha512: EVP_sha512()
        default: nil
        }
    }

    private static func read(
        _ single: OpaquePointer, source: RevocationAnswer.Source, at now: Timestamp
    ) throws(RevocationError) -> RevocationAnswer {
        var reason: Int32 = -1
        var (revokedAt, thisUpdate, nextUpdate): (
            UnsafeMutablePointer<ASN1_GENERALIZEDTIME>?, UnsafeMutablePointer<ASN1_GENERALIZEDTIME>?,
            UnsafeMutablePointer<ASN1_GENERALIZEDTIME>?
        )
        let status = OCSP_single_get0_status(single, &reason, &revokedAt, &thisUpdate, &nextUpdate)
        var answer = RevocationAnswer(
            revoked: nil, source: source, thisUpdate: try AnswerRules.time(thisUpdate, "thisUpdate"), nextUpdate: nil)
        if let nextUpdate { answer.nextUpdate = try AnswerRules.time(nextUpdate, "nextUpdate") }
        try AnswerRules.requireCurrent(answer.thisUpdate, answer.nextUpdate, at: now)
        switch status {
        case V_OCSP_CERTSTATUS_GOOD: break
        case V_OCSP_CERTSTATUS_REVOKED:
            answer.revoked = RevocationAnswer.Revoked(
                at: try AnswerRules.time(revokedAt, "revocationTime"), reason: AnswerRules.reason(Int(reason)))
        default: throw RevocationError(.unknown, "the OCSP responder does not know this certificate")
        }
        return answer
    }

    private static func failed() -> RevocationError { RevocationError(.malformed, "OpenSSL: \(ErrorQueue.drain())") }
}
