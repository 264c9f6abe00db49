// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Signatures
import TestKit
import Testing
import Vocabulary

@Suite("A signed commit") struct CommitSignatureTests {
    @Test(
        "made by git and ssh-keygen verifies, by its key",
        arguments: [
            ("ed25519", nil), ("ecdsa", 256), ("ecdsa", 384), ("rsa", 3072),
        ] as [(String, Int?)])
    func verifies(kind: String, bits: Int?) async throws {
        let fixture = try await GitFixture.make()
        let key = try await SSHKey("bob", in: fixture.folder, type: kind, bits: bits)
        try fixture.write("x", to: "a")
        let raw = try await fixture.object(fixture.commit("first\n", signedBy: key))
        let verified = try CommitObject(parsing: raw).verifiedSignature()
        #expect(verified.key == .ssh(try PublicKey(line: key.publicLine)))
    }

    @Test("verifies with both hashes") func hashes() async throws {
        let folder = try TemporaryFolder()
        let key = try await SSHKey("bob", in: folder)
        for hash in ["sha256", "sha512"] {
            let payload = bytes(head + "\nx\n")
            let armor = try await sshKeygenSignature(key, over: payload, in: folder, ["-O", "hashalg=\(hash)"])
            _ = try CommitObject(parsing: commit(payload, signature: armor)).verifiedSignature()
        }
    }

    @Test("does not verify with any byte of what it stands under changed", arguments: ["ed25519", "ecdsa", "rsa"])
    func flipped(kind: String) async throws {
        let fixture = try await GitFixture.make()
        let key = try await SSHKey("bob", in: fixture.folder, type: kind, bits: kind == "rsa" ? 3072 : nil)
        let parsed = try CommitObject(parsing: await fixture.object(fixture.commit("first\n", signedBy: key)))
        let signature = try SSHSignature(armor: #require(parsed.signature))
        try signature.verify(parsed.signedPayload)
        for index in parsed.signedPayload.indices {
            var changed = parsed.signedPayload
            changed[index] ^= 1
            #expect(refusal { try signature.verify(changed) } == .badSignature)
        }
        #expect(refusal { try signature.verify(parsed.signedPayload + [0x0a]) } == .badSignature)
    }

    @Test("never verifies with a byte of its armor changed") func flippedArmor() async throws {
        let folder = try TemporaryFolder()
        let key = try await SSHKey("bob", in: folder)
        let payload = bytes(head + "\nx\n")
        let armor = try await sshKeygenSignature(key, over: payload, in: folder)
        for index in armor.indices.dropLast() {
            for change: UInt8 in [1, 0x20] {
                var changed = armor
                changed[index] ^= change
                let raw = commit(payload, signature: changed)
                #expect(refusal { _ = try CommitObject(parsing: raw).verifiedSignature() } != nil, "byte \(index)")
            }
        }
    }

    @Test("is refused where it is not signed, signed for something else, or twice") func refused() async throws {
        let folder = try TemporaryFolder()
        let key = try await SSHKey("bob", in: folder)
        let payload = bytes(head + "\nx\n")
        let good = try await sshKeygenSignature(key, over: payload, in: folder)
        let file = try await sshKeygenSignature(key, over: payload, namespace: "file", in: folder)
        func code(_ raw: [UInt8]) -> SignatureRefusal.Code? {
            refusal { _ = try CommitObject(parsing: raw).verifiedSignature() }
        }
        #expect(code(commit(payload, signature: good)) == nil)
        #expect(code(payload) == .unsigned)
        #expect(code(commit(payload, signature: file)) == .wrongNamespace)
        #expect(code(commit(payload, signature: good, extra: "\ngpgsig x")) == .malformed)
        #expect(code(commit(payload, signature: good, extra: "\ngpgsig-sha256 x")) == .malformed)
        #expect(code(commit(payload, signature: bytes("-----BEGIN PGP SIGNATURE-----\nx"))) == .malformed)
        #expect(code(commit(payload, signature: good + bytes("\n\n"))) == .malformed)
        #expect(code(commit(payload, signature: bytes("-----BEGIN SIGNED MESSAGE-----\nx"))) == .unsupported)
        #expect(code(commit(payload, signature: bytes("x"))) == .malformed)
    }

    @Test("is refused in any armor but the canonical one") func armor() async throws {
        let folder = try TemporaryFolder()
        let key = try await SSHKey("bob", in: folder)
        let payload = bytes(head + "\nx\n")
        let good = String(decoding: try await sshKeygenSignature(key, over: payload, in: folder), as: UTF8.self)
        let lines = good.split(separator: "\n").map(String.init)
        let body = lines.dropFirst().dropLast().joined()
        func wrapped(_ width: Int) -> String {
            let text = Array(body)
            let rows = stride(from: 0, to: text.count, by: width).map { String(text[$0..<min($0 + width, text.count)]) }
            return ([lines[0]] + rows + [lines[lines.count - 1]]).joined(separator: "\n")
        }
        #expect(wrapped(70) + "\n" == good)
        for (name, text) in [
            ("64 columns", wrapped(64)), ("one line", wrapped(100_000)), ("after END", good + "x\n"),
            ("two line feeds", good + "\n"), ("second armor", good + good), ("before BEGIN", "\n" + good),
            ("blank in a line", good.replacing(lines[1], with: lines[1].dropLast() + " ")),
            ("header", lines[0] + "\nVersion: 1\n" + lines.dropFirst().joined(separator: "\n")),
            ("CRLF", good.replacing("\n", with: "\r\n")), ("no END", lines.dropLast().joined(separator: "\n")),
            ("empty", lines[0] + "\n" + lines[lines.count - 1]),
            ("padding left out", good.replacing("=", with: "")),
        ] where text != good {
            #expect(refusal { _ = try SSHSignature(armor: bytes(text)) } == .malformed, "\(name)")
        }
    }

    @Test("is refused by a weak key", arguments: [("rsa", 2048), ("ecdsa", 521)])
    func weak(kind: String, bits: Int) async throws {
        let folder = try TemporaryFolder()
        let key = try await SSHKey("bob", in: folder, type: kind, bits: bits)
        let payload = bytes(head + "\nx\n")
        let raw = commit(payload, signature: try await sshKeygenSignature(key, over: payload, in: folder))
        #expect(refusal { _ = try CommitObject(parsing: raw).verifiedSignature() } == .weakKey)
    }
}
