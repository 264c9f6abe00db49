// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Processes

/// A security key in software: what it signs and how is in OpenSSH's PROTOCOL.u2f. OpenSSL does the signing.
package struct SoftSecurityKey: Sendable {
    private let folder: TemporaryFolder
    private let file: String
    private let isEd25519: Bool
    private let type: String
    /// The key's wire form.
    package let blob: [UInt8]
    /// `sk-ssh-ed25519@openssh.com AAAA…`
    package var key: String { "\(type) \(Data(blob).base64EncodedString())" }

    package init(_ name: String = "security-key", ed25519: Bool, in folder: TemporaryFolder) async throws {
        self.folder = folder
        file = folder.file("\(name).pem")
        isEd25519 = ed25519
        let kind = ed25519 ? ["-algorithm", "ed25519"] : ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
        try await run(["openssl", "genpkey", "-out", file] + kind)
        let der = try await run("openssl", "pkey", "-in", file, "-pubout", "-outform", "DER").output
        type = ed25519 ? "sk-ssh-ed25519@openssh.com" : "sk-ecdsa-sha2-nistp256@openssh.com"
        let point = Array(der.suffix(ed25519 ? 32 : 65))
        blob = Wire.string(type) + (ed25519 ? [] : Wire.string("nistp256")) + Wire.string(point) + Wire.string("ssh:")
    }

    /// The armor over `payload` in git's namespace.
    ///
    /// - Parameter flags: 1 where somebody touched the key, 0 where nobody did.
    package func sign(_ payload: [UInt8], flags: UInt8) async throws -> [UInt8] {
        let counter: [UInt8] = [0, 0, 0, 7]
        let fields = Wire.string("git") + Wire.string([]) + Wire.string("sha256")
        let data = Array("SSHSIG".utf8) + fields + Wire.string(try await sha256(payload))
        let signed = try await sha256(Array("ssh:".utf8)) + [flags] + counter + sha256(data)
        let path = try folder.write(signed, to: "signed-\(UUID().uuidString)")
        var value = try await run(
            ["openssl", "pkeyutl", "-sign", "-inkey", file, "-in", path, "-rawin"]
                + (isEd25519 ? [] : ["-digest", "sha256"])
        ).output
        if !isEd25519 {
            // SEQUENCE of two INTEGERs, each already the shortest form, as an mpint is.
            let r = Array(value[4..<(4 + Int(value[3]))])
            let s = Array(value[(6 + r.count)...])
            value = Wire.string(r) + Wire.string(s)
        }
        let signature = Wire.string(type) + Wire.string(value) + [flags] + counter
        return SignatureParts(key: blob, namespace: "git", hash: "sha256", signature: signature).armor()
    }

    private func sha256(_ data: [UInt8]) async throws -> [UInt8] {
        try await run(["openssl", "dgst", "-sha256", "-binary"], input: data).output
    }
}

/// SSH's strings: a length of four bytes, then so many.
package enum Wire {
    package static func string(_ bytes: some Collection<UInt8>) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: bytes.count >> $0) } + Array(bytes)
    }
    package static func string(_ text: String) -> [UInt8] { string(Array(text.utf8)) }
}

/// An SSHSIG taken apart, so that each of its parts can be put in otherwise.
package struct SignatureParts: Sendable {
    package var version: UInt8 = 1
    package var key: [UInt8]
    package var namespace: String
    package var reserved: [UInt8] = []
    package var hash: String
    /// `string algorithm`, then what belongs to it.
    package var signature: [UInt8]

    package init(key: [UInt8], namespace: String, hash: String, signature: [UInt8]) {
        (self.key, self.namespace, self.hash, self.signature) = (key, namespace, hash, signature)
    }

    package init(armor: [UInt8]) throws {
        let body = String(decoding: armor, as: UTF8.self).split(separator: "\n").dropFirst().dropLast().joined()
        guard let data = Data(base64Encoded: body), data.count > 10 else { throw FixtureError("no SSHSIG: \(body)") }
        var rest = Array(data)[10...]
        func string() throws -> [UInt8] {
            let size = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
            guard rest.count >= 4 + size else { throw FixtureError("an SSHSIG that is cut off") }
            defer { rest = rest.dropFirst(4 + size) }
            return Array(rest.dropFirst(4).prefix(size))
        }
        (key, namespace) = (try string(), String(decoding: try string(), as: UTF8.self))
        (reserved, hash) = (try string(), String(decoding: try string(), as: UTF8.self))
        signature = try string()
    }

    package func armor(columns: Int = 70) -> [UInt8] {
        let fields = Wire.string(key) + Wire.string(namespace) + Wire.string(reserved) + Wire.string(hash)
        let text = Data(Array("SSHSIG".utf8) + [0, 0, 0, version] + fields + Wire.string(signature))
            .base64EncodedString()
        let lines = stride(from: 0, to: text.count, by: columns).map { text.dropFirst($0).prefix(columns) }
        return Array(
            (["-----BEGIN SSH SIGNATURE-----"] + lines.map(String.init) + ["-----END SSH SIGNATURE-----", ""])
                .joined(separator: "\n").utf8)
    }
}
