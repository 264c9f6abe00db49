// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Processes
import TestKit
import Testing
import Vocabulary

@Suite("Access to the dashboard") struct DashboardAccessTests {
    @Test("is for those who ask for it by its own name, only to read, and with headers that let no other code run")
    func hosts() async throws {
        let arena = try await Arena.made()
        let served = try await Served(arena, ["--host", "certs.example.com"])
        for path in ["/", "/metrics", "/health/live", "/assets/live.js", "/live"] {
            #expect(try await served.get(path).status == 200, "\(path)")
            #expect(try await served.get(path, "-H", "Host: evil.example.com").status == 421, "\(path)")
            #expect(try await served.get(path, "-H", "Host:").status != 200, "\(path)")
        }
        #expect(try await served.get("/", "-H", "Host: Certs.Example.com:8459").status == 200)
        #expect(try await served.get("/", "-H", "Host: certs.example.com.evil.example.com").status == 421)
        let page = try await served.get("/")
        let policy = try #require(page.headers["content-security-policy"])
        #expect(
            policy.contains("default-src 'none'") && policy.contains("script-src 'self'") && !policy.contains("unsafe"))
        #expect(page.headers["x-content-type-options"] == "nosniff")
        #expect(page.headers["cache-control"] == "no-store")
        #expect(page.headers["referrer-policy"] == "no-referrer")
        #expect(!page.body.contains(" style=") && !page.body.contains("onclick"))
        #expect(page.body.matches(of: /<script(?! src="\/assets)/).isEmpty)
        for method in ["POST", "PUT", "DELETE"] { #expect(try await served.get("/", "-X", method).status == 405) }
        #expect(try await served.get("/", "-I").status == 200)
        #expect(try await served.get("/no/such/page").status == 404)
        #expect(try await served.get("/../../etc/passwd").status == 404)
        #expect(try await served.get("/%ff").status == 400)
        let long = String(repeating: "a", count: 5000)
        #expect(try await served.get("/?q=\(long)").status == 400)
        let (status, _) = try await served.running.stop()
        #expect(status == .exited(0))
    }

    @Test("beyond loopback needs TLS and a token; tokens are kept as hashes, and go without a restart")
    func tokens() async throws {
        let arena = try await Arena.made()
        let token = "f3b1a9c7e5d2408896b1c0ffee00112233445566778899aabbccddeeff001122"
        let hash = FileDigest(hashing: Array(token.utf8)).hex
        let file = arena.folder.file("tokens")
        try arena.folder.write("# who may read\nproxy sha256:\(hash)\n", to: "tokens", mode: 0o600)
        let (chain, key) = (arena.folder.file("tls.pem"), arena.folder.file("tls.key"))
        let own = try await arena.authority.issue("own", days: 10, names: ["certs.example.com"])
        try arena.folder.write(own.chain, to: "tls.pem")
        try arena.folder.write(own.key, to: "tls.key", mode: 0o600)

        for options in [[], ["--tokens", file], ["--tls-certificate", chain, "--tls-key", key]] {
            let refused = try await arena.countersign(
                arena.globals(of: .gateway) + ["run", "--listen", "0.0.0.0:0", "--format", "json"] + options,
                as: .gateway, exits: 1)
            #expect(refused.output.contains("NotProtected"))
        }
        let served = try await Served(
            arena,
            [
                "--listen", "127.0.0.2:0", "--host", "certs.example.com", "--tokens", file, "--tls-certificate", chain,
                "--tls-key", key,
            ])
        #expect(served.url.hasPrefix("https://127.0.0.2:"))
        let port = served.url.split(separator: ":").last ?? ""
        let address = "https://certs.example.com:\(port)"
        let options = [
            "--cacert", arena.folder.file("ca-example-ca/ca.pem"), "--resolve", "certs.example.com:\(port):127.0.0.2",
        ]
        func status(_ path: String, _ more: [String] = []) async throws -> Int {
            try await Served.get(address + path, options + more).status
        }
        let authorized = ["-H", "Authorization: Bearer \(token)"]
        for path in ["/", "/metrics", "/live", "/assets/style.css"] {
            #expect(try await status(path) == 401, "\(path)")
            #expect(try await status(path, authorized) == 200, "\(path)")
            #expect(try await status(path, ["-H", "Authorization: Bearer \(token.dropLast())"]) == 401)
            #expect(try await status(path, ["-H", "Authorization: Bearer \(hash)"]) == 401)
            #expect(try await status(path, ["-H", "Authorization: Basic \(token)"]) == 401)
        }
        // Whether it is well is no secret, and who it is asked for counts all the same.
        #expect(try await status("/health/live") == 200)
        #expect(try await status("/health/live", ["-H", "Host: evil.example.com"]) == 421)

        try arena.folder.write(
            "# nobody\nother sha256:\(String(repeating: "0", count: 64))\n", to: "tokens", mode: 0o600)
        #expect(try await status("/", authorized) == 401)
        try arena.folder.write("proxy sha256:\(hash)\n", to: "tokens", mode: 0o666)
        #expect(try await status("/", authorized) == 401, "others may write to it")

        // A renewed certificate is served without a restart.
        let renewed = try await arena.authority.issue("own-new", days: 20, names: ["certs.example.com"])
        try arena.folder.write(renewed.key, to: "tls.key", mode: 0o600)
        try arena.folder.write(renewed.chain, to: "tls.pem")
        try await eventually(within: .seconds(30), "the renewed certificate") {
            let answer = try await run(
                "openssl", "s_client", "-connect", "127.0.0.2:\(port)", "-servername", "certs.example.com")
            return Hex.encode(FileDigest(hashing: try CertificateAuthority.der(ofPEM: answer.outputText)).bytes)
                == renewed.leaf
        }
        let (end, events) = try await served.running.stop()
        #expect(end == .exited(0))
        #expect(!events.contains { "\($0)".contains(token) })
    }

    @Test(
        "is refused at the start where it cannot be as it is meant",
        arguments: [
            (["--listen", "example.com:80"], "Listening", 1), (["--listen", "127.0.0.1:70000"], "Listening", 1),
            (["--listen", "0", "--host", "a/b"], "Listening", 1),
            (["--listen", "0", "--tokens", "/nowhere"], "TokenFile", 1),
            (["--listen", "0", "--tls-certificate", "/nowhere", "--tls-key", "/nowhere"], "Certificate", 1),
            (["--listen", "0", "--tls-key", "/nowhere"], "Usage", 64), (["--host", "a"], "Usage", 64),
        ])
    func refused(options: [String], code: String, status: Int32) async throws {
        let arena = try await Arena.made()
        let answer = try await arena.countersign(
            arena.globals(of: .gateway) + ["run", "--format", "json"] + options, as: .gateway, exits: status)
        let errors = answer.output.split(separator: "\n").compactMap { try? JSONValue(parsing: Array($0.utf8)) }
        #expect(errors.contains { $0["error"]?["code"]?.string == code } || answer.output.contains("\"\(code)\""))
    }

    @Test("is not given at a place that another program has, and the service does not run without its pages")
    func taken() async throws {
        let arena = try await Arena.made()
        let answer = try await arena.countersign(
            arena.globals(of: .gateway) + ["run", "--listen", String(arena.nginx.port), "--format", "json"],
            as: .gateway, exits: 1)
        #expect(answer.output.contains("CannotListen"))
    }
}
