// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Glibc
internal import Processes
internal import Vocabulary

/// A CA that says what it took back: `openssl ca` writes its CRL, `openssl ocsp` its answers.
package final class RevocationAuthority: Sendable {
    package let folder: TemporaryFolder
    private static let place = "revocation"

    /// - Parameter usage: keyUsage of the CA.
    package init(in folder: TemporaryFolder, usage: String = "keyCertSign, cRLSign") async throws {
        self.folder = folder
        try folder.write(
            """
            [req]
            distinguished_name = name
            [name]
            [ca]
            basicConstraints = critical, CA:true
            keyUsage = critical, \(usage)
            subjectKeyIdentifier = hash
            [delegate]
            basicConstraints = critical, CA:false
            extendedKeyUsage = OCSPSigning
            [other]
            basicConstraints = critical, CA:false
            extendedKeyUsage = serverAuth
            [authority]
            database = index.txt
            default_md = sha256
            default_crl_days = 1

            """, to: "\(Self.place)/ca.cnf")
        for name in ["index.txt", "index.txt.attr"] { try folder.write("", to: "\(Self.place)/\(name)") }
        for name in ["ca", "stranger"] {
            try await openssl(
                ["req", "-x509", "-config", "ca.cnf", "-extensions", "ca"] + Self.newKey("\(name).key")
                    + ["-subj", "/CN=Example \(name)", "-days", "3650", "-out", "\(name).pem"])
        }
        for name in ["delegate", "other"] {
            try await openssl(
                ["req", "-x509", "-config", "ca.cnf", "-extensions", name, "-CA", "ca.pem", "-CAkey", "ca.key"]
                    + Self.newKey("\(name).key") + ["-subj", "/CN=\(name)", "-days", "90", "-out", "\(name).pem"])
        }
    }

    package func file(_ name: String) -> String { folder.file("\(Self.place)/\(name)") }

    @discardableResult
    private func openssl(_ arguments: [String]) async throws -> ProcessResult {
        try await run(["openssl"] + arguments, in: folder.file(Self.place))
    }

    private static func newKey(_ file: String) -> [String] {
        ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", file]
    }

    /// A server certificate that names these places.
    ///
    /// - Parameter issuer: an intermediate of this authority, by its label.
    package func issue(
        _ label: String, days: Int = 60, names: [String] = [Arena.host], responder: String? = nil, list: String? = nil,
        under issuer: String = "ca"
    ) async throws -> IssuedCertificate {
        var lines = [
            "[req]", "distinguished_name = name", "[name]", "[leaf]", "basicConstraints = critical, CA:false",
            "subjectAltName = \(names.map { "DNS:\($0)" }.joined(separator: ","))", "extendedKeyUsage = serverAuth",
            "subjectKeyIdentifier = hash", "authorityKeyIdentifier = keyid",
        ]
        if let responder { lines.append("authorityInfoAccess = OCSP;URI:\(responder)") }
        if let list { lines.append("crlDistributionPoints = URI:\(list)") }
        try folder.write(lines.joined(separator: "\n") + "\n", to: "\(Self.place)/\(label).cnf")
        try await openssl(
            ["req", "-x509", "-config", "\(label).cnf", "-extensions", "leaf", "-CA", "\(issuer).pem", "-CAkey"]
                + ["\(issuer).key"] + Self.newKey("\(label).key")
                + ["-subj", "/CN=\(names.first ?? label)", "-days", String(days), "-out", "\(label).pem"])
        let key = try await openssl(["pkey", "-in", "\(label).key", "-pubout", "-outform", "DER"])
        let leaf = try text("\(label).pem")
        try await mark(label, "V")
        return IssuedCertificate(
            chain: leaf + (try text("\(issuer).pem")) + (issuer == "ca" ? "" : try text("ca.pem")),
            key: try text("\(label).key"),
            leaf: Hex.encode(FileDigest(hashing: try CertificateAuthority.der(ofPEM: leaf)).bytes),
            spki: Hex.encode(FileDigest(hashing: key.output).bytes), issued: Int64(time(nil)))
    }

    /// An authority below this one, whose certificate says where this one lists what it took back.
    package func issueIntermediate(_ label: String, list: String) async throws {
        let lines = [
            "[req]", "distinguished_name = name", "[name]", "[ca]", "basicConstraints = critical, CA:true, pathlen:0",
            "keyUsage = critical, keyCertSign, cRLSign", "subjectKeyIdentifier = hash",
            "authorityKeyIdentifier = keyid",
            "crlDistributionPoints = URI:\(list)",
        ]
        try folder.write(lines.joined(separator: "\n") + "\n", to: "\(Self.place)/\(label).cnf")
        try await openssl(
            ["req", "-x509", "-config", "\(label).cnf", "-extensions", "ca", "-CA", "ca.pem", "-CAkey", "ca.key"]
                + Self.newKey("\(label).key")
                + ["-subj", "/CN=Example \(label)", "-days", "1000", "-out", "\(label).pem"])
        try await mark(label, "V")
    }

    package func text(_ name: String) throws -> String { try folder.readText("\(Self.place)/\(name)") }
    /// Of the first certificate in a PEM file.
    package func der(_ name: String) throws -> [UInt8] { try CertificateAuthority.der(ofPEM: try text(name)) }
    package func bytes(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: file(name))))
    }

    /// When `revoke` says that it was.
    package static let revokedAt = "2026-01-02T03:04:05Z"

    package func revoke(_ label: String, because reason: String = "keyCompromise") async throws {
        try await mark(label, "R", ",\(reason)")
    }
    package func restore(_ label: String) async throws { try await mark(label, "V") }
    /// As if it had never been issued.
    package func forget(_ label: String) async throws { try await mark(label, nil) }

    package func isRevoked(_ label: String) throws -> Bool {
        try text("index.txt").split(separator: "\n").contains { $0.hasPrefix("R") && $0.hasSuffix("/CN=\(label)") }
    }

    /// Its line in the index (ca(1), "index.txt"), in place of the one that is there.
    private func mark(_ label: String, _ state: String?, _ reason: String = "") async throws {
        let shown = try await openssl(["x509", "-in", "\(label).pem", "-noout", "-serial"])
        guard let serial = shown.outputText.split(separator: "\n").first?.split(separator: "=").last else {
            throw FixtureError("no serial: \(shown.outputText)")
        }
        var lines = try text("index.txt").split(separator: "\n").filter { !$0.contains("\t\(serial)\t") }.map(String.init)
        if let state {
            let revoked = state == "R" ? "260102030405Z\(reason)" : ""
            lines.append("\(state)\t400101000000Z\t\(revoked)\t\(serial)\tunknown\t/CN=\(label)")
        }
        try folder.write(lines.map { $0 + "\n" }.joined(), to: "\(Self.place)/index.txt")
    }

    /// The CRL as it is now, DER.
    @discardableResult
    package func list(to name: String = "ca.crl", hours: Int = 24, signer: String = "ca") async throws -> [UInt8] {
        try await openssl([
            "ca", "-config", "ca.cnf", "-name", "authority", "-gencrl", "-keyfile", "\(signer).key", "-cert",
            "\(signer).pem", "-crlhours", String(hours), "-out", "crl.pem",
        ])
        try await openssl(["crl", "-in", "crl.pem", "-outform", "DER", "-out", name])
        return try bytes(name)
    }

    /// What `openssl ocsp` answers about a certificate, without a network.
    package func response(
        about label: String, minutes: Int? = 60, signer: String = "ca", options: [String] = []
    ) async throws -> [UInt8] {
        let name = UUID().uuidString
        try await openssl([
            "ocsp", "-issuer", "ca.pem", "-cert", "\(label).pem", "-reqout", "\(name).req", "-no_nonce",
        ])
        try await openssl(
            [
                "ocsp", "-index", "index.txt", "-CA", "ca.pem", "-rsigner", "\(signer).pem", "-rkey", "\(signer).key",
                "-reqin", "\(name).req", "-respout", "\(name).resp",
            ] + (minutes.map { ["-nmin", String($0)] } ?? []) + options)
        return try bytes("\(name).resp")
    }

    /// A responder on all addresses of this machine, with the index as it is now.
    package func serve(port: UInt16, minutes: Int = 60) async throws -> OwnServer {
        let pid = file("ocsp-\(port).pid")
        let argv = [
            "openssl", "ocsp", "-port", String(port), "-index", file("index.txt"), "-CA", file("ca.pem"), "-rsigner",
            file("ca.pem"), "-rkey", file("ca.key"), "-nmin", String(minutes), "-ignore_err",
        ]
        let words = argv.map { "'\($0)'" }.joined(separator: " ")
        let start = ["sh", "-c", "setsid \(words) >'\(file("ocsp.log"))' 2>&1 </dev/null & echo $! >'\(pid)'"]
        let server = try OwnServer(
            in: folder, ports: ["ocsp": port], configuration: file("index.txt"), pidFile: pid, start: start,
            reload: ["true"])
        // Not by connecting: it answers one after the other, and waits for ever for who says nothing.
        try await run(start)
        try await eventually(within: .seconds(60), "the responder listens") { try text("ocsp.log").contains("ACCEPT") }
        return server
    }
}

