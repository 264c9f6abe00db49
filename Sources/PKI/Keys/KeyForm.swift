// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL
internal import Vocabulary

/// The bytes of one key and how they are encoded.
struct KeyForm {
    private enum Kind { case pkcs8, rsa, ec, any }
    private let kind: Kind
    private let der: SecretBytes

    /// nil unless there is exactly one key.
    init?(_ file: UnsafeRawBufferPointer) {
        if file.first == 0x30 {
            // All three forms begin with a version; an encrypted one does not, and nobody is asked for a passphrase.
            let bytes = file.bindMemory(to: UInt8.self)
            guard let whole = DERItem(bytes, at: 0, before: bytes.count),
                DERItem(bytes, at: whole.content, before: whole.end)?.tag == 0x02
            else { return nil }
            kind = .any
            der = SecretBytes(copying: file)
            return
        }
        var found: [(Kind, SecretBytes)] = []
        var isForeign = false
        let problems = PEM.scan(file.bindMemory(to: UInt8.self)) { label, _, body, capacity in
            let kind: Kind
            switch label {
            case "PRIVATE KEY": kind = .pkcs8
            case "RSA PRIVATE KEY": kind = .rsa
            case "EC PRIVATE KEY": kind = .ec
            case "EC PARAMETERS", "CERTIFICATE": return
            default:  // an encrypted key, or no key at all
                isForeign = true
                return
            }
            let scratch = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: capacity)
            scratch.initialize(repeating: 0)
            defer {
                OPENSSL_cleanse(scratch.baseAddress, scratch.count)
                scratch.deallocate()
            }
            var count = 0
            guard let base = scratch.baseAddress, body(base, &count) else { return }
            found.append((kind, SecretBytes(copying: UnsafeRawBufferPointer(start: base, count: count))))
        }
        guard problems.isEmpty, !isForeign, found.count == 1 else { return nil }
        (kind, der) = found[0]
    }

    func decode() -> KeyHandle? {
        switch kind {
        case .pkcs8: return KeyHandle(pkcs8: der)
        case .rsa: return KeyHandle(traditional: der, EVP_PKEY_RSA)
        case .ec: return KeyHandle(traditional: der, EVP_PKEY_EC)
        case .any:
            if let key = KeyHandle(pkcs8: der) { return key }
            if let key = KeyHandle(traditional: der, EVP_PKEY_RSA) { return key }
            return KeyHandle(traditional: der, EVP_PKEY_EC)
        }
    }
}
