// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Processes
import Signatures
import TestKit
import Testing
import Vocabulary

@Suite("An OpenPGP signature") struct OpenPGPTests {
    private let head = Array(
        "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nauthor A <a@example.com> 1 +0000\ncommitter A <a@example.com> 1 +0000\n"
            .utf8)
    private let message = Array("\nfirst\n".utf8)

    private func commit(_ armor: [UInt8]) -> [UInt8] {
        let lines = armor.split(separator: 0x0a, omittingEmptySubsequences: false).map(Array.init)
        let folded = Array("gpgsig ".utf8) + Array(lines.joined(separator: [0x0a, 0x20]))
        return head + (folded.last == 0x20 ? Array(folded.dropLast()) : folded + [0x0a]) + message
    }

    private func refusal(_ raw: [UInt8], _ keys: OpenPGPKeys) -> SignatureRefusal.Code? {
        do {
            _ = try CommitObject(parsing: raw).verifiedSignature(openpgp: keys)
            return nil
        } catch let refusal as SignatureRefusal {
            return refusal.code
        } catch {
            return .malformed
        }
    }

    private func keys(_ key: GPGKey) async throws -> [OpenPGPSigningKey] {
        try OpenPGPKeyFile.signingKeys(of: key.fingerprint, in: Array(try await key.export().utf8))
    }

    @Test(
        "made by gpg verifies by the primary key and by its signing subkey, and by no other key",
        arguments: [
            ("ed25519", "ed25519"), ("rsa3072", "rsa4096"), ("nistp256", "nistp384/ecdsa"), ("ed25519", "rsa3072"),
        ])
    func verifies(primary: String, sub: String) async throws {
        let folder = try TemporaryFolder("gpg")
        let key = try await GPGKey("Bob <bob@example.com>", home: folder.file("g"), algorithm: primary)
        let subkey = try await key.addSubkey(sub)
        try await key.addSubkey("cv25519", usage: "encr")
        let found = try await keys(key)
        #expect(Set(found.map(\.fingerprint)) == [key.fingerprint, subkey])
        #expect(found.allSatisfy { $0.primary == key.fingerprint && $0.strength == .sound && $0.revokedFrom == nil })
        for signer in [key.fingerprint, subkey] {
            let armor = try await key.signature(over: head + message, by: signer + "!")
            let verified = try CommitObject(parsing: commit(armor)).verifiedSignature(openpgp: OpenPGPKeys(found))
            #expect(verified.key == .openpgp(signer))
            #expect(verified.key.fingerprintText == "openpgp:" + signer)
            #expect(refusal(commit(armor), OpenPGPKeys(found.filter { $0.fingerprint != signer })) == .unsupported)
        }
    }

    @Test("does not verify with any byte of it, or of what it stands under, changed")
    func mutants() async throws {
        let folder = try TemporaryFolder("gpg")
        let key = try await GPGKey("Bob <bob@example.com>", home: folder.file("g"))
        let keys = OpenPGPKeys(try await keys(key))
        let raw = commit(try await key.signature(over: head + message))
        #expect(refusal(raw, keys) == nil)
        for index in raw.indices {
            for flip in [0x01, 0x20, 0x80] as [UInt8] {
                var changed = raw
                changed[index] ^= flip
                #expect(refusal(changed, keys) != nil, "byte \(index)")
            }
        }
    }

