// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL

/// The certificates that this host's OpenSSL trusts, where one is looked for by name. Nothing is trusted because it lies there.
///
/// Read once, when it is made: some milliseconds. Of one thread.
package final class HostRoots {
    private let store: OpaquePointer?

    package init() {
        ERR_clear_error()
        defer { ERR_clear_error() }
        store = X509_STORE_new()
        if let store { X509_STORE_set_default_paths(store) }
    }

    deinit { X509_STORE_free(store) }

    /// DER of the one whose name and key identifier are those that `der` says it was issued by; nil: there is none.
    package func issuer(of der: [UInt8]) -> [UInt8]? {
        guard let store, let certificate = try? X509Handle(decoding: der) else { return nil }
        ERR_clear_error()
        defer { ERR_clear_error() }
        guard let context = X509_STORE_CTX_new() else { return nil }
        defer { X509_STORE_CTX_free(context) }
        guard X509_STORE_CTX_init(context, store, certificate.raw, nil) == 1 else { return nil }
        var issuer: OpaquePointer?
        guard X509_STORE_CTX_get1_issuer(&issuer, context, certificate.raw) == 1, let issuer else { return nil }
        defer { X509_free(issuer) }
        var encoded: UnsafeMutablePointer<UInt8>?
        let count = i2d_X509(issuer, &encoded)
        guard count > 0, let encoded else { return nil }
        defer { CRYPTO_free(encoded, #file, #line) }
        return Array(UnsafeBufferPointer(start: encoded, count: Int(count)))
    }
}
