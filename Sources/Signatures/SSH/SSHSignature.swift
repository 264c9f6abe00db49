// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Vocabulary

/// An SSHSIG signature (OpenSSH, PROTOCOL.sshsig), parsed and not yet verified.
package struct SSHSignature: Hashable, Sendable {
    package static let gitNamespace = "git"

    package enum Hash: String, Sendable { case sha256, sha512 }

    package let key: PublicKey
    package let namespace: String
    package let hash: Hash
    /// `ssh-ed25519`, `rsa-sha2-512`
    package let algorithm: String
    /// What follows the algorithm's name in the signature's blob.
    let value: [UInt8]

    static let magic = Array("SSHSIG".utf8)
    static let begin = "-----BEGIN SSH SIGNATURE-----"
    static let end = "-----END SSH SIGNATURE-----"
    /// Columns of base64 in each line but the last (sshsig.c).
    static let width = 70

    /// Parses canonical armor: each signature has one text. The line feed after the last line may be absent.
    ///
    /// - Throws: `malformed`; `unsupported` for the armor of another kind of signature.
    package init(armor: [UInt8]) throws(SignatureRefusal) {
        try self.init(blob: Self.blob(armor))
    }

    init(blob: [UInt8]) throws(SignatureRefusal) {
        var reader = WireReader(blob)
        guard reader.take(6).map(Array.init) == Self.magic else { throw .malformed("it does not begin with SSHSIG") }
        guard reader.uint32() == 1 else { throw .malformed("it is not version 1 of SSHSIG") }
        guard let keyBlob = reader.string(), let namespace = reader.string(), let reserved = reader.string(),
            let hashName = reader.name(), let signature = reader.string(), reader.isAtEnd
        else { throw .malformed("an SSHSIG that is cut off or has something after its end") }
        do throws(PublicKeyError) {
            key = try PublicKey(blob: keyBlob)
        } catch {
            throw .malformed("its key: \(error)")
        }
        guard let text = String(validating: namespace, as: UTF8.self), !text.isEmpty else {
            throw .malformed("its namespace is empty or not UTF-8")
        }
        guard reserved.isEmpty else { throw .malformed("its reserved field is not empty") }
        guard let hash = Hash(rawValue: hashName) else { throw .malformed("its hash is neither sha256 nor sha512") }
        var inner = WireReader(signature)
        guard let algorithm = inner.name(), let value = inner.take(signature.count - inner.offset) else {
            throw .malformed("its signature has no algorithm")
        }
        self.namespace = text
        self.hash = hash
        self.algorithm = algorithm
        self.value = Array(value)
    }

    private static func blob(_ armor: [UInt8]) throws(SignatureRefusal) -> [UInt8] {
        guard armor.count <= 64 << 10 else { throw .malformed("a signature of \(armor.count) bytes") }
        var lines = armor.split(separator: 0x0a, omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        guard let first = lines.first, first.elementsEqual(begin.utf8) else {
            if armor.starts(with: Array("-----BEGIN SIGNED MESSAGE-----".utf8)) {
                throw SignatureRefusal(code: .unsupported, message: "signed with X.509, which is not verified yet")
            }
            throw .malformed("it does not begin with \(begin)")
        }
        guard lines.count >= 3, let last = lines.last, last.elementsEqual(end.utf8) else {
            throw .malformed("something stands after its end, or it has none")
        }
        let body = lines[1..<(lines.count - 1)]
        guard body.dropLast().allSatisfy({ $0.count == width }), let tail = body.last, (1...width).contains(tail.count),
            let blob = Base64.decode(Array(body.joined()))
        else { throw .malformed("its armor is not canonical: base64 in lines of \(width) columns") }
        return blob
    }

    static func armor(_ blob: [UInt8]) -> String {
        let text = Base64.encode(blob)
        let lines = stride(from: 0, to: text.count, by: width).map {
            String(decoding: text[$0..<min($0 + width, text.count)], as: UTF8.self)
        }
        return ([begin] + lines + [end]).joined(separator: "\n") + "\n"
    }

    /// What is signed in place of the message (PROTOCOL.sshsig, 2).
    static func signedData(_ message: [UInt8], namespace: String, hash: Hash) -> [UInt8] {
        magic + Wire.string(namespace) + Wire.string([]) + Wire.string(hash.rawValue)
            + Wire.string(MessageDigest.hash(message, hash == .sha256 ? .sha256 : .sha512))
    }
}

/// Why a signature does not stand for its key.
package struct SignatureRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable, CaseIterable {
        case unsigned
        case malformed
        case wrongNamespace
        case weakKey
        /// A kind of signature or key that is not verified here.
        case unsupported
        case badSignature
    }
    package var code: Code
    package var message: String

    package init(code: Code, message: String) {
        self.code = code
        self.message = message
    }

    static func malformed(_ message: String) -> Self { Self(code: .malformed, message: message) }

    package var description: String { message }
}
