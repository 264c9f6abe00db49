// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Processes
import TestKit
import Testing
import Vocabulary

@testable import TLSProbe

/// The prober beside programs that share no code with it, on every kind of server that there is a driver for.
@Suite("What the prober says of a server") struct AgreementTests {
    private enum Kind: String, CaseIterable, Sendable { case nginx, apache, haproxy, postgresql, postfix, dovecot }

    /// Where it is asked, and what openssl and sslscan call the protocol; nil: TLS from the first byte.
    private struct Place {
        var port: String
        var spoken: ProbeProtocol = .tls
        var words: (openssl: String, sslscan: String)?
    }

    private static let places: [Kind: [Place]] = [
        .nginx: [Place(port: "shop")], .apache: [Place(port: "shop")], .haproxy: [Place(port: "shop")],
        .postgresql: [Place(port: "postgres", spoken: .postgres, words: ("postgres", "psql"))],
        .postfix: [Place(port: "smtp", spoken: .smtp, words: ("smtp", "smtp")), Place(port: "tls")],
        .dovecot: [
            Place(port: "imap", spoken: .imap, words: ("imap", "imap")), Place(port: "imaps"),
            Place(port: "pop3", spoken: .pop3, words: ("pop3", "pop3")), Place(port: "pop3s"),
        ],
    ]

    private static func start(_ kind: Kind, in folder: TemporaryFolder) async throws -> OwnServer {
        switch kind {
        case .nginx: try await OwnServer.nginx(in: folder)
        case .apache: try await OwnServer.apache(in: folder)
        case .haproxy: try await OwnServer.haproxy(in: folder)
        case .postgresql: try await OwnServer.postgresql(in: folder)
        case .postfix: try await OwnServer.postfix(in: folder)
        case .dovecot: try await OwnServer.dovecot(in: folder)
        }
    }

    /// Every certificate in a text, in its order.
    private static func certificates(in text: String) throws -> [[UInt8]] {
        let begin = "-----BEGIN CERTIFICATE-----"
        return try text.components(separatedBy: begin).dropFirst().map {
            try CertificateAuthority.der(ofPEM: begin + $0)
        }
    }

    @Test("is what openssl s_client says of leaf and chain, and sslscan of the leaf", arguments: Kind.allCases)
    private func agrees(kind: Kind) async throws {
        let folder = try TemporaryFolder("agreement")
        let authority = try await CertificateAuthority(in: folder)
        let issued = try await authority.issue("shop", days: 30)
        try folder.write(issued.chain, to: "tls/shop.crt")
        let key = try folder.write(issued.key, to: "tls/shop.key", mode: 0o600)
        try folder.write(issued.chain + issued.key, to: "tls/shop.pem", mode: 0o600)
        if kind == .postgresql { try await run("chown", "postgres", key) }
        let server = try await Self.start(kind, in: folder)
        for place in try #require(Self.places[kind]) {
            let port = try #require(server.ports[place.port])
            let target = ProbeTarget(
                host: "127.0.0.1", port: port, serverName: Arena.host, protocol: place.spoken)
            let answer = await Prober(limits: ProbeLimits(handshake: .seconds(60))).probe([target])[0]
            guard case .served(let served)? = answer.addresses.first?.outcome else {
                throw FixtureError("\(kind) \(place.port): \(answer)")
            }
            #expect(served.leaf.hex == issued.leaf)

            let words = ["openssl", "s_client", "-connect", "127.0.0.1:\(port)", "-servername", Arena.host, "-showcerts"]
            let said = try await run(words + (place.words.map { ["-starttls", $0.openssl] } ?? []))
            #expect(try Self.certificates(in: said.outputText) == served.certificates, "\(kind) \(place.port)")
            #expect(said.outputText.contains("New, \(served.version), Cipher is "), "\(kind) \(place.port)")

            let scan = try await run(
                [
                    "sslscan", "--no-ciphersuites", "--no-fallback", "--no-renegotiation", "--no-compression",
                    "--no-heartbleed", "--no-groups", "--show-certificate", "--sni-name=\(Arena.host)", "--xml=-",
                ] + (place.words.map { ["--starttls-\($0.sslscan)"] } ?? []) + ["127.0.0.1:\(port)"])
            #expect(try Self.certificates(in: scan.outputText).first == served.certificates.first, "\(scan.outputText)")
        }
        withExtendedLifetime(server) {}
    }
}
