// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL
package import Vocabulary

/// A gateway's own key, to which private keys in git are encrypted, with the certificate that names it in a Zone's `recipients`.
///
/// Sendable because all it holds is immutable: OpenSSL's own form is made anew for each use and cleansed after it.
package final class RecipientKey: Sendable {
    private enum Place: Sendable {
        case here(SecretBytes)
        /// In a hardware token (RFC 7512): it never leaves it.
        case token(String)
    }
    private let place: Place
    /// DER.
    package let certificate: [UInt8]

    /// - Parameter file: PEM: one certificate and the private key (PKCS#8) that it is of; or, in place of the key, a line `pkcs11:…` that
    ///   says where it is in a token. Whether that is the certificate's shows when something is opened.
    package init(_ file: SecretBytes) throws(PrivateKeyError) {
        let text = file.withUnsafeBytes { Array($0) }
        let certificates = PEM.read(text).blocks.filter { $0.label == "CERTIFICATE" }
        guard certificates.count == 1 else { throw PrivateKeyError() }
        certificate = certificates[0].der
        if let address = Self.tokenAddress(in: text) {
            place = .token(address)
            return
        }
        let key = try PrivateKey(file)
        guard key.matches(leaf: certificate) else { throw PrivateKeyError() }
        place = .here(key.pkcs8PEM())
    }

    /// The one line that begins with `pkcs11:`, of printable ASCII.
    private static func tokenAddress(in text: [UInt8]) -> String? {
        let lines = text.split(separator: UInt8(ascii: "\n")).filter { $0.starts(with: Array("pkcs11:".utf8)) }
        guard lines.count == 1, lines[0].count <= 1024, lines[0].allSatisfy({ (0x21...0x7e).contains($0) }) else {
            return nil
        }
        return String(decoding: lines[0], as: UTF8.self)
    }

    /// As OpenSSL uses it. Of a token it is a handle, by OpenSSL's engine `pkcs11` (libp11), which asks nobody for a PIN.
    private func handle() -> OpaquePointer? {
        switch place {
        case .here(let encoded):
            return encoded.withUnsafeBytes { bytes -> OpaquePointer? in
                guard let input = BIO_new_mem_buf(bytes.baseAddress, Int32(bytes.count)) else { return nil }
                defer { BIO_free_all(input) }
                return PEM_read_bio_PrivateKey(input, nil, nil, nil)
            }
        case .token(let address):
            countersign_engine_load_dynamic()
            guard let engine = countersign_engine_by_id("pkcs11") else { return nil }
            defer { countersign_engine_free(engine) }
            guard countersign_engine_init(engine) == 1 else { return nil }
            defer { countersign_engine_finish(engine) }
            return countersign_engine_load_private_key(engine, address)
        }
    }

    /// As it goes into a file of the repository that a Zone names.
    package var certificatePEM: [UInt8] { PEM.write(label: "CERTIFICATE", der: certificate) }

    /// A new P-256 key with a certificate of its own (self-signed, 20 years: who it belongs to is decided by the trust set, and when it
    /// ends too), as the file that `init` reads.
    package static func generate(named name: String) throws(PKIError) -> SecretBytes {
        ERR_clear_error()
        defer { ERR_clear_error() }
        guard let made = Made(name) else {
            throw PKIError(.invalidContent, "no key could be made: \(ErrorQueue.drain())")
        }
        return made.file
    }

    /// The content of a CMS message (DER) that is addressed to this certificate; nil for every failure.
    func open(_ der: [UInt8]) -> SecretBytes? {
        guard let message = try? Message(decoding: der), let owner = try? X509Handle(decoding: certificate) else {
            return nil
        }
        ERR_clear_error()
        defer { ERR_clear_error() }
        guard let key = handle() else { return nil }
        defer { EVP_PKEY_free(key) }
        guard let output = BIO_new(BIO_s_secmem()) else { return nil }
        defer { BIO_free_all(output) }
        guard CMS_decrypt(message.raw, key, owner.raw, nil, output, UInt32(CMS_BINARY)) == 1 else { return nil }
        var data: UnsafeMutablePointer<CChar>?
        let length = countersign_bio_get_mem_data(output, &data)
        guard length > 0, length <= 65536, let data else { return nil }
        return SecretBytes(copying: UnsafeRawBufferPointer(start: data, count: length))
    }

    private struct Made {
        var file: SecretBytes

        init?(_ name: String) {
            guard let context = EVP_PKEY_CTX_new_from_name(nil, "EC", nil) else { return nil }
            defer { EVP_PKEY_CTX_free(context) }
            var key: OpaquePointer?
            guard EVP_PKEY_keygen_init(context) == 1, EVP_PKEY_CTX_set_group_name(context, "prime256v1") == 1,
                EVP_PKEY_generate(context, &key) == 1, let key
            else { return nil }
            defer { EVP_PKEY_free(key) }
            guard let certificate = X509_new() else { return nil }
            defer { X509_free(certificate) }
            var serial = [UInt8](repeating: 0, count: 16)
            guard RAND_bytes(&serial, 16) == 1, let number = BN_bin2bn(serial, 16, nil) else { return nil }
            defer { BN_free(number) }
            guard let subject = X509_get_subject_name(certificate), X509_set_version(certificate, 2) == 1,
                BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != nil,
                X509_NAME_add_entry_by_txt(
                    subject, "CN", Int32(V_ASN1_UTF8STRING), Array(name.prefix(60).utf8),
                    Int32(name.prefix(60).utf8.count), -1, 0) == 1,
                X509_set_issuer_name(certificate, subject) == 1,
                X509_gmtime_adj(X509_getm_notBefore(certificate), -300) != nil,
                X509_time_adj_ex(X509_getm_notAfter(certificate), 7305, 0, nil) != nil,
                X509_set_pubkey(certificate, key) == 1, X509_sign(certificate, key, EVP_sha256()) > 0,
                let output = BIO_new(BIO_s_secmem())
            else { return nil }
            defer { BIO_free_all(output) }
            guard PEM_write_bio_X509(output, certificate) == 1,
                PEM_write_bio_PKCS8PrivateKey(output, key, nil, nil, 0, nil, nil) == 1
            else { return nil }
            var data: UnsafeMutablePointer<CChar>?
            let length = countersign_bio_get_mem_data(output, &data)
            guard length > 0, let data else { return nil }
            file = SecretBytes(copying: UnsafeRawBufferPointer(start: data, count: length))
        }
    }
}
