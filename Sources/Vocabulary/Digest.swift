// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL

/// A SHA-256 value that knows what it was computed over, so that a leaf's fingerprint cannot be passed for a work order's digest.
///
/// Text form: 64 lower-case hex digits (`hex`), or `sha256:` and those digits (`description`).
package struct Digest<Subject>: Hashable, Comparable, Sendable {
    // Big-endian words: order of values is order of hex text.
    @usableFromInline let a: UInt64, b: UInt64, c: UInt64, d: UInt64

    /// nil unless there are exactly 32 bytes.
    package init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 32 else { return nil }
        if let value = bytes.withContiguousStorageIfAvailable({ Self(bytes: UnsafeRawBufferPointer($0)) }) {
            guard let value else { return nil }
            self = value
            return
        }
        var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        for (index, byte) in bytes.enumerated() {
            switch index / 8 {
            case 0: words.0 = words.0 << 8 | UInt64(byte)
            case 1: words.1 = words.1 << 8 | UInt64(byte)
            case 2: words.2 = words.2 << 8 | UInt64(byte)
            default: words.3 = words.3 << 8 | UInt64(byte)
            }
        }
        (a, b, c, d) = words
    }

    /// nil unless there are exactly 32 bytes. Inlined, because stores read them by the hundred thousand.
    @inlinable package init?(bytes: UnsafeRawBufferPointer) {
        guard bytes.count == 32 else { return nil }
        a = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self))
        b = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        c = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self))
        d = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 24, as: UInt64.self))
    }

    /// nil unless `hex` is exactly 64 lower-case hex digits.
    package init?(hex: some StringProtocol) {
        guard let bytes = Hex.decode(hex), let value = Self(bytes: bytes) else { return nil }
        self = value
    }

    /// The same for a String, without the generic detour: status files hold them by the hundred thousand.
    package init?(hex: String) {
        var hex = hex
        let words: (UInt64, UInt64, UInt64, UInt64)? = hex.withUTF8 { digits in
            guard digits.count == 64, let a = Hex.word(digits[0..<16]), let b = Hex.word(digits[16..<32]),
                let c = Hex.word(digits[32..<48]), let d = Hex.word(digits[48..<64])
            else { return nil }
            return (a, b, c, d)
        }
        guard let words else { return nil }
        (a, b, c, d) = words
    }

    /// nil unless `text` is `sha256:` and 64 lower-case hex digits.
    package init?(text: some StringProtocol) {
        let bytes = text.utf8
        guard bytes.count == 71, bytes.starts(with: "sha256:".utf8) else { return nil }
        self.init(hex: String(text.dropFirst(7)))
    }

    /// SHA-256 of the parts, one after another.
    package init(hashing parts: [UInt8]...) {
        var hasher = SHA256Hasher()
        for part in parts { hasher.update(part) }
        self = hasher.finish()
    }

    package var bytes: [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 32) { buffer, count in
            let raw = UnsafeMutableRawBufferPointer(buffer)
            for (index, word) in [a, b, c, d].enumerated() {
                raw.storeBytes(of: word.bigEndian, toByteOffset: index * 8, as: UInt64.self)
            }
            count = 32
        }
    }
    package var hex: String { Hex.encode(bytes) }
    /// The first eight hex digits: for people, never for a decision.
    package var short: String { String(hex.prefix(8)) }
    /// The first 40 bits, big-endian.
    package var first40Bits: UInt64 { a >> 24 }

    package static func < (left: Self, right: Self) -> Bool {
        (left.a, left.b, left.c, left.d) < (right.a, right.b, right.c, right.d)
    }

    /// As `==`, in a time that says nothing of where they differ: for what an attacker may guess at.
    package func equalsInConstantTime(_ other: Self) -> Bool {
        (a ^ other.a) | (b ^ other.b) | (c ^ other.c) | (d ^ other.d) == 0
    }

    /// The same 32 bytes, said to be over something else.
    package func over<Other>(_: Other.Type) -> Digest<Other> { Digest<Other>(words: (a, b, c, d)) }
    fileprivate init(words: (UInt64, UInt64, UInt64, UInt64)) { (a, b, c, d) = words }
}

extension Digest: CustomStringConvertible {
    package var description: String { "sha256:" + hex }
}

extension Digest: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let value = Self(hex: try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not 64 lower-case hex digits")
        }
        self = value
    }
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(hex)
    }
}

/// What a digest may be over.
package enum CertificateDER {}
package enum PublicKeyInfo {}
package enum WorkOrderContent {}
package enum RequestContent {}
package enum PolicyChangeContent {}
package enum TrustSetContent {}
package enum RecordContent {}
package enum FileContent {}
package enum PlanContent {}
package enum NameText {}

/// SHA-256 of a certificate's DER.
package typealias Fingerprint = Digest<CertificateDER>
/// SHA-256 of a DER SubjectPublicKeyInfo (RFC 5280, 4.1.2.7).
package typealias SPKIFingerprint = Digest<PublicKeyInfo>
package typealias WorkOrderDigest = Digest<WorkOrderContent>
package typealias RequestDigest = Digest<RequestContent>
package typealias PolicyChangeDigest = Digest<PolicyChangeContent>
package typealias TrustSetDigest = Digest<TrustSetContent>
package typealias FileDigest = Digest<FileContent>
package typealias PlanDigest = Digest<PlanContent>

/// Incremental SHA-256 (FIPS 180-4).
package struct SHA256Hasher: ~Copyable {
    private let context: OpaquePointer

    package init() {
        guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
            preconditionFailure("OpenSSL has no SHA-256")
        }
        self.context = context
    }
    deinit { EVP_MD_CTX_free(context) }

    package mutating func update(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { _ = EVP_DigestUpdate(context, $0.baseAddress, $0.count) }
    }
    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        _ = EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
    }
    package consuming func finish<Subject>() -> Digest<Subject> {
        var output = [UInt8](repeating: 0, count: 32)
        EVP_DigestFinal_ex(context, &output, nil)
        guard let digest = output.withUnsafeBytes({ Digest<Subject>(bytes: $0) }) else {
            preconditionFailure("SHA-256 has 32 bytes")
        }
        return digest
    }
}

/// HMAC-SHA-256 (RFC 2104) of `message` under `key`.
package func authenticationCode(of message: [UInt8], under key: SecretBytes) -> Digest<FileContent> {
    var output = [UInt8](repeating: 0, count: 32)
    var length: UInt32 = 0
    key.withUnsafeBytes { key in
        _ = HMAC(EVP_sha256(), key.baseAddress, Int32(key.count), message, message.count, &output, &length)
    }
    guard let digest = Digest<FileContent>(bytes: output) else { preconditionFailure("SHA-256 has 32 bytes") }
    return digest
}
