// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL
internal import Vocabulary

/// A private key that travels through git: CMS AuthEnvelopedData (RFC 5083) with AES-256-GCM (RFC 5084), in PEM (`CMS`) or DER,
/// for one or several recipients. Anybody can see for whom it is; only they can open it.
package struct SealedKey: Sendable {
    private let der: [UInt8]
    package static let label = "CMS"

    /// - Throws: `invalidContent` for what is no AuthEnvelopedData, holds bytes besides, or is larger than 256 KiB. EnvelopedData without
    ///   authentication is refused: whoever can write to the repository could change what comes out of it.
    package init(_ file: [UInt8]) throws(PKIError) {
        guard file.count <= 262_144 else { throw PKIError(.invalidContent, "it is larger than 256 KiB") }
        if file.first == 0x30 {
            der = file
        } else {
            let (blocks, problems) = PEM.read(file)
            if let problem = problems.first {
                throw PKIError(.invalidContent, "line \(problem.line): \(problem.message)")
            }
            guard let block = blocks.first, blocks.count == 1, block.label == Self.label else {
                throw PKIError(.invalidContent, "it is not one PEM block CMS")
            }
            der = block.der
        }
        _ = try Message(decoding: der)
    }

    /// Whether the owner of this certificate (DER) can open it: by issuer and serial number or by key identifier, as CMS names recipients.
    package func isSealed(to certificate: [UInt8]) -> Bool {
        guard let message = try? Message(decoding: der), let handle = try? X509Handle(decoding: certificate) else {
            return false
        }
        return message.isAddressed(to: handle.raw)
    }

    /// What is in it, as one private key.
    ///
    /// - Throws: the one text for every failure: it is not for us, was changed on the way, or holds something else.
    package func open(with recipient: RecipientKey) throws(PrivateKeyError) -> PrivateKey {
        guard let content = recipient.open(der) else { throw PrivateKeyError() }
        return try PrivateKey(content)
    }

    /// Seals a key for the owners of these certificates (DER); PEM.
    ///
    /// - Throws: `invalidContent` where one of them is of a key that nothing can be encrypted to (Ed25519), or where there is none.
    package static func seal(_ key: PrivateKey, to certificates: [[UInt8]]) throws(PKIError) -> [UInt8] {
        guard !certificates.isEmpty else { throw PKIError(.invalidContent, "there is nobody to encrypt to") }
        ERR_clear_error()
        defer { ERR_clear_error() }
        guard let stack = OPENSSL_sk_new_null() else { throw PKIError(.invalidContent, ErrorQueue.drain()) }
        defer { OPENSSL_sk_free(stack) }
        var owners: [X509Box] = []
        for der in certificates {
            let owner = try X509Box(der)
            OPENSSL_sk_push(stack, UnsafeRawPointer(owner.raw))
            owners.append(owner)
        }
        let pem = key.pkcs8PEM()
        let sealed = withExtendedLifetime(owners) {
            pem.withUnsafeBytes { bytes -> [UInt8]? in
                guard let input = BIO_new_mem_buf(bytes.baseAddress, Int32(bytes.count)) else { return nil }
                defer { BIO_free_all(input) }
                guard let message = CMS_encrypt(stack, input, EVP_aes_256_gcm(), UInt32(CMS_BINARY)) else { return nil }
                defer { CMS_ContentInfo_free(message) }
                var encoded: UnsafeMutablePointer<UInt8>?
                let length = i2d_CMS_ContentInfo(message, &encoded)
                guard length > 0, let encoded else { return nil }
                defer { CRYPTO_free(encoded, #file, #line) }
                return Array(UnsafeBufferPointer(start: encoded, count: Int(length)))
            }
        }
        guard let sealed else { throw PKIError(.invalidContent, "it could not be encrypted: \(ErrorQueue.drain())") }
        return PEM.write(label: label, der: sealed)
    }

    /// `X509Handle` for a list of them, which must all live until the stack that borrows them is done.
    private final class X509Box {
        let handle: X509Handle
        var raw: OpaquePointer { handle.raw }
        init(_ der: [UInt8]) throws(PKIError) { handle = try X509Handle(decoding: der) }
    }
}

/// Owns one `CMS_ContentInfo *` of the type AuthEnvelopedData. Never leaves the function that made it.
struct Message: ~Copyable {
    let raw: OpaquePointer

    deinit { CMS_ContentInfo_free(raw) }

    init(decoding der: [UInt8]) throws(PKIError) { raw = try Self.decode(der) }

    private static func decode(_ der: [UInt8]) throws(PKIError) -> OpaquePointer {
        ERR_clear_error()
        defer { ERR_clear_error() }
        let (decoded, length) = der.withUnsafeBufferPointer { bytes -> (OpaquePointer?, Int) in
            var cursor = bytes.baseAddress
            let message = d2i_CMS_ContentInfo(nil, &cursor, bytes.count)
            guard let cursor, let start = bytes.baseAddress else { return (message, 0) }
            return (message, cursor - start)
        }
        guard let decoded else { throw PKIError(.invalidContent, "no CMS message: \(ErrorQueue.drain())") }
        let problem: String
        if length != der.count {
            problem = "there are bytes after the message's end"
        } else if OBJ_obj2nid(CMS_get0_type(decoded)) != NID_id_smime_ct_authEnvelopedData {
            problem =
                "it is not CMS AuthEnvelopedData: encrypt it with countersign encrypt-key, or openssl cms -aes-256-gcm"
        } else {
            return decoded
        }
        CMS_ContentInfo_free(decoded)
        throw PKIError(.invalidContent, problem)
    }

    func isAddressed(to certificate: OpaquePointer) -> Bool {
        guard let recipients = CMS_get0_RecipientInfos(raw) else { return false }
        return (0..<OPENSSL_sk_num(recipients)).contains { index in
            guard let value = OPENSSL_sk_value(recipients, index) else { return false }
            let recipient = OpaquePointer(value)
            switch CMS_RecipientInfo_type(recipient) {
            case CMS_RECIPINFO_TRANS: return CMS_RecipientInfo_ktri_cert_cmp(recipient, certificate) == 0
            case CMS_RECIPINFO_AGREE:
                guard let keys = CMS_RecipientInfo_kari_get0_reks(recipient) else { return false }
                return (0..<OPENSSL_sk_num(keys)).contains { place in
                    OPENSSL_sk_value(keys, place).map {
                        CMS_RecipientEncryptedKey_cert_cmp(OpaquePointer($0), certificate) == 0
                    }
                        ?? false
                }
            default: return false
            }
        }
    }
}
