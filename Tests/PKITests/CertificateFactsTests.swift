// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Testing
import Vocabulary

@testable import PKI

@Suite("Facts of a certificate") struct CertificateFactsTests {
    private let lab: Laboratory
    init() throws { lab = try Laboratory() }

    @Test("are what openssl says of it")
    func agree() throws {
        let der = try lab.certificate(
            "shop", subject: "/C=DE/O=Müller, Söhne/CN=shop.example.com",
            extensions: Extensions.server("DNS:Shop.Example.com,IP:10.0.0.5,DNS:*.example.com,IP:2001:db8::1"),
            serial: "0x00AB12", days: 36_500)
        let facts = try CertificateFacts(der: der)
        #expect(facts.subject == "CN=shop.example.com,O=Müller\\, Söhne,C=DE")
        #expect(facts.issuer == facts.subject)
        #expect(facts.serial == "ab12")
        #expect(facts.dnsNames == ["shop.example.com", "*.example.com"])
        #expect(CertificateOutline.glancedDNSNames(in: der) == facts.dnsNames)
        #expect(facts.ipAddresses == ["10.0.0.5", "2001:db8::1"])
        #expect(facts.keyType == .p256)
        #expect(facts.extendedKeyUsage == .withServerAuth)
        #expect(!facts.isCA)
        #expect(facts.isSelfSigned)
        #expect(facts.signature == .sound("ecdsa-with-SHA256"))
        #expect(facts.weakness == nil)
        let said = try lab.openssl(
            "x509", "-in", "shop.pem", "-noout", "-dates", "-dateopt", "iso_8601", "-fingerprint", "-sha256")
        let begins = "\(facts.notBefore)".replacing("T", with: " ")
        let ends = "\(facts.notAfter)".replacing("T", with: " ")
        #expect(facts.notAfter > Timestamp(secondsSince1970: 2_524_608_000))  // GeneralizedTime, after 2049
        #expect(said.contains("notBefore=\(begins)\nnotAfter=\(ends)\n"))
        #expect(said.replacing(":", with: "").lowercased().contains("fingerprint=\(facts.fingerprint.hex)"))
        try lab.openssl("pkey", "-in", "shop.key", "-pubout", "-outform", "DER", "-out", "shop.spki")
        #expect(facts.spki == SPKIFingerprint(hashing: try lab.bytes("shop.spki")))
    }

    @Test(
        "name the type of the key, and which ones are weak",
        arguments: [
            (["RSA", "-pkeyopt", "rsa_keygen_bits:2048"], CertificateFacts.KeyType.rsa(bits: 2048), false),
            (["RSA", "-pkeyopt", "rsa_keygen_bits:1024"], .rsa(bits: 1024), true),
            (["RSA", "-pkeyopt", "rsa_keygen_bits:2047"], .rsa(bits: 2047), true),
            (["RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"], .rsa(bits: 2048), false),
            (["EC", "-pkeyopt", "ec_paramgen_curve:P-256"], .p256, false),
            (["EC", "-pkeyopt", "ec_paramgen_curve:P-384"], .p384, false),
            (["EC", "-pkeyopt", "ec_paramgen_curve:P-521"], .p521, false),
            (["EC", "-pkeyopt", "ec_paramgen_curve:secp256k1"], .other("EC on secp256k1"), true),
            (
                ["EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-pkeyopt", "ec_param_enc:explicit"],
                .other("EC with explicit parameters"), true
            ),
            (["ED25519"], .ed25519, false),
            (["ED448"], .other("ED448"), true),
        ])
    func keys(key: [String], type: CertificateFacts.KeyType, weak: Bool) throws {
        let der = try lab.certificate("k", key: key, digest: key[0].hasPrefix("ED") ? nil : "-sha256")
        let facts = try CertificateFacts(der: der)
        #expect(facts.keyType == type)
        #expect((facts.weakness != nil) == weak)
    }

    @Test("call SHA-1 and MD5 weak on what others rely on", arguments: ["-sha1", "-md5"])
    func signatures(digest: String) throws {
        let rsa = ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"]
        try lab.certificate("root", key: rsa, extensions: Extensions.authority(), digest: digest)
        let root = try CertificateFacts(der: lab.der(of: "root"))
        let leaf = try CertificateFacts(
            der: lab.certificate("leaf", issuer: "root", key: rsa, digest: digest))
        guard case .weak = root.signature, case .weak = leaf.signature else {
            Issue.record("not weak: \(root.signature), \(leaf.signature)")
            return
        }
        #expect(root.isSelfSigned && root.isCA)
        #expect(root.weakness == nil)
        #expect(leaf.weakness != nil)
    }

