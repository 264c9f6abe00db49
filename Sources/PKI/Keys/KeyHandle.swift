// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL
internal import Vocabulary

/// Owns one private `EVP_PKEY *`; OpenSSL cleanses it when it is freed. Never leaves the function that made it.
struct KeyHandle: ~Copyable {
    private let raw: OpaquePointer

    deinit { EVP_PKEY_free(raw) }

    /// PKCS#8 (RFC 5958), not encrypted, no byte left over.
    init?(pkcs8 der: SecretBytes) {
        let key = der.withUnsafeBytes { bytes -> OpaquePointer? in
            guard let start = bytes.bindMemory(to: UInt8.self).baseAddress else { return nil }
            var cursor: UnsafePointer<UInt8>? = start
            guard let info = d2i_PKCS8_PRIV_KEY_INFO(nil, &cursor, bytes.count) else { return nil }
            defer { PKCS8_PRIV_KEY_INFO_free(info) }
            guard cursor == start + bytes.count else { return nil }
            return EVP_PKCS82PKEY(info)
        }
        guard let key else { return nil }
        raw = key
    }

    /// PKCS#1 (RFC 8017, A.1.2) or SEC1 (RFC 5915), no byte left over.
    init?(traditional der: SecretBytes, _ type: Int32) {
        let key = der.withUnsafeBytes { bytes -> OpaquePointer? in
            guard let start = bytes.bindMemory(to: UInt8.self).baseAddress else { return nil }
            var cursor: UnsafePointer<UInt8>? = start
            guard let key = d2i_PrivateKey(type, nil, &cursor, bytes.count) else { return nil }
            guard cursor == start + bytes.count else {
                EVP_PKEY_free(key)
                return nil
            }
            return key
        }
        guard let key else { return nil }
        raw = key
    }

    /// Encrypted with a passphrase, PEM or DER; exactly one key. OpenSSL cleanses what it reads on the way.
    init?(encrypted file: UnsafeRawBufferPointer, _ passphrase: SecretBytes) {
        guard let input = BIO_new_mem_buf(file.baseAddress, Int32(file.count)) else { return nil }
        defer { BIO_free_all(input) }
        let isDER = file.first == 0x30
        guard isDER || Self.count(of: Array("PRIVATE KEY-----".utf8), in: file) == 2 else { return nil }  // BEGIN and END
        let key = withUnsafePointer(to: passphrase) { given -> OpaquePointer? in
            let context = UnsafeMutableRawPointer(mutating: given)
            let answer: @convention(c) (UnsafeMutablePointer<CChar>?, Int32, Int32, UnsafeMutableRawPointer?) -> Int32 =
                {
                    buffer, size, _, context in
                    guard let buffer, let context else { return -1 }
                    let passphrase = context.assumingMemoryBound(to: SecretBytes.self).pointee
                    guard passphrase.count <= size else { return -1 }
                    passphrase.withUnsafeBytes {
                        UnsafeMutableRawBufferPointer(start: buffer, count: Int(size)).copyMemory(from: $0)
                    }
                    return Int32(passphrase.count)
                }
            return isDER
                ? d2i_PKCS8PrivateKey_bio(input, nil, answer, context)
                : PEM_read_bio_PrivateKey(input, nil, answer, context)
        }
        guard let key else { return nil }
        raw = key
    }

    private static func count(of word: [UInt8], in file: UnsafeRawBufferPointer) -> Int {
        file.indices.count { file[$0] == word[0] && file[$0...].starts(with: word) }
    }

    /// A type that a TLS server can use, of a size that costs no minutes, and whose two halves belong together.
    func isSound() -> Bool {
        switch EVP_PKEY_get_base_id(raw) {
        case EVP_PKEY_RSA, EVP_PKEY_RSA_PSS:
            return EVP_PKEY_get_bits(raw) <= 8192 && RSAArithmetic.holds(raw) && proves(raw)
        case EVP_PKEY_EC, EVP_PKEY_ED25519, EVP_PKEY_ED448:
            guard let context = EVP_PKEY_CTX_new_from_pkey(nil, raw, nil) else { return false }
            defer { EVP_PKEY_CTX_free(context) }
            return EVP_PKEY_pairwise_check(context) == 1 && proves(raw)
        default: return false
        }
    }

    /// What this key signs verifies under `publicKey`, and `publicKey` is this key's own.
    func proves(_ publicKey: OpaquePointer) -> Bool {
        guard EVP_PKEY_eq(raw, publicKey) == 1 else { return false }
        let message = Array("countersign: this key fits that certificate\n".utf8)
        let oneShot = EVP_PKEY_get_base_id(raw) == EVP_PKEY_ED25519 || EVP_PKEY_get_base_id(raw) == EVP_PKEY_ED448
        let hash = oneShot ? nil : EVP_sha256()
        guard let signing = EVP_MD_CTX_new() else { return false }
        defer { EVP_MD_CTX_free(signing) }
        var length = 0
        guard EVP_DigestSignInit(signing, nil, hash, nil, raw) == 1,
            EVP_DigestSign(signing, nil, &length, message, message.count) == 1
        else { return false }
        var signature = [UInt8](repeating: 0, count: length)
        guard EVP_DigestSign(signing, &signature, &length, message, message.count) == 1,
            let verifying = EVP_MD_CTX_new()
        else { return false }
        defer { EVP_MD_CTX_free(verifying) }
        return EVP_DigestVerifyInit(verifying, nil, hash, nil, publicKey) == 1
            && EVP_DigestVerify(verifying, signature, length, message, message.count) == 1
    }

    /// SHA-256 of the SubjectPublicKeyInfo.
    func spki() -> SPKIFingerprint? {
        var bytes: UnsafeMutablePointer<UInt8>?
        let length = i2d_PUBKEY(raw, &bytes)
        guard length > 0, let bytes else { return nil }
        defer { CRYPTO_free(bytes, #file, #line) }
        var hasher = SHA256Hasher()
        hasher.update(UnsafeRawBufferPointer(start: bytes, count: Int(length)))
        return hasher.finish()
    }

    func pkcs8() -> SecretBytes? {
        guard let info = EVP_PKEY2PKCS8(raw) else { return nil }
        defer { PKCS8_PRIV_KEY_INFO_free(info) }
        var bytes: UnsafeMutablePointer<UInt8>?
        let length = i2d_PKCS8_PRIV_KEY_INFO(info, &bytes)
        guard length > 0, let bytes else { return nil }
        defer { CRYPTO_clear_free(bytes, Int(length), #file, #line) }
        return SecretBytes(copying: UnsafeRawBufferPointer(start: bytes, count: Int(length)))
    }
}
