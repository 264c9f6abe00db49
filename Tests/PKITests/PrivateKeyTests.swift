// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Testing
import Vocabulary

@testable import PKI

@Suite("A private key") struct PrivateKeyTests {
    private let lab: Laboratory
    init() throws { lab = try Laboratory() }

    private static let types: [[String]] = [
        ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"], ["RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"],
        ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"], ["EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
        ["EC", "-pkeyopt", "ec_paramgen_curve:P-521"], ["ED25519"],
    ]

    @Test("is read, fits its certificate and no other, and is written as openssl reads it", arguments: types)
    func reads(type: [String]) throws {
        let digest = type[0] == "ED25519" ? nil : "-sha256"
        let leaf = try lab.certificate("own", key: type, digest: digest)
        let other = try lab.certificate("other", key: type, digest: digest)
        let key = try PrivateKey(lab.secret("own.key"))
        try lab.openssl("pkey", "-in", "own.key", "-pubout", "-outform", "DER", "-out", "own.spki")
        #expect(key.publicKeyFingerprint == SPKIFingerprint(hashing: try lab.bytes("own.spki")))
        #expect(key.matches(leaf: leaf))
        #expect(!key.matches(leaf: other))
        #expect(!key.matches(leaf: [0x30, 0]))
        try key.pkcs8PEM().withUnsafeBytes { try lab.write(Array($0), to: "written.key") }
        let written = try lab.bytes("written.key")
        #expect(written.text.hasPrefix("-----BEGIN PRIVATE KEY-----\n"))
        #expect(written == (try lab.bytes("own.key")))
    }

    @Test("is read in each of its forms", arguments: [types[0], types[2]])
    func forms(type: [String]) throws {
        let leaf = try lab.certificate("own", key: type)
        try lab.openssl("pkey", "-in", "own.key", "-traditional", "-out", "traditional.key")
        try lab.openssl("pkey", "-in", "own.key", "-outform", "DER", "-out", "pkcs8.der")
        try lab.openssl("pkey", "-in", "own.key", "-traditional", "-outform", "DER", "-out", "traditional.der")
        try lab.openssl("ecparam", "-name", "prime256v1", "-out", "parameters.pem")
        try lab.write(try lab.bytes("parameters.pem") + lab.bytes("traditional.key"), to: "with-parameters.key")
        try lab.write(try lab.bytes("own.key") + lab.bytes("own.pem"), to: "bundle.pem")
        for name in ["own.key", "traditional.key", "pkcs8.der", "traditional.der", "with-parameters.key", "bundle.pem"]
        {
            #expect(try PrivateKey(lab.secret(name)).matches(leaf: leaf), "\(name)")
        }
    }

    @Test("is read with its passphrase in each of its forms, and with no other", arguments: [types[0], types[2]])
    func encrypted(type: [String]) throws {
        let leaf = try lab.certificate("own", key: type)
        try lab.openssl("pkey", "-in", "own.key", "-aes256", "-passout", "pass:open sesame", "-out", "encrypted.key")
        try lab.openssl(
            "pkcs8", "-topk8", "-in", "own.key", "-passout", "pass:open sesame", "-outform", "DER", "-out",
            "encrypted.der")
        try lab.openssl(
            "pkey", "-in", "own.key", "-traditional", "-aes128", "-passout", "pass:open sesame", "-out", "old.key")
        #expect(try lab.bytes("old.key").text.contains("DEK-Info"))
        for name in ["encrypted.key", "encrypted.der", "old.key"] {
            let file = try lab.secret(name)
            #expect(try PrivateKey(file, passphrase: word("open sesame")).matches(leaf: leaf), "\(name)")
            for wrong in ["open", "", "open sesame ", String(repeating: "x", count: 2000)] {
                #expect(throws: PrivateKeyError()) { try PrivateKey(file, passphrase: word(wrong)) }
            }
            #expect(throws: PrivateKeyError()) { try PrivateKey(file) }
        }
        try lab.write(try lab.bytes("encrypted.key") + lab.bytes("old.key"), to: "two.key")
        #expect(throws: PrivateKeyError()) { try PrivateKey(lab.secret("two.key"), passphrase: word("open sesame")) }
        #expect(throws: PrivateKeyError()) { try PrivateKey(lab.secret("own.pem"), passphrase: word("open sesame")) }
    }