    @Test("has one text: other armor, other packets, and what is not signed are malformed")
    func canonical() async throws {
        let folder = try TemporaryFolder("gpg")
        let key = try await GPGKey("Bob <bob@example.com>", home: folder.file("g"))
        let keys = OpenPGPKeys(try await keys(key))
        let armor = String(decoding: try await key.signature(over: head + message), as: UTF8.self)
        #expect(refusal(commit(Array(armor.utf8)), keys) == nil)
        let lines = armor.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let body = lines[2..<(lines.count - 3)].joined()
        let end = "\n-----END PGP SIGNATURE-----\n"
        let others = [
            armor.replacing("\n\n", with: "\nComment: hello\n\n"), armor.replacing("SIGNATURE", with: "MESSAGE"),
            armor + "x\n",
            armor + "\n", armor + armor, "-----BEGIN PGP SIGNATURE-----\n\n" + body + end,
            lines.dropLast(3).joined(separator: "\n") + "\n=AAAA" + end,
        ]
        for other in others { #expect(refusal(commit(Array(other.utf8)), keys) == .malformed, "\(other)") }
        // Without a checksum it is what newer programs write.
        #expect(refusal(commit(Array((lines.dropLast(3).joined(separator: "\n") + end).utf8)), keys) == nil)
        let twice = try await key.signature(over: head + message, by: key.fingerprint, "--local-user", key.fingerprint)
        let text = try await key.signature(over: head + message, by: nil, "--textmode")
        let ends = try await key.signature(over: head + message, by: nil, "--default-sig-expire", "1d")
        let notation = try await key.signature(over: head + message, by: nil, "--sig-notation", "!a@example.com=b")
        for other in [twice, text, ends, notation]
        where other.split(separator: 0x0a) != Array(armor.utf8).split(separator: 0x0a) {
            #expect(other == twice || refusal(commit(other), keys) == .malformed)
        }
        #expect(refusal(commit(text), keys) == .malformed)
        #expect(refusal(commit(ends), keys) == .malformed)
        #expect(refusal(commit(notation), keys) == .malformed)
    }

    @Test("over SHA-1 or by a weak key is weak; by another key than the file declares it is nobody's")
    func weak() async throws {
        let folder = try TemporaryFolder("gpg")
        let key = try await GPGKey("Bob <bob@example.com>", home: folder.file("g"), algorithm: "rsa3072")
        let small = try await key.addSubkey("rsa2048")
        let all = OpenPGPKeys(try await keys(key))
        let sha1 = try await key.signature(
            over: head + message, by: key.fingerprint + "!", "--digest-algo", "SHA1", "--allow-weak-digest-algos")
        #expect(refusal(commit(sha1), all) == .weakKey)
        #expect(refusal(commit(try await key.signature(over: head + message, by: small + "!")), all) == .weakKey)
        let stranger = try await GPGKey("Bob <bob@example.com>", home: folder.file("s"))
        let foreign = try await stranger.signature(over: head + message)
        #expect(refusal(commit(foreign), all) == .unsupported)
        // A file may hold more keys than the one that is declared: they are nobody's.
        let both = try OpenPGPKeyFile.signingKeys(
            of: key.fingerprint, in: Array((try await key.export() + (try await stranger.export())).utf8))
        #expect(refusal(commit(foreign), OpenPGPKeys(both)) == .unsupported)
    }
}

@Suite("A file with an OpenPGP key") struct OpenPGPKeyFileTests {
    private func keys(_ key: GPGKey, _ options: String...) async throws -> [String: OpenPGPSigningKey] {
        let found = try OpenPGPKeyFile.signingKeys(of: key.fingerprint, in: Array(try await key.export().utf8))
        return Dictionary(uniqueKeysWithValues: found.map { ($0.fingerprint, $0) })
    }

    private func refusal(of fingerprint: String, _ bytes: [UInt8]) -> OpenPGPKeyError.Code? {
        do throws(OpenPGPKeyError) {
            _ = try OpenPGPKeyFile.signingKeys(of: fingerprint, in: bytes)
            return nil
        } catch {
            return error.code
        }
    }

    @Test("tells from when to when each key is valid, as gpg does")
    func validity() async throws {
        let folder = try TemporaryFolder("gpg")
        let key = try await GPGKey(
            "Bob <bob@example.com>", home: folder.file("g"), usage: "cert,sign", expires: "2y", clock: "20260101T000000"
        )
        let subkey = try await key.addSubkey(expires: "30d", clock: "20260201T000000")
        let created = try #require(Timestamp(rfc3339: "2026-01-01T00:00:00Z"))
        let added = try #require(Timestamp(rfc3339: "2026-02-01T00:00:00Z"))
        var found = try await keys(key)
        #expect(found[key.fingerprint]?.notBefore == created)
        #expect(found[key.fingerprint]?.notAfter == created + .days(730) - 1)
        #expect(found[subkey]?.notBefore == added)
        #expect(found[subkey]?.notAfter == added + .days(30) - 1)
        // Renewed: the newest word counts, in both directions. No subkey outlives its primary key.
        try await key.gpg([
            "--faked-system-time", "20260301T000000!", "--quick-set-expire", key.fingerprint, "20260401T000000",
        ])
        try await key.gpg([
            "--faked-system-time", "20260302T000000!", "--quick-set-expire", key.fingerprint, "0", subkey,
        ])
        found = try await keys(key)
        let end = try #require(Timestamp(rfc3339: "2026-03-31T23:59:59Z"))
        #expect(found[key.fingerprint]?.notAfter == end)
        #expect(found[subkey]?.notAfter == end)
    }

