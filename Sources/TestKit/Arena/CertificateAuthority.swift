// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Glibc
internal import Processes
internal import Vocabulary

/// A certificate and its key, as `openssl` made them.
package struct IssuedCertificate: Sendable {
    /// PEM, leaf first, then the CA.
    package var chain: String
    /// PEM, PKCS#8, not encrypted.
    package var key: String
    /// SHA-256 of the leaf's DER, 64 digits.
    package var leaf: String
    /// SHA-256 of the public key's DER, 64 digits.
    package var spki: String
    /// The second in which it was issued, at the latest: it is valid from then on.
    package var issued: Int64
}

/// A CA of one test's own: ECDSA P-256, made by `openssl req`.
package struct CertificateAuthority: Sendable {
    private let folder: TemporaryFolder
    private let place: String
    /// SHA-256 of its public key's DER, 64 digits.
    package let spki: String

    package init(in folder: TemporaryFolder, named name: String = "Example CA") async throws {
        self.folder = folder
        place = "ca-" + name.lowercased().replacing(" ", with: "-")
        try folder.write(
            """
            [req]
            distinguished_name = name
            [name]
            [ca]
            basicConstraints = critical, CA:true
            keyUsage = critical, keyCertSign
            subjectKeyIdentifier = hash

            """, to: "\(place)/ca.cnf")
        try await run(
            ["openssl", "req", "-x509", "-config", "ca.cnf", "-extensions", "ca"] + Self.newKey("ec", "ca.key")
                + ["-subj", "/CN=\(name)", "-days", "3650", "-out", "ca.pem"],
            in: folder.file(place))
        spki = try await Self.publicKey(of: folder.file("\(place)/ca.key"))
    }

    /// One that somebody else has made.
    package init(
        in folder: TemporaryFolder, named name: String, certificate: String, key: String
    ) async throws {
        (self.folder, place) = (folder, "ca-" + name)
        try folder.write(certificate, to: "\(place)/ca.pem")
        try folder.write(key, to: "\(place)/ca.key", mode: 0o600)
        spki = try await Self.publicKey(of: folder.file("\(place)/ca.key"))
    }

    private static func publicKey(of file: String) async throws -> String {
        let key = try await run(["openssl", "pkey", "-in", file, "-pubout", "-outform", "DER"])
        return Hex.encode(FileDigest(hashing: key.output).bytes)
    }

    /// - Parameters:
    ///   - names: DNS names; the first is the subject too.
    ///   - algorithm: `ec` (P-256), `rsa` (2048) or `ed25519`.
    ///   - usage: the extendedKeyUsage.
    ///   - former: whose key it is once more; nil: a new one.
    package func issue(
        _ label: String, days: Int, names: [String] = [Arena.host, "www.\(Arena.host)"], algorithm: String = "ec",
        usage: String = "serverAuth", withKeyOf former: IssuedCertificate? = nil
    ) async throws -> IssuedCertificate {
        try folder.write(
            """
            [req]
            distinguished_name = name
            [name]
            [leaf]
            basicConstraints = critical, CA:false
            subjectAltName = \(names.map { "DNS:\($0)" }.joined(separator: ","))
            extendedKeyUsage = \(usage)
            subjectKeyIdentifier = hash
            authorityKeyIdentifier = keyid

            """, to: "\(place)/\(label).cnf")
        let directory = folder.file(place)
        if let former { try folder.write(former.key, to: "\(place)/\(label).key", mode: 0o600) }
        try await run(
            [
                "openssl", "req", "-x509", "-config", "\(label).cnf", "-extensions", "leaf", "-CA", "ca.pem", "-CAkey",
                "ca.key",
            ]
                + (former == nil ? Self.newKey(algorithm, "\(label).key") : ["-key", "\(label).key"])
                + ["-subj", "/CN=\(names.first ?? Arena.host)", "-days", String(days), "-out", "\(label).pem"],
            in: directory)
        let publicKey = try await run(
            ["openssl", "pkey", "-in", "\(label).key", "-pubout", "-outform", "DER"], in: directory)
        let leaf = try folder.readText("\(place)/\(label).pem")
        return IssuedCertificate(
            chain: leaf + (try folder.readText("\(place)/ca.pem")), key: try folder.readText("\(place)/\(label).key"),
            leaf: Hex.encode(FileDigest(hashing: try Self.der(ofPEM: leaf)).bytes),
            spki: Hex.encode(FileDigest(hashing: publicKey.output).bytes), issued: Int64(time(nil)))
    }

    /// Issues what a request (PEM, PKCS#10) asks for, with the extensions that it asks for; the key is whoever's that made it.
    package func sign(_ request: String, _ label: String, days: Int) async throws -> IssuedCertificate {
        let directory = folder.file(place)
        try folder.write(request, to: "\(place)/\(label).csr")
        try await run(
            [
                "openssl", "x509", "-req", "-in", "\(label).csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-set_serial",
                "0x" + UUID().uuidString.filter { $0 != "-" }, "-copy_extensions", "copyall", "-days", String(days),
                "-out",
                "\(label).pem",
            ], in: directory)
        let publicKey = try await run(["openssl", "req", "-in", "\(label).csr", "-noout", "-pubkey"], in: directory)
        let leaf = try folder.readText("\(place)/\(label).pem")
        return IssuedCertificate(
            chain: leaf + (try folder.readText("\(place)/ca.pem")), key: "",
            leaf: Hex.encode(FileDigest(hashing: try Self.der(ofPEM: leaf)).bytes),
            spki: Hex.encode(FileDigest(hashing: try Self.der(ofPEM: publicKey.outputText)).bytes),
            issued: Int64(time(nil)))
    }

    private static func newKey(_ algorithm: String, _ file: String) -> [String] {
        let kind =
            switch algorithm {
            case "ec": ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
            case "rsa": ["rsa:2048"]
            case "rsa:1024": ["rsa:1024"]
            default: [algorithm]
            }
        return ["-newkey"] + kind + ["-nodes", "-keyout", file]
    }

    /// The bytes between the first BEGIN and END.
    package static func der(ofPEM text: String) throws -> [UInt8] {
        let body = text.split(separator: "\n").drop { !$0.hasPrefix("-----BEGIN ") }.dropFirst()
            .prefix { !$0.hasPrefix("-----END ") }.joined()
        guard let data = Data(base64Encoded: body), !data.isEmpty else { throw FixtureError("no PEM: \(text)") }
        return Array(data)
    }
}
