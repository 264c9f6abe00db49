// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL

/// Owns one `EVP_PKEY *`.
// Sendable because it never changes once it is made; what OpenSSL keeps in it for itself, it locks.
final class EVPKey: @unchecked Sendable {
    /// SHA-1 only to tell keys of OpenPGP apart, and for what takes one away.
    enum Hash { case sha1, sha256, sha384, sha512 }

    private let raw: OpaquePointer

    init(takingOwnershipOf raw: OpaquePointer) { self.raw = raw }
    deinit { EVP_PKEY_free(raw) }

    static func ed25519(seed: UnsafeRawBufferPointer) -> EVPKey? {
        guard seed.count == 32 else { return nil }
        return EVP_PKEY_new_raw_private_key(
            EVP_PKEY_ED25519, nil, seed.assumingMemoryBound(to: UInt8.self).baseAddress, seed.count
        ).map { EVPKey(takingOwnershipOf: $0) }
    }

    /// nil for a point that is not on the curve.
    static func ecdsa(_ curve: PublicKey.Curve, point: [UInt8]) -> EVPKey? {
        decode(DER.publicKey(curve, point: point))
    }

    static func rsa(exponent: [UInt8], modulus: [UInt8]) -> EVPKey? {
        decode(DER.publicKey(exponent: exponent, modulus: modulus))
    }

    private static func decode(_ der: [UInt8]) -> EVPKey? {
        ERR_clear_error()
        defer { ERR_clear_error() }
        let raw = der.withUnsafeBufferPointer { buffer in
            var start = buffer.baseAddress
            return d2i_PUBKEY(nil, &start, buffer.count)
        }
        return raw.map { EVPKey(takingOwnershipOf: $0) }
    }

    func verify(_ signature: [UInt8], over data: [UInt8], hash: Hash) -> Bool {
        ERR_clear_error()
        guard let context = EVP_MD_CTX_new() else { return false }
        defer {
            EVP_MD_CTX_free(context)
            ERR_clear_error()
        }
        guard EVP_DigestVerifyInit(context, nil, hash.algorithm, nil, raw) == 1 else { return false }
        return EVP_DigestVerify(context, signature, signature.count, data, data.count) == 1
    }

    /// An Ed25519 signature; nil where OpenSSL fails.
    func sign(_ data: [UInt8]) -> [UInt8]? {
        ERR_clear_error()
        guard let context = EVP_MD_CTX_new() else { return nil }
        defer { EVP_MD_CTX_free(context) }
        var (signature, count) = ([UInt8](repeating: 0, count: 64), 64)
        guard EVP_DigestSignInit(context, nil, nil, nil, raw) == 1,
            EVP_DigestSign(context, &signature, &count, data, data.count) == 1, count == 64
        else { return nil }
        return signature
    }

    var rawPublicKey: [UInt8]? {
        var (bytes, count) = ([UInt8](repeating: 0, count: 32), 32)
        return EVP_PKEY_get_raw_public_key(raw, &bytes, &count) == 1 && count == 32 ? bytes : nil
    }
}

extension EVPKey.Hash {
    fileprivate var algorithm: OpaquePointer? {
        switch self {
        case .sha1: EVP_sha1()
        case .sha256: EVP_sha256()
        case .sha384: EVP_sha384()
        case .sha512: EVP_sha512()
        }
    }
}

enum MessageDigest {
    static func hash(_ bytes: [UInt8], _ hash: EVPKey.Hash) -> [UInt8] {
        var (output, count) = ([UInt8](repeating: 0, count: 64), UInt32(0))
        guard EVP_Digest(bytes, bytes.count, &output, &count, hash.algorithm, nil) == 1 else {
            preconditionFailure("OpenSSL has no SHA")
        }
        return Array(output.prefix(Int(count)))
    }
}
