// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL
internal import Glibc

/// Owns one `SSL_CTX *`, set up to observe what a server has, not to protect anything: nothing is verified, no session
/// is resumed, and what is too old or too weak for a client of today is taken as well, so that it can be reported.
final class OpenSSLSetUp: TLSSetUp {
    fileprivate let raw: OpaquePointer

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

    func client(on descriptor: Int32, serverName: String?) throws(HandshakeFailure) -> any TLSClient {
        ERR_clear_error()
        guard let client = OpenSSLClient(self, on: descriptor, serverName: serverName) else {
            throw HandshakeFailure(.local, SystemFault.drain())
        }
        return client
    }

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

/// Owns one `SSL *`; used on the engine's thread only.
private final class OpenSSLClient: TLSClient {
    private let ssl: OpaquePointer

    init?(_ setUp: OpenSSLSetUp, on descriptor: Int32, serverName: String?) {
        guard let ssl = SSL_new(setUp.raw) else { return nil }
        self.ssl = ssl
        SSL_set_connect_state(ssl)
        guard SSL_set_fd(ssl, descriptor) == 1 else { return nil }
        _ = countersign_ssl_set_status_request(ssl)
        if let serverName, countersign_ssl_set_tlsext_host_name(ssl, serverName) != 1 { return nil }
    }

    deinit { SSL_free(ssl) }

    func advance() -> TLSProgress {
        ERR_clear_error()
        errno = 0
        let result = SSL_do_handshake(ssl)
        let fault = errno
        if result == 1 {
            let outcome = taken()
            // Nobody waits for the answer.
            SSL_shutdown(ssl)
            ERR_clear_error()
            return .ended(outcome)
        }
        switch SSL_get_error(ssl, result) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return .waiting
        case SSL_ERROR_SYSCALL where fault != 0: return .ended(.failed(SystemFault.failure(fault)))
        case SSL_ERROR_SYSCALL, SSL_ERROR_ZERO_RETURN: return .ended(.failed(SystemFault.closed))
        default: return .ended(.failed(SystemFault.tlsFailure()))
        }
    }

    private func taken() -> HandshakeOutcome {
        var certificates: [[UInt8]] = []
        if let chain = SSL_get_peer_cert_chain(ssl) {
            for index in 0..<max(0, OPENSSL_sk_num(chain)) {
                guard let item = OPENSSL_sk_value(chain, index) else { continue }
                var bytes: UnsafeMutablePointer<UInt8>?
                let length = i2d_X509(OpaquePointer(item), &bytes)
                guard length > 0, let bytes else { continue }
                certificates.append(Array(UnsafeBufferPointer(start: bytes, count: Int(length))))
                CRYPTO_free(bytes, #file, #line)
            }
        }
        let version = SSL_get_version(ssl).map { String(cString: $0) } ?? ""
        let cipher = SSL_CIPHER_get_name(SSL_get_current_cipher(ssl)).map { String(cString: $0) } ?? ""
        guard
            let served = ServedCertificate(
                certificates: certificates, version: version, cipher: cipher, staple: staple())
        else { return .failed(SystemFault.noCertificate) }
        return .served(served)
    }

    private func staple() -> [UInt8]? {
        var bytes: UnsafePointer<UInt8>?
        let length = countersign_ssl_get_status_response(ssl, &bytes)
        guard length > 0, let bytes else { return nil }
        return Array(UnsafeBufferPointer(start: bytes, count: length))
    }
}
