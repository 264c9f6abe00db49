// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL

/// Owns one `SSL_CTX *`, set up to observe what a server has, not to protect anything: nothing is verified, no session
/// is resumed, and what is too old or too weak for a client of today is taken as well, so that it can be reported.
final class ProbeContext {
    let raw: OpaquePointer

    init?(_ keyType: ProbeKeyType, chainBytes: Int) {
        ERR_clear_error()
        defer { ERR_clear_error() }
        guard let context = SSL_CTX_new(TLS_client_method()) else { return nil }
        raw = context
        SSL_CTX_set_security_level(context, 0)
        SSL_CTX_set_options(context, countersign_ssl_op_observe())
        SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nil)
        // Without this OpenSSL builds and checks the chain all the same and drops the result.
        SSL_CTX_set_cert_verify_callback(context, { _, _ in 1 }, nil)
        _ = countersign_ssl_ctx_set_session_cache_off(context)
        _ = countersign_ssl_ctx_set_max_cert_list(context, chainBytes)
        guard countersign_ssl_ctx_set_min_proto_version(context, TLS1_VERSION) == 1,
            SSL_CTX_set_cipher_list(context, Self.ciphers(keyType)) == 1
        else { return nil }
        if let signatures = Self.signatures(keyType) {
            guard countersign_ssl_ctx_set1_sigalgs_list(context, signatures) == 1 else { return nil }
        }
    }

    deinit { SSL_CTX_free(raw) }

    private static func ciphers(_ keyType: ProbeKeyType) -> String {
        switch keyType {
        case .any: "ALL:!aNULL:!eNULL:!aPSK:!aSRP"
        case .rsa: "aRSA:!eNULL"
        case .ecdsa: "aECDSA:!eNULL"
        }
    }

    private static func signatures(_ keyType: ProbeKeyType) -> String? {
        switch keyType {
        case .any: nil
        case .rsa:
            "rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512:rsa_pss_pss_sha256:rsa_pss_pss_sha384:"
                + "rsa_pss_pss_sha512:RSA+SHA256:RSA+SHA384:RSA+SHA512:RSA+SHA1"
        case .ecdsa: "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:ECDSA+SHA1"
        }
    }
}
