// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL
package import Vocabulary

package enum SigningError: Error, Hashable, Sendable {
    /// OpenSSL gave no random bytes, or did not sign.
    case openSSL
}

/// Why a file is no private key that can be used here. Never says what is in it.
package struct PrivateKeyError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable { case malformed, encrypted, unsupported }
    package var code: Code
    package var description: String
}

/// An ssh-ed25519 private key: the recorder's.
package final class SSHPrivateKey: Sendable {
    package let publicKey: PublicKey
    private let seed: SecretBytes

    private init(seed: SecretBytes, publicKey: PublicKey) {
        self.seed = seed
        self.publicKey = publicKey
    }

    private static func make(seed: SecretBytes, comment: String) -> SSHPrivateKey? {
        guard let raw = seed.withUnsafeBytes({ EVPKey.ed25519(seed: $0)?.rawPublicKey }),
            let key = try? PublicKey(blob: Wire.string("ssh-ed25519") + Wire.string(raw), comment: comment)
        else { return nil }
        return SSHPrivateKey(seed: seed, publicKey: key)
    }

    /// A new key from OpenSSL's private random generator.
    package static func generate(comment: String) throws(SigningError) -> SSHPrivateKey {
        var bytes = [UInt8](repeating: 0, count: 32)
        guard RAND_priv_bytes(&bytes, 32) == 1, let key = make(seed: SecretBytes(taking: &bytes), comment: comment)
        else { throw .openSSL }
        return key
    }

    /// An SSHSIG over `message` with SHA-512, in canonical armor that ends in a line feed.
    package func sign(_ message: [UInt8], namespace: String) throws(SigningError) -> String {
        let data = SSHSignature.signedData(message, namespace: namespace, hash: .sha512)
        guard let signature = seed.withUnsafeBytes({ EVPKey.ed25519(seed: $0)?.sign(data) }) else { throw .openSSL }
        return SSHSignature.armor(
            SSHSignature.magic + Wire.uint32(1) + Wire.string(publicKey.blob) + Wire.string(namespace) + Wire.string([])
                + Wire.string(SSHSignature.Hash.sha512.rawValue)
                + Wire.string(Wire.string("ssh-ed25519") + Wire.string(signature)))
    }
}

/// The file form `openssh-key-v1` (OpenSSH, PROTOCOL.key), unencrypted, as ssh-keygen writes it with `-N ""`.
extension SSHPrivateKey {
    private static let begin = Array("-----BEGIN OPENSSH PRIVATE KEY-----".utf8)
    private static let end = Array("-----END OPENSSH PRIVATE KEY-----".utf8)
    private static let magic = Array("openssh-key-v1\0".utf8)

    /// The file's bytes, to be kept with mode 0600.
    package func file() throws(SigningError) -> SecretBytes {
        var check = [UInt8](repeating: 0, count: 4)
        guard RAND_bytes(&check, 4) == 1, let raw = rawPublicKey else { throw .openSSL }
        var inner = check + check + Wire.string("ssh-ed25519") + Wire.string(raw) + Wire.uint32(64)
        inner.reserveCapacity(inner.count + 128 + publicKey.comment.utf8.count)
        seed.withUnsafeBytes { inner.append(contentsOf: $0) }
        inner += raw + Wire.string(publicKey.comment)
        inner += (0..<((8 - inner.count % 8) % 8)).map { UInt8($0 + 1) }
        var blob = Self.magic + Wire.string("none") + Wire.string("none") + Wire.string([]) + Wire.uint32(1)
        blob += Wire.string(publicKey.blob) + Wire.uint32(inner.count)
        blob.reserveCapacity(blob.count + inner.count)
        blob += inner
        cleanse(&inner)
        var base64 = Base64.encode(blob)
        cleanse(&blob)
        var text: [UInt8] = []
        text.reserveCapacity(base64.count * 72 / 70 + 128)
        text += Self.begin
        for start in stride(from: 0, to: base64.count, by: 70) {
            text.append(0x0a)
            text += base64[start..<min(start + 70, base64.count)]
        }
        text += [0x0a] + Self.end + [0x0a]
        cleanse(&base64)
        return SecretBytes(taking: &text)
    }

    /// Reads what `file()` or ssh-keygen wrote.
    ///
    /// - Throws: `encrypted` for one with a passphrase, `unsupported` for other kinds of key, `malformed`.
    package convenience init(file: SecretBytes) throws(PrivateKeyError) {
        var blob = try Self.blob(file)
        defer { cleanse(&blob) }
        var reader = WireReader(blob)
        guard reader.take(Self.magic.count).map(Array.init) == Self.magic, let cipher = reader.name(),
            let kdf = reader.name(), let options = reader.string(), reader.uint32() == 1,
            let blobOfKey = reader.string(),
            var inner = reader.string(), reader.isAtEnd
        else { throw Self.malformed }
        defer { cleanse(&inner) }
        guard cipher == "none", kdf == "none", options.isEmpty else {
            throw PrivateKeyError(code: .encrypted, description: "the private key has a passphrase")
        }
        var secret = WireReader(inner)
        guard inner.count.isMultiple(of: 8), let first = secret.uint32(), first == secret.uint32(),
            let type = secret.name()
        else { throw Self.malformed }
        guard type == "ssh-ed25519" else {
            throw PrivateKeyError(code: .unsupported, description: "a private key of type \(type); wanted: ssh-ed25519")
        }
        guard let raw = secret.string(), var pair = secret.string(), let comment = secret.string(), pair.count == 64
        else { throw Self.malformed }
        defer { cleanse(&pair) }
        guard let padding = secret.take(inner.count - secret.offset), padding.count < 8,
            padding.elementsEqual((0..<padding.count).map { UInt8($0 + 1) })
        else { throw Self.malformed }
        let seed = pair.withUnsafeBytes { SecretBytes(copying: UnsafeRawBufferPointer(rebasing: $0[..<32])) }
        // The public halves must be the seed's own: signing with another's reveals the key.
        guard let key = Self.make(seed: seed, comment: String(decoding: comment, as: UTF8.self)),
            key.rawPublicKey == raw, raw == Array(pair[32...]), key.publicKey.blob == blobOfKey
        else { throw Self.malformed }
        self.init(seed: seed, publicKey: key.publicKey)
    }

    private var rawPublicKey: [UInt8]? {
        if case .ed25519(let raw) = publicKey.material { raw } else { nil }
    }

    private static func blob(_ file: SecretBytes) throws(PrivateKeyError) -> [UInt8] {
        guard file.count <= 16 << 10 else { throw malformed }
        return try file.withUnsafeBytes { (bytes) throws(PrivateKeyError) in
            let lines = bytes.split(separator: 0x0a)
            guard lines.count >= 3, lines[0].elementsEqual(begin), lines[lines.count - 1].elementsEqual(end) else {
                throw malformed
            }
            var text = Array(lines[1..<(lines.count - 1)].joined())
            defer { cleanse(&text) }
            guard let blob = Base64.decode(text) else { throw malformed }
            return blob
        }
    }

    private static let malformed = PrivateKeyError(
        code: .malformed, description: "not an unencrypted OpenSSH private key")
}

private func cleanse(_ bytes: inout [UInt8]) {
    bytes.withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) }
}