extension RevocationAuthority {
    /// A web server that gives out `ca.crl` at an address of this machine.
    package func publish(at address: String, port: UInt16) async throws -> OwnServer {
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map { "\($0)_temp_path \(folder.file("crl-\($0)"));" }
        try folder.write(
            """
            user root;
            worker_processes 1;
            pid \(folder.file("crl-nginx.pid"));
            error_log \(folder.file("crl-nginx.log"));
            events { worker_connections 128; }
            http {
                access_log \(folder.file("crl-nginx.access"));
                \(temporary.joined(separator: "\n    "))
                server {
                    listen \(address):\(port);
                    location = /ca.crl { alias \(file("ca.crl")); }
                }
            }

            """, to: "crl-nginx.conf")
        let program = OwnServer.program("/usr/sbin/nginx", "/usr/local/sbin/nginx", "/usr/bin/nginx") ?? "nginx"
        let argv = [program, "-e", folder.file("crl-nginx.log"), "-c", folder.file("crl-nginx.conf")]
        let server = try OwnServer(
            in: folder, ports: ["http": port], configuration: folder.file("crl-nginx.conf"),
            pidFile: folder.file("crl-nginx.pid"), start: argv, reload: argv + ["-s", "reload"], address: address)
        try await server.begin()
        return server
    }
}

/// An address of this host's interface `lo` that is none of loopback; nil: it has none. `scripts/test` gives it one, in a network of
/// its own: what is asked there cannot leave the machine.
package let addressBeyondLoopback: String? = {
    var list: UnsafeMutablePointer<ifaddrs>?
    guard getifaddrs(&list) == 0 else { return nil }
    defer { freeifaddrs(list) }
    var next = list
    while let entry = next {
        next = entry.pointee.ifa_next
        guard let raw = entry.pointee.ifa_addr, Int32(raw.pointee.sa_family) == AF_INET,
            strcmp(entry.pointee.ifa_name, "lo") == 0
        else { continue }
        let value = UnsafeRawPointer(raw).loadUnaligned(as: sockaddr_in.self).sin_addr.s_addr
        let address = withUnsafeBytes(of: value) { IPAddress(bytes: Array($0)) }
        if let address, !address.isLoopback, !address.isLinkLocal { return address.description }
    }
    return nil
}()