    private func word(_ text: String) -> SecretBytes {
        var bytes = Array(text.utf8)
        return SecretBytes(taking: &bytes)
    }

    @Test("that is encrypted, doubled, cut, changed or no key at all is refused in one and the same words")
    func refused() throws {
        try lab.certificate("own", key: ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"])
        try lab.certificate("ec", key: Laboratory.p256)
        let own = try lab.bytes("own.key")
        try lab.openssl("pkey", "-in", "own.key", "-aes256", "-passout", "pass:x", "-out", "encrypted.key")
        try lab.openssl(
            "pkcs8", "-topk8", "-in", "own.key", "-passout", "pass:x", "-outform", "DER", "-out", "encrypted.der")
        try lab.openssl("rsa", "-in", "own.key", "-traditional", "-aes256", "-passout", "pass:x", "-out", "old.key")
        try lab.openssl("pkey", "-in", "own.key", "-pubout", "-out", "public.pem")
        try lab.openssl("pkey", "-in", "own.key", "-outform", "DER", "-out", "own.der")
        try lab.openssl("genpkey", "-algorithm", "X25519", "-out", "x25519.key")
        let files: [(String, [UInt8])] = [
            ("encrypted", try lab.bytes("encrypted.key")), ("old encrypted", try lab.bytes("old.key")),
            ("encrypted DER", try lab.bytes("encrypted.der")), ("two", own + (try lab.bytes("ec.key"))),
            ("the same twice", own + own),
            ("cut", own.dropLast(200)), ("certificate", try lab.bytes("own.pem")),
            ("public", try lab.bytes("public.pem")), ("empty", []), ("text", Array("hello".utf8)),
            ("DER and a byte", try lab.bytes("own.der") + [0]), ("huge", [UInt8](repeating: 0x41, count: 70_000)),
            ("key for agreement only", try lab.bytes("x25519.key")),
            ("wrong label", Array(own.text.replacing("PRIVATE KEY", with: "EC PRIVATE KEY").utf8)),
        ]
        for (name, bytes) in files {
            var bytes = bytes
            let secret = SecretBytes(taking: &bytes)
            #expect(throws: PrivateKeyError(), "\(name)") { try PrivateKey(secret) }
        }
        #expect("\(PrivateKeyError())" == "private key cannot be read")
    }

    @Test("whose halves do not belong together is refused")
    func torn() throws {
        // SEC1: the private scalar of one key with the public point of another.
        try lab.certificate("a", key: Laboratory.p256)
        try lab.certificate("b", key: Laboratory.p256)
        for name in ["a", "b"] {
            try lab.openssl("pkey", "-in", "\(name).key", "-traditional", "-outform", "DER", "-out", "\(name).sec1")
        }
        let (a, b) = (try lab.bytes("a.sec1"), try lab.bytes("b.sec1"))
        try #require(a.count == 121 && b.count == 121)
        var torn = Array(a[..<39] + b[39...])
        #expect(throws: PrivateKeyError()) { try PrivateKey(SecretBytes(taking: &torn)) }
        var whole = a
        #expect(throws: Never.self) { try PrivateKey(SecretBytes(taking: &whole)) }

        // PKCS#1: one bit of a prime.
        try lab.certificate("r", key: ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"])
        try lab.openssl("pkey", "-in", "r.key", "-traditional", "-outform", "DER", "-out", "r.pkcs1")
        let rsa = try lab.bytes("r.pkcs1")
        // Somewhere in n, d, p, q, d mod p-1, d mod q-1 and the coefficient, and the last byte of all.
        for place in [150, 400, 600, 740, 860, 990, 1130, rsa.count - 1] {
            var changed = rsa
            changed[place] ^= 0x10
            #expect(throws: PrivateKeyError(), "byte \(place)") { try PrivateKey(SecretBytes(taking: &changed)) }
        }
    }

    @Test("is never printed")
    func silent() throws {
        try lab.certificate("own")
        let key = try PrivateKey(lab.secret("own.key"))
        var dumped = ""
        dump(key, to: &dumped)
        #expect("\(key)\(dumped)" == "‹private key \(key.publicKeyFingerprint.short)›" + dumped)
        #expect(!dumped.contains("encoded"))
        #expect("\(key.pkcs8PEM())".contains("secret bytes"))
    }
}
