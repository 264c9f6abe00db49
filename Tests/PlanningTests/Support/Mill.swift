// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import PKI
import TestKit
import Vocabulary

/// Certificates with fixed dates, made once for the whole run by `openssl ca`.
///
/// `issuer` and `impostor` are CAs of one and the same subject and of two keys.
final class Mill: Sendable {
    static let made = Task { try await Mill() }

    let ders: [String: [UInt8]]

    struct Leaf: Sendable {
        var name: String
        var names = "DNS:shop.example.com,DNS:www.shop.example.com"
        var start = "20260101000000Z"
        var end = "20260401000000Z"
        var issuer = "issuer"
        var usage: String? = "serverAuth"
        var key = ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
        var keyOf: String?
    }

    private static let leaves: [Leaf] = [
        Leaf(name: "shop"),
        Leaf(name: "renewed", start: "20260301000000Z", end: "20260601000000Z"),
        Leaf(name: "rekeyed", start: "20260301000000Z", end: "20260601000000Z", keyOf: "shop"),
        Leaf(name: "narrow", names: "DNS:shop.example.com", start: "20260301000000Z", end: "20260601000000Z"),
        Leaf(
            name: "wide", names: "DNS:*.example.com,DNS:*.shop.example.com", start: "20260301000000Z",
            end: "20260601000000Z"),
        Leaf(name: "elsewhere", start: "20260301000000Z", end: "20260601000000Z", issuer: "impostor"),
        Leaf(name: "edwards", start: "20260301000000Z", end: "20260601000000Z", key: ["ED25519"]),
        Leaf(name: "weak", key: ["RSA", "-pkeyopt", "rsa_keygen_bits:1024"]),
        Leaf(name: "client", usage: "clientAuth"),
        Leaf(name: "usageless", usage: nil),
        Leaf(name: "expired", start: "20250101000000Z", end: "20260301000000Z"),
        Leaf(name: "future", start: "20270101000000Z", end: "20270401000000Z"),
        Leaf(name: "late", start: "20260301000000Z", end: "20600401000000Z"),
        Leaf(name: "pay", names: "DNS:a.pay.example.com", start: "20260301000000Z", end: "20260601000000Z"),
    ]

    private init() async throws {
        let folder = try TemporaryFolder("planning")
        try folder.write(Self.configuration, to: "ca.cnf")
        try folder.write("", to: "index.txt")
        var made: [String: [UInt8]] = [:]
        for authority in ["issuer", "impostor"] {
            try await Self.makeKey(authority, ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"], in: folder)
            try await run(
                "openssl", "req", "-new", "-config", "ca.cnf", "-key", "\(authority).key", "-subj", "/CN=Test Issuer",
                "-out",
                "\(authority).csr", in: folder.path)
            try await Self.sign(
                authority, by: authority, names: nil, usage: nil, from: "20200101000000Z", to: "20800101000000Z",
                in: folder)
            made[authority] = try folder.read("\(authority).der")
        }
        for leaf in Self.leaves {
            if leaf.keyOf == nil { try await Self.makeKey(leaf.name, leaf.key, in: folder) }
            try await run(
                "openssl", "req", "-new", "-config", "ca.cnf", "-key", "\(leaf.keyOf ?? leaf.name).key", "-subj",
                "/CN=\(leaf.name)", "-out", "\(leaf.name).csr", in: folder.path)
            try await Self.sign(
                leaf.name, by: leaf.issuer, names: leaf.names, usage: leaf.usage, from: leaf.start, to: leaf.end,
                in: folder)
            made[leaf.name] = try folder.read("\(leaf.name).der")
        }
        ders = made
    }

    private static func makeKey(_ name: String, _ key: [String], in folder: TemporaryFolder) async throws {
        try await run(["openssl", "genpkey", "-algorithm"] + key + ["-out", "\(name).key"], in: folder.path)
    }

    private static func sign(
        _ name: String, by issuer: String, names: String?, usage: String?, from: String, to: String,
        in folder: TemporaryFolder
    ) async throws {
        let extensions = names.map {
            "basicConstraints=CA:FALSE\nsubjectAltName=\($0)\n" + (usage.map { "extendedKeyUsage=\($0)\n" } ?? "")
        }
        try folder.write(
            extensions ?? "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n", to: "\(name).ext")
        let authority = name == issuer ? ["-selfsign"] : ["-cert", "\(issuer).pem"]
        try await run(
            ["openssl", "ca", "-batch", "-notext", "-config", "ca.cnf", "-keyfile", "\(issuer).key"] + authority + [
                "-in", "\(name).csr", "-out", "\(name).pem", "-startdate", from, "-enddate", to, "-extfile",
                "\(name).ext",
            ], in: folder.path)
        try await run(
            "openssl", "x509", "-in", "\(name).pem", "-outform", "DER", "-out", "\(name).der", in: folder.path)
    }

    private static let configuration = """
        [req]
        distinguished_name = dn
        [dn]
        [ca]
        default_ca = this
        [this]
        rand_serial = yes
        database = index.txt
        new_certs_dir = .
        unique_subject = no
        default_md = sha256
        policy = any
        [any]
        commonName = supplied

        """

    func der(_ name: String) throws -> [UInt8] {
        guard let der = ders[name] else { throw FixtureError("no certificate \(name)") }
        return der
    }
    func leaf(_ name: String) throws -> Fingerprint { Fingerprint(hashing: try der(name)) }
    func facts(_ name: String) throws -> CertificateFacts { try CertificateFacts(der: der(name)) }
    func key(_ name: String) throws -> SPKIFingerprint { try facts(name).spki }
}