    @Test(
        "revokes from a date what was superseded, and from the beginning what was compromised", arguments: [0, 1, 2, 3])
    func revoked(reason: Int) async throws {
        let folder = try TemporaryFolder("gpg")
        let key = try await GPGKey("Bob <bob@example.com>", home: folder.file("g"))
        let subkey = try await key.addSubkey()
        let at = Timestamp(
            secondsSince1970: try #require(try await keys(key)[subkey]).notBefore.secondsSince1970 + 86400)
        try await key.revoke(
            subkey: 1, reason: reason, clock: at.description.filter { $0 != "-" && $0 != ":" && $0 != "Z" })
        let found = try await keys(key)
        #expect(found[key.fingerprint]?.revokedFrom == nil)
        #expect(found[subkey]?.revokedFrom == (reason >= 2 ? at : Timestamp(secondsSince1970: 0)))
        try await key.revoke(reason: reason)
        let whole = try await keys(key)
        #expect(whole.values.allSatisfy { $0.revokedFrom != nil })
        #expect(whole[key.fingerprint]?.revokedFrom.map { $0.secondsSince1970 > 0 } == (reason >= 2))
    }

    @Test("without the key, with no key that may sign, with a weak or a private key is none")
    func unfit() async throws {
        let folder = try TemporaryFolder("gpg")
        let key = try await GPGKey("Bob <bob@example.com>", home: folder.file("g"))
        let file = Array(try await key.export().utf8)
        #expect(refusal(of: key.fingerprint, file) == nil)
        #expect(refusal(of: key.fingerprint.lowercased(), file) == nil)
        #expect(refusal(of: String(repeating: "A", count: 40), file) == .absent)
        #expect(refusal(of: key.fingerprint, Array("hello\n".utf8)) == .malformed)
        let secret = try await key.gpg(["--armor", "--export-secret-keys", key.fingerprint])
        #expect(
            refusal(of: key.fingerprint, Array(secret.replacing("PRIVATE KEY BLOCK", with: "PUBLIC KEY BLOCK").utf8))
                == .privateKey)
        let certifier = try await GPGKey("Bob <bob@example.com>", home: folder.file("c"), usage: "cert")
        #expect(refusal(of: certifier.fingerprint, Array(try await certifier.export().utf8)) == .noSigningKey)
        let small = try await GPGKey("Bob <bob@example.com>", home: folder.file("w"), algorithm: "rsa2048")
        #expect(refusal(of: small.fingerprint, Array(try await small.export().utf8)) == .weak)
        let old = folder.file("o")
        let sha1 = try await GPGKey("Bob <bob@example.com>", home: old, algorithm: "rsa3072")
        try await sha1.gpg([
            "--cert-digest-algo", "SHA1", "--allow-weak-digest-algos", "--quick-set-expire", sha1.fingerprint, "1y",
        ])
        let weak = Array(try await sha1.export("--export-options", "export-minimal").utf8)
        #expect([.weak, nil].contains(refusal(of: sha1.fingerprint, weak)))
    }

    @Test("whose subkey has not agreed, or was bound by another key, has no such subkey")
    func stolenSubkey() async throws {
        let folder = try TemporaryFolder("gpg")
        let bob = try await GPGKey("Bob <bob@example.com>", home: folder.file("b"))
        let subkey = try await bob.addSubkey()
        let mallory = try await GPGKey("Mallory <mallory@example.com>", home: folder.file("m"))
        func binary(_ key: GPGKey) async throws -> [UInt8] {
            try await run(["gpg", "--homedir", key.home, "--no-options", "--batch", "--export", key.fingerprint]).output
        }
        // Bob's subkey and its binding, put under mallory's key.
        let (own, theirs) = (try await binary(mallory), try await binary(bob))
        let start = try #require(
            theirs.indices.first { $0 > 0 && theirs[$0] == 0xb8 && theirs[$0 + 1] == 51 && theirs[$0 + 2] == 4 })
        let found = try OpenPGPKeyFile.signingKeys(of: mallory.fingerprint, in: own + theirs[start...])
        #expect(found.map(\.fingerprint) == [mallory.fingerprint])
        #expect(try OpenPGPKeyFile.signingKeys(of: bob.fingerprint, in: theirs).contains { $0.fingerprint == subkey })
    }

    @Test("with any bit of it changed gives no key more time or more rights than it has")
    func mutants() async throws {
        let folder = try TemporaryFolder("gpg")
        let key = try await GPGKey("Bob <bob@example.com>", home: folder.file("g"), expires: "1y")
        try await key.addSubkey(expires: "30d")
        let file = try await run(["gpg", "--homedir", key.home, "--no-options", "--batch", "--export", key.fingerprint])
            .output
        let good = try OpenPGPKeyFile(parsing: file).signingKeys(of: key.fingerprint)
        for index in file.indices {
            for bit in 0..<8 {
                var changed = file
                changed[index] ^= 1 << UInt8(bit)
                guard let found = try? OpenPGPKeyFile(parsing: changed).signingKeys(of: key.fingerprint) else {
                    continue
                }
                for found in found {
                    #expect(good.contains { $0 == found }, "byte \(index), bit \(bit)")
                }
            }
        }
    }
}
