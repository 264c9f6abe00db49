// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import PKI
import Testing
import Vocabulary

/// Against `openssl cms`, which shares no code with ours above libcrypto's CMS functions.
@Suite("A private key that travels through git") struct SealedKeyTests {
    private let laboratory: Laboratory
    private let key: PrivateKey
    private let leaf: [UInt8]

    init() throws {
        laboratory = try Laboratory()
        leaf = try laboratory.certificate("shop")
        key = try PrivateKey(Self.secret(try laboratory.bytes("shop.key")))
    }

    private static func secret(_ bytes: [UInt8]) -> SecretBytes {
        var bytes = bytes
        return SecretBytes(taking: &bytes)
    }

    private func recipient(_ name: String) throws -> RecipientKey {
        try RecipientKey(RecipientKey.generate(named: name))
    }

    @Test("is opened by each of its recipients, and by nobody else")
    func recipients() throws {
        let (east, west, other) = (try recipient("east"), try recipient("west"), try recipient("other"))
        let sealed = try SealedKey(try SealedKey.seal(key, to: [east.certificate, west.certificate]))
        for one in [east, west] {
            #expect(sealed.isSealed(to: one.certificate))
            #expect(try sealed.open(with: one).matches(leaf: leaf))
        }
        #expect(!sealed.isSealed(to: other.certificate))
        #expect(throws: PrivateKeyError.self) { try sealed.open(with: other) }
    }

    @Test("made by openssl cms is opened, for RSA and for EC recipients, in PEM and DER", arguments: ["PEM", "DER"])
    func foreign(form: String) throws {
        try laboratory.certificate("rsa", key: ["RSA", "-pkeyopt", "rsa_keygen_bits:3072"])
        try laboratory.certificate("ec")
        for name in ["rsa", "ec"] {
            try laboratory.openssl(
                "cms", "-encrypt", "-binary", "-aes-256-gcm", "-in", "shop.key", "-outform", form, "-out", "shop.cms",
                "\(name).pem")
            let sealed = try SealedKey(try laboratory.bytes("shop.cms"))
            let own = try laboratory.bytes("\(name).pem") + laboratory.bytes("\(name).key")
            #expect(try sealed.open(with: RecipientKey(Self.secret(own))).matches(leaf: leaf))
        }
    }

    @Test("made by us is opened by openssl cms")
    func ours() throws {
        let file = try RecipientKey.generate(named: "gateway")
        let recipient = try RecipientKey(file)
        try laboratory.write(file.withUnsafeBytes { Array($0) }, to: "gateway.pem")
        try laboratory.write(try SealedKey.seal(key, to: [recipient.certificate]), to: "ours.p7m")
        try laboratory.openssl(
            "cms", "-decrypt", "-binary", "-inform", "PEM", "-in", "ours.p7m", "-recip", "gateway.pem", "-inkey",
            "gateway.pem",
            "-out", "opened.key")
        #expect(try PrivateKey(Self.secret(laboratory.bytes("opened.key"))).matches(leaf: leaf))
    }

    @Test("without authentication is refused: who writes to the repository could change what comes out")
    func unauthenticated() throws {
        try laboratory.openssl(
            "cms", "-encrypt", "-binary", "-aes-256-cbc", "-in", "shop.key", "-outform", "PEM", "-out", "cbc.p7m",
            "shop.pem")
        #expect(throws: PKIError.self) { try SealedKey(try laboratory.bytes("cbc.p7m")) }
    }

    @Test("changed in any one byte is not opened as another key")
    func changed() throws {
        let recipient = try recipient("gateway")
        let pem = try SealedKey.seal(key, to: [recipient.certificate])
        let der = PEM.read(pem).blocks[0].der
        for place in stride(from: 0, to: der.count, by: 3) {
            var bytes = der
            bytes[place] ^= 0x01
            guard let sealed = try? SealedKey(bytes), let opened = try? sealed.open(with: recipient) else { continue }
            // A byte that decides nothing (an attribute of the recipient's name): what comes out is the same key.
            #expect(opened.publicKeyFingerprint == key.publicKeyFingerprint)
        }
    }

    @Test(
        "is what it says: no empty file, no junk, no bytes behind it",
        arguments: ["", "junk", "-----BEGIN CMS-----\nAAAA\n-----END CMS-----\n"])
    func junk(text: String) { #expect(throws: PKIError.self) { try SealedKey(Array(text.utf8)) } }

    @Test("is sealed to nobody whose key cannot take it")
    func unfit() throws {
        let edwards = try laboratory.certificate("edwards", key: ["ED25519"], digest: nil)
        #expect(throws: PKIError.self) { try SealedKey.seal(key, to: [edwards]) }
        #expect(throws: PKIError.self) { try SealedKey.seal(key, to: []) }
    }
}
