// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Processes
import Signatures
import TestKit
import Testing
import Vocabulary

/// A security key in software: what it signs and how is in OpenSSH's PROTOCOL.u2f. OpenSSL does the signing, and
/// `ssh-keygen -Y check-novalidate` is the second opinion on each signature.
private struct SoftKey {
    let folder: TemporaryFolder
    let isEd25519: Bool
    let publicKey: PublicKey

    init(ed25519: Bool, in folder: TemporaryFolder) async throws {
        self.folder = folder
        isEd25519 = ed25519
        let kind = ed25519 ? ["-algorithm", "ed25519"] : ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
        try await run(["openssl", "genpkey", "-out", folder.file("key.pem")] + kind)
        let der = try await run("openssl", "pkey", "-in", folder.file("key.pem"), "-pubout", "-outform", "DER").output
        let type = ed25519 ? "sk-ssh-ed25519@openssh.com" : "sk-ecdsa-sha2-nistp256@openssh.com"
        let point = Array(der.suffix(ed25519 ? 32 : 65))
        publicKey = try PublicKey(
            blob: string(bytes(type)) + (ed25519 ? [] : string(bytes("nistp256"))) + string(point)
                + string(bytes("ssh:")))
    }

    func sign(_ payload: [UInt8], flags: UInt8) async throws -> [UInt8] {
        let counter: [UInt8] = [0, 0, 0, 7]
        let fields = string(bytes("git")) + string([]) + string(bytes("sha256"))
        let data = bytes("SSHSIG") + fields + string(try await sha256(payload))
        let signed = try await sha256(bytes("ssh:")) + [flags] + counter + sha256(data)
        try folder.write(signed, to: "signed")
        var value = try await run(
            ["openssl", "pkeyutl", "-sign", "-inkey", folder.file("key.pem"), "-in", folder.file("signed"), "-rawin"]
                + (isEd25519 ? [] : ["-digest", "sha256"])
        ).output
        if !isEd25519 {
            // SEQUENCE of two INTEGERs, each already the shortest form, as an mpint is.
            let r = Array(value[4..<(4 + Int(value[3]))])
            let s = Array(value[(6 + r.count)...])
            value = string(r) + string(s)
        }
        let signature = string(bytes(publicKey.type)) + string(value) + [flags] + counter
        let blob = bytes("SSHSIG") + [0, 0, 0, 1] + string(publicKey.blob) + fields + string(signature)
        let text = Data(blob).base64EncodedString()
        let lines = stride(from: 0, to: text.count, by: 70).map { text.dropFirst($0).prefix(70) }
        return bytes(
            "-----BEGIN SSH SIGNATURE-----\n" + lines.joined(separator: "\n") + "\n-----END SSH SIGNATURE-----\n")
    }

    private func sha256(_ data: [UInt8]) async throws -> [UInt8] {
        try await run(["openssl", "dgst", "-sha256", "-binary"], input: data).output
    }
}

private func string(_ bytes: [UInt8]) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: bytes.count >> $0) } + bytes
}

@Suite("A security key's signature") struct SecurityKeyTests {
    @Test("verifies where it was touched, and only there", arguments: [true, false])
    func touched(ed25519: Bool) async throws {
        let folder = try TemporaryFolder()
        let key = try await SoftKey(ed25519: ed25519, in: folder)
        let payload = bytes(head + "\nx\n")
        let armor = try await key.sign(payload, flags: 1)
        let path = try folder.write(armor, to: "signature")
        let second = try await outcome(
            of: ["ssh-keygen", "-Y", "check-novalidate", "-n", "git", "-s", path], input: payload)
        #expect(second.succeeded, "\(second.errorText)")

        let signature = try SSHSignature(armor: armor)
        #expect(signature.key == key.publicKey)
        try signature.verify(payload)
        #expect(refusal { try signature.verify(payload + [0]) } == .badSignature)
        let untouched = try SSHSignature(armor: try await key.sign(payload, flags: 0))
        #expect(refusal { try untouched.verify(payload) } == .badSignature)
    }
}
