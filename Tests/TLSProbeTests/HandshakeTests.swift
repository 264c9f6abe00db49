// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Testing
import Vocabulary

@testable import TLSProbe

@Suite("A handshake with a real server") struct HandshakeTests {
    private let bench: Workbench
    private let prober = Prober(limits: ProbeLimits(connect: .seconds(5), handshake: .seconds(10), whole: .seconds(30)))
    init() throws { bench = try Workbench() }

    private func served(_ port: UInt16, serverName: String? = nil, keyType: ProbeKeyType = .any) async throws
        -> ServedCertificate
    {
        let target = ProbeTarget(host: "127.0.0.1", port: port, serverName: serverName, keyType: keyType)
        let outcome = await prober.probe([target])[0].addresses[0].outcome
        guard case .served(let served) = outcome else { throw FixtureFailure("\(outcome)") }
        return served
    }

    @Test("brings the leaf and the chain as they were sent")
    func chain() async throws {
        let root = try bench.certificate("root")
        let leaf = try bench.certificate("leaf", issuer: "root")
        let port = try await bench.opensslServer("leaf", "-cert_chain", bench.path("root.pem"))
        let found = try await served(port)
        #expect(found.certificates == [leaf, root])
        #expect(found.leaf == Fingerprint(hashing: leaf))
        #expect(found.chain == [Fingerprint(hashing: root)])
        #expect(found.version == "TLSv1.3")
        #expect(!found.cipher.isEmpty)
    }

    @Test(
        "is made with servers that a client of today refuses",
        arguments: [("-tls1", "TLSv1"), ("-tls1_1", "TLSv1.1"), ("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")])
    func versions(argument: String, version: String) async throws {
        let leaf = try bench.certificate("old", key: ["RSA", "-pkeyopt", "rsa_keygen_bits:1024"])
        let port = try await bench.opensslServer("old", argument, "-cipher", "ALL:@SECLEVEL=0")
        let found = try await served(port)
        #expect(found.version == version)
        #expect(found.certificates == [leaf])
    }

    @Test("asks by server name, and by none for an address")
    func names() async throws {
        let plain = try bench.certificate("plain")
        let named = try bench.certificate("named")
        let port = try await bench.opensslServer(
            "plain", "-servername", "named.example", "-cert2", bench.path("named.pem"), "-key2", bench.path("named.key")
        )
        #expect(try await served(port, serverName: "named.example").certificates == [named])
        #expect(try await served(port, serverName: "Named.Example.").certificates == [named])
        #expect(try await served(port).certificates == [plain])
        #expect(try await served(port, serverName: "127.0.0.1").certificates == [plain])
    }

    @Test("asks for the type of key", arguments: ["-tls1_2", "-tls1_3"])
    func keyTypes(version: String) async throws {
        let ecdsa = try bench.certificate("ecdsa")
        let rsa = try bench.certificate("rsa", key: ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"])
        let port = try await bench.opensslServer(
            "ecdsa", version, "-dcert", bench.path("rsa.pem"), "-dkey", bench.path("rsa.key"))
        #expect(try await served(port, keyType: .rsa).certificates == [rsa])
        #expect(try await served(port, keyType: .ecdsa).certificates == [ecdsa])
        let only = try await bench.opensslServer("ecdsa", version)
        let target = ProbeTarget(host: "127.0.0.1", port: only, serverName: nil, keyType: .rsa)
        guard case .failed(let failure) = await prober.probe([target])[0].addresses[0].outcome else {
            Issue.record("an ECDSA certificate is no RSA certificate")
            return
        }
        #expect(failure.code == .alert)
    }

    @Test("is made with every address of a name")
    func addresses() async throws {
        let leaf = try bench.certificate("leaf")
        let port = try await bench.opensslServer("leaf")
        let answer = await prober.probe([ProbeTarget(host: "localhost", port: port, serverName: "localhost")])[0]
        let v4 = try #require(IPAddress("127.0.0.1"))
        #expect(answer.addresses.first { $0.address == v4 }?.outcome.leaf == Fingerprint(hashing: leaf))
        for other in answer.addresses where other.address != v4 { #expect(other.outcome.leaf == nil) }
        #expect(answer.isServedEverywhere(Fingerprint(hashing: leaf)) == (answer.addresses.count == 1))
    }

    @Test("is made by the hundred, in the order of the targets, none resumed")
    func many() async throws {
        let leaf = try bench.certificate("leaf")
        let nginx = try await bench.nginx(
            "ssl_certificate \(bench.path("leaf.pem")); ssl_certificate_key \(bench.path("leaf.key"));")
        let closed = try freePort()
        let targets = (0..<300).map {
            ProbeTarget(host: "127.0.0.1", port: $0 % 3 == 0 ? closed : nginx.port, serverName: "n\($0).example")
        }
        let answers = await prober.probe(targets)
        #expect(answers.map(\.target) == targets)
        for (index, answer) in answers.enumerated() {
            if index % 3 == 0 {
                guard case .failed(let failure) = answer.addresses[0].outcome else {
                    Issue.record("nobody listens there")
                    continue
                }
                #expect(failure.code == .refused)
            } else {
                #expect(answer.isServedEverywhere(Fingerprint(hashing: leaf)))
            }
        }
    }
}
