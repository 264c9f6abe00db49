// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL
internal import Vocabulary

/// Owns one `X509 *`, decoded from DER with no byte left over. Never leaves the function that made it.
struct X509Handle: ~Copyable {
    let raw: OpaquePointer
    let outline: CertificateOutline

    init(decoding der: [UInt8]) throws(PKIError) {
        // d2i takes BER in places; the outline insists on DER where a second spelling would be a second fingerprint.
        guard let outline = CertificateOutline(der) else {
            throw PKIError(.notACertificate, "this is not one DER certificate")
        }
        raw = try Self.decode(der)
        self.outline = outline
    }

    private static func decode(_ der: [UInt8]) throws(PKIError) -> OpaquePointer {
        ERR_clear_error()
        defer { ERR_clear_error() }
        let (decoded, length) = der.withUnsafeBufferPointer { bytes -> (OpaquePointer?, Int) in
            var cursor = bytes.baseAddress
            let certificate = d2i_X509(nil, &cursor, bytes.count)
            guard let cursor, let start = bytes.baseAddress else { return (certificate, 0) }
            return (certificate, cursor - start)
        }
        guard let certificate = decoded else {
            throw PKIError(.notACertificate, "not a certificate: \(ErrorQueue.drain())")
        }
        guard length == der.count else {
            X509_free(certificate)
            throw PKIError(.notACertificate, "there are bytes after the certificate's end")
        }
        // Decodes the extensions once and keeps what it found; the flag says that one of them could not be.
        _ = X509_check_purpose(certificate, -1, 0)
        guard X509_get_extension_flags(certificate) & UInt32(EXFLAG_INVALID) == 0 else {
            X509_free(certificate)
            throw PKIError(.invalidContent, "an extension cannot be decoded: \(ErrorQueue.drain())")
        }
        return certificate
    }

    /// Issuer and subject are one name (RFC 5280, 3.2).
    var isSelfIssued: Bool { X509_get_extension_flags(raw) & UInt32(EXFLAG_SI) != 0 }

    deinit { X509_free(raw) }
}
