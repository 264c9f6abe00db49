// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL
internal import Vocabulary

/// A certificate and the certificate of whoever issued it: the issuer's signature on it was verified.
package struct IssuedPair: Hashable, Sendable {
    package let certificate: [UInt8]
    package let issuer: [UInt8]

    /// - Parameter candidates: DER; those that cannot be decoded, or did not sign it, are passed over.
    /// - Throws: `noIssuer`, `malformed`.
    package init(_ certificate: [UInt8], issuedBy candidates: some Sequence<[UInt8]>) throws(RevocationError) {
        let subject = try X509Handle(judging: certificate)
        var found: [UInt8]?
        for der in candidates where found == nil && Self.signed(subject, by: der) { found = der }
        guard let found else {
            throw RevocationError(.noIssuer, "the certificate of its issuer is neither declared nor served")
        }
        (self.certificate, issuer) = (certificate, found)
    }

    private static func signed(_ subject: borrowing X509Handle, by der: [UInt8]) -> Bool {
        guard let issuer = try? X509Handle(decoding: der) else { return false }
        ERR_clear_error()
        defer { ERR_clear_error() }
        guard X509_check_issued(issuer.raw, subject.raw) == X509_V_OK, let key = X509_get0_pubkey(issuer.raw) else {
            return false
        }
        return X509_verify(subject.raw, key) == 1
    }
}

extension X509Handle {
    init(judging der: [UInt8]) throws(RevocationError) {
        do throws(PKIError) {
            try self.init(decoding: der)
        } catch {
            throw RevocationError(.malformed, error.detail)
        }
    }
}

/// What an answer must be, whoever gave it.
enum AnswerRules {
    /// How far ahead of us an authority's clock may be.
    static let skew = Seconds.minutes(5)
    /// How old an answer without nextUpdate may be: such a responder answers anew each time (RFC 6960, 4.2.2.1).
    static let oldest = Seconds.days(1)

    static func requireCurrent(
        _ thisUpdate: Timestamp, _ nextUpdate: Timestamp?, at now: Timestamp
    ) throws(RevocationError) {
        guard thisUpdate <= now + skew else {
            throw RevocationError(.notCurrent, "it is of \(thisUpdate), which is still to come")
        }
        guard let nextUpdate else {
            guard thisUpdate + oldest > now else {
                throw RevocationError(.notCurrent, "it is of \(thisUpdate), and does not say for how long it is good")
            }
            return
        }
        guard nextUpdate > now else {
            throw RevocationError(.notCurrent, "it was to be renewed by \(nextUpdate)")
        }
    }

    /// RFC 5280, 5.3.1.
    static func reason(_ code: Int) -> String? {
        let names = [
            1: "keyCompromise", 2: "cACompromise", 3: "affiliationChanged", 4: "superseded", 5: "cessationOfOperation",
            6: "certificateHold", 9: "privilegeWithdrawn", 10: "aACompromise",
        ]
        return names[code]
    }

    /// Signatures over SHA-1 or MD5 can be moved to what their signer never saw.
    static func requireSound(_ algorithm: UnsafePointer<X509_ALGOR>?) throws(RevocationError) {
        var object: OpaquePointer?
        X509_ALGOR_get0(&object, nil, nil, algorithm)
        var (hash, key): (Int32, Int32) = (0, 0)
        guard let object, OBJ_find_sigid_algs(OBJ_obj2nid(object), &hash, &key) == 1 else {
            throw RevocationError(.weak, "its signature is of an unknown kind")
        }
        let sound = [NID_sha224, NID_sha256, NID_sha384, NID_sha512, NID_sha3_256, NID_sha3_384, NID_sha3_512]
        // Without a hash beside it: Ed25519, Ed448, RSASSA-PSS, whose own is in its parameters.
        guard sound.contains(hash) || (hash == NID_undef && key != NID_undef) else {
            throw RevocationError(.weak, "its signature is over \(ObjectName.text(hash))")
        }
    }

    static func time(_ raw: UnsafePointer<ASN1_TIME>?, _ what: String) throws(RevocationError) -> Timestamp {
        do throws(PKIError) {
            return try CertificateTime.timestamp(raw)
        } catch {
            throw RevocationError(.malformed, "its \(what) is not as in RFC 5280, 4.1.2.5.2")
        }
    }
}

/// Owns one `X509_STORE *` that trusts one issuer and nobody else, at a time that is given.
struct IssuerStore: ~Copyable {
    let raw: OpaquePointer

    init(_ issuer: borrowing X509Handle, at now: Timestamp) throws(RevocationError) {
        guard let store = X509_STORE_new() else {
            throw RevocationError(.malformed, "OpenSSL: \(ErrorQueue.drain())")
        }
        raw = store
        X509_STORE_add_cert(store, issuer.raw)
        X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(store), Int(clamping: now.secondsSince1970))
    }

    deinit { X509_STORE_free(raw) }
}
