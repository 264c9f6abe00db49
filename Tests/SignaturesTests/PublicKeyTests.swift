// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Processes
import Signatures
import TestKit
import Testing
import Vocabulary

@Suite("A public key line") struct PublicKeyTests {
    @Test(
        "is read as ssh-keygen wrote it, with its fingerprint and strength",
        arguments: [
            ("ed25519", nil, "ssh-ed25519", true), ("ecdsa", 256, "ecdsa-sha2-nistp256", true),
            ("ecdsa", 384, "ecdsa-sha2-nistp384", true), ("ecdsa", 521, "ecdsa-sha2-nistp521", false),
            ("rsa", 3072, "ssh-rsa", true), ("rsa", 2048, "ssh-rsa", false),
        ] as [(String, Int?, String, Bool)])
    func made(kind: String, bits: Int?, type: String, sound: Bool) async throws {
        let folder = try TemporaryFolder()
        let key = try await SSHKey("bob", in: folder, type: kind, bits: bits)
        let parsed = try PublicKey(line: key.publicLine)
        #expect(parsed.type == type)
        #expect(parsed.comment == "bob")
        #expect(parsed.line == key.key)
        let shown = try await run("ssh-keygen", "-l", "-f", key.path + ".pub").outputText
        #expect(shown.split(separator: " ")[1] == parsed.fingerprintText)
        if sound {
            #expect(parsed.strength == .sound)
        } else {
            guard case .weak = parsed.strength else {
                Issue.record("\(parsed.strength)")
                return
            }
        }
        #expect(try PublicKey(line: parsed.line + "\n") == parsed)
    }

    @Test("of a certificate is not a key") func certificate() async throws {
        let folder = try TemporaryFolder()
        let (authority, key) = (try await SSHKey("ca", in: folder), try await SSHKey("bob", in: folder))
        try await run("ssh-keygen", "-q", "-s", authority.path, "-I", "bob", key.path + ".pub")
        let parsed = try PublicKey(line: try folder.readText("keys/bob-cert.pub"))
        guard case .unsupported = parsed.strength else {
            Issue.record("\(parsed.strength)")
            return
        }
    }

    @Test("is refused unless it is well-formed to the last byte") func malformed() async throws {
        let folder = try TemporaryFolder()
        let key = try await SSHKey("bob", in: folder)
        let (type, text) = ("ssh-ed25519", String(key.key.dropFirst(12)))
        for line in [
            "", type, text, "\(type)  \(text)", " \(type) \(text)", "\(type)\t\(text)", "ssh-rsa \(text)",
            "\(type) \(text)=", "\(type) \(text.dropLast())", "\(type) \(text.dropLast(4))", "\(type) \(text)AAAA",
            "\(type) \(text)\n\n", "no-pty \(type) \(text)", "\(type) \(text)\u{0}",
            // "x" in another spelling: unused bits of the last letter set.
            "x AAAAAXh=",
        ] {
            #expect(throws: PublicKeyError.self, "\(line)") { try PublicKey(line: line) }
        }
        #expect(try PublicKey(line: "x AAAAAXg=").type == "x")
        let error = #expect(throws: PublicKeyError.self) { try PublicKey(line: "-----BEGIN OPENSSH PRIVATE KEY-----") }
        #expect(error?.code == .privateKey)
    }
}