    @Test(
        "tell an extendedKeyUsage without serverAuth from none at all",
        arguments: [
            ([], CertificateFacts.ExtendedKeyUsage.absent),
            (["extendedKeyUsage = clientAuth"], .withoutServerAuth),
            (["extendedKeyUsage = anyExtendedKeyUsage"], .withoutServerAuth),
            (["extendedKeyUsage = clientAuth,serverAuth"], .withServerAuth),
        ])
    func usage(extensions: [String], expected: CertificateFacts.ExtendedKeyUsage) throws {
        #expect(try CertificateFacts(der: lab.certificate("u", extensions: extensions)).extendedKeyUsage == expected)
    }

    @Test("show a NUL or another alphabet in a DNS name, and never match by it")
    func hostileNames() throws {
        // GeneralNames of three dNSNames: "a.b\0.c", "bücher.de" in UTF-8, and "a\x00" as its own escape.
        let names = ["a.b\0.c", "b\u{fc}cher.de", "a\\x00"].map { Array($0.utf8) }
        let list = names.reduce(into: [UInt8]()) { $0 += [0x82, UInt8($1.count)] + $1 }
        let der: [UInt8] = [0x30, UInt8(list.count)] + list
        let certificate = try lab.certificate("nul", extensions: ["subjectAltName = DER:\(Hex.encode(der))"])
        let facts = try CertificateFacts(der: certificate)
        #expect(CertificateOutline.glancedDNSNames(in: certificate) == facts.dnsNames)
        #expect(facts.dnsNames == ["a.b\\x00.c", "b\\xc3\\xbccher.de", "a\\x5cx00"])
        #expect(!covers(facts.dnsNames, host: "a.b"))
        #expect(!covers(facts.dnsNames, host: "b\u{fc}cher.de"))
    }

    @Test("an address of a strange length in the subjectAltName is shown as bytes")
    func strangeAddress() throws {
        let facts = try CertificateFacts(
            der: lab.certificate("ip", extensions: ["subjectAltName = DER:30058703010203"]))
        #expect(facts.ipAddresses == ["\\x010203"])
    }

    @Test("are not read from what has a byte too many or too few, or a length written the long way")
    func exact() throws {
        let der = try lab.certificate("exact")
        #expect(throws: PKIError.self) { try CertificateFacts(der: der + [0]) }
        #expect(throws: PKIError.self) { try CertificateFacts(der: der.dropLast()) }
        #expect(throws: PKIError.self) { try CertificateFacts(der: []) }
        try #require(der[1] == 0x82)
        let longer = [0x30, 0x83, 0] + der[2...]
        #expect(CertificateOutline(longer) == nil)
        #expect(throws: PKIError.self) { try CertificateFacts(der: longer) }
    }

    @Test("of a damaged certificate are an error or facts, never a crash")
    func damaged() throws {
        let der = try lab.certificate(
            "damaged", extensions: Extensions.server("DNS:a.example,IP:10.0.0.1") + ["certificatePolicies = 1.2.3.4"])
        var read = 0
        for index in der.indices {
            #expect(throws: PKIError.self) { try CertificateFacts(der: Array(der[..<index])) }
            for change: UInt8 in [0x01, 0x20, 0x80, 0xff] {
                var copy = der
                copy[index] ^= change
                if let facts = try? CertificateFacts(der: copy) {
                    read += 1
                    #expect(facts.fingerprint == Fingerprint(hashing: copy))
                    let glanced = CertificateOutline.glancedDNSNames(in: copy)
                    #expect(glanced == nil || glanced == facts.dnsNames)
                    _ = try? CertificateChain([copy, der])
                }
            }
        }
        #expect(read > 100)  // most flips in the signature and the names leave a certificate
    }

    @Test(
        "take dates of RFC 5280 only",
        arguments: [
            ("260101000000Z", false, "2026-01-01T00:00:00Z"), ("500101000000Z", false, "1950-01-01T00:00:00Z"),
            ("491231235959Z", false, "2049-12-31T23:59:59Z"), ("20500101000000Z", true, "2050-01-01T00:00:00Z"),
            ("99991231235959Z", true, "9999-12-31T23:59:59Z"), ("240229120000Z", false, "2024-02-29T12:00:00Z"),
            ("230229120000Z", false, nil), ("2601010000Z", false, nil), ("260101000000+0100", false, nil),
            ("260101000060Z", false, nil), ("261301000000Z", false, nil), ("26010100000 Z", false, nil),
            ("20260101000000.5Z", true, nil), ("20260101240000Z", true, nil), ("", false, nil),
        ])
    func dates(text: String, generalized: Bool, expected: String?) {
        let found = CertificateTime.parse(Array(text.utf8), generalized: generalized)
        #expect(found.map { "\($0)" } == expected)
    }
}
