// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Processes
import Signatures
import TestKit
import Testing
import Vocabulary

@Suite("The recorder's key") struct RecorderKeyTests {
    private func bytes(of secret: SecretBytes) -> [UInt8] { secret.withUnsafeBytes { Array($0) } }

    @Test("is written so that ssh-keygen reads it", arguments: ["", "recorder of default", "1234567"])
    func file(comment: String) async throws {
        let folder = try TemporaryFolder()
        let key = try SSHPrivateKey.generate(comment: comment)
        let path = try folder.write(bytes(of: key.file()), to: "recorder", mode: 0o600)
        let line = try await run("ssh-keygen", "-y", "-f", path).outputText
        let expected = comment.isEmpty ? key.publicKey.line : "\(key.publicKey.line) \(comment)"
        #expect(line == expected + "\n")
        let again = try SSHPrivateKey(file: key.file())
        #expect(again.publicKey == key.publicKey)
        #expect(again.publicKey.comment == comment)
    }

    @Test("may come from ssh-keygen") func fromSSHKeygen() async throws {
        let folder = try TemporaryFolder()
        let made = try await SSHKey("recorder", in: folder)
        var file = try folder.read("keys/recorder")
        let key = try SSHPrivateKey(file: SecretBytes(taking: &file))
        #expect(key.publicKey == (try PublicKey(line: made.publicLine)))
        #expect(key.publicKey.comment == "recorder")
    }

    @Test("is another one each time") func random() throws {
        #expect(try SSHPrivateKey.generate(comment: "").publicKey != SSHPrivateKey.generate(comment: "").publicKey)
    }

    @Test("signs commits that git, ssh-keygen and we verify, and a stranger's key does not")
    func signs() async throws {
        let fixture = try await GitFixture.make()
        let parent = try await fixture.commit("first")
        let tree = try await fixture.git("rev-parse", "HEAD^{tree}")
        let key = try SSHPrivateKey.generate(comment: "recorder")
        let identity = try #require(
            Identity(
                name: "countersign", email: "recorder@example.com", time: Timestamp(secondsSince1970: 1_767_225_600),
                offset: -90))
        let builder = CommitBuilder(
            tree: try #require(ObjectID(hex: tree)), parents: [try #require(ObjectID(hex: parent))], author: identity,
            committer: identity, message: "Status of é\n\ntwo lines\n")
        let raw = try builder.signed(by: key)
        let id = try await fixture.store(raw)
        #expect(try await fixture.git("fsck", "--strict", "--no-dangling") == "")

        let parsed = try CommitObject(parsing: raw)
        #expect(parsed.irregularities.isEmpty)
        #expect(parsed.signedPayload == builder.unsigned)
        #expect(try parsed.verifiedSignature().key == .ssh(key.publicKey))
        #expect(parsed.committer == identity)

        func verify(_ key: PublicKey) async throws -> Bool {
            try fixture.folder.write("* \(key.line)\n", to: "allowed")
            let allowed = "gpg.ssh.allowedSignersFile=\(fixture.folder.file("allowed"))"
            return try await outcome(
                of: ["git", "-c", allowed, "verify-commit", id], in: fixture.path, environment: fixture.environment
            ).succeeded
        }
        #expect(try await verify(key.publicKey))
        #expect(try await !verify(SSHPrivateKey.generate(comment: "").publicKey))
    }

    @Test("with a passphrase, of another kind, or damaged is refused, and nothing of it is said") func refused()
        async throws
    {
        let folder = try TemporaryFolder()
        func code(_ file: [UInt8]) -> PrivateKeyError.Code? {
            var file = file
            do {
                _ = try SSHPrivateKey(file: SecretBytes(taking: &file))
                return nil
            } catch {
                return error.code
            }
        }
        _ = try await SSHKey("rsa", in: folder, type: "rsa", bits: 3072)
        #expect(code(try folder.read("keys/rsa")) == .unsupported)
        try await run("ssh-keygen", "-q", "-t", "ed25519", "-N", "secret", "-f", folder.file("locked"))
        #expect(code(try folder.read("locked")) == .encrypted)
        let good = bytes(of: try SSHPrivateKey.generate(comment: "recorder").file())
        #expect(code(good) == nil)
        #expect(code([]) == .malformed)
        #expect(code(Array(good.dropFirst())) == .malformed)
        for index in good.indices where good[index] != 0x0a {
            var changed = good
            changed[index] ^= 1
            if let code = code(changed) {
                #expect(code != .unsupported || index > 40)
            } else {
                // The comment is nobody's secret and nothing checks it.
                #expect(index > good.count - 80, "byte \(index)")
            }
        }
    }
}
