// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import Synchronization
import Testing
import Vocabulary

@testable import TLSProbe

@Suite("Of the two TLS libraries") struct LibraryTests {
    private let bench: Workbench
    private let prober = Prober(limits: ProbeLimits(connect: .seconds(60), handshake: .seconds(60)))
    init() throws { bench = try Workbench() }

    private static let ec = ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
    private static let rsa = ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"]

    private func outcome(_ port: UInt16, keyType: ProbeKeyType = .any) async -> HandshakeOutcome {
        let target = ProbeTarget(host: "127.0.0.1", port: port, serverName: "a.example", keyType: keyType)
        return await prober.probe([target])[0].addresses[0].outcome
    }

    struct Server: Sendable, CustomTestStringConvertible {
        var key: [String]
        var arguments: [String]
        init(_ key: [String], _ arguments: String...) { (self.key, self.arguments) = (key, arguments) }
        var testDescription: String { (key + arguments).joined(separator: " ") }
    }

    private func start(_ server: Server) async throws -> (relay: Relay, leaf: [UInt8]) {
        let leaf = try bench.certificate("leaf", key: server.key)
        return (try Relay(to: try await bench.opensslServer("leaf", server.arguments)), leaf)
    }

    @Test(
        "the quick one needs one connection for what is usual",
        arguments: [
            Server(ec, "-tls1_3"), Server(rsa, "-tls1_3"), Server(ec, "-tls1_2"), Server(rsa, "-tls1_2"),
            Server(["EC", "-pkeyopt", "ec_paramgen_curve:P-384"], "-tls1_3"), Server(["ED25519"], "-tls1_3"),
            Server(["EC", "-pkeyopt", "ec_paramgen_curve:P-521"], "-tls1_3"),
            Server(ec, "-tls1_3", "-groups", "P-384"), Server(rsa, "-tls1_2", "-cipher", "AES128-SHA"),
            Server(rsa, "-tls1", "-cipher", "ALL:@SECLEVEL=0"),
        ])
    func usual(server: Server) async throws {
        let (relay, leaf) = try await start(server)
        guard case .served(let served) = await outcome(relay.port) else { throw FixtureFailure("not served") }
        #expect(served.certificates == [leaf])
        #expect(relay.connections.count == 1)
        let target = ProbeTarget(host: "127.0.0.1", port: relay.port, serverName: "a.example")
        let other = await Prober(limits: prober.limits, library: .openSSL).probe([target])[0].addresses[0].outcome
        guard case .served(let other) = other else { throw FixtureFailure("\(other)") }
        #expect((other.certificates, other.version) == (served.certificates, served.version))
    }

    @Test(
        "the other one is asked for what the quick one does not speak",
        arguments: [
            Server(rsa, "-tls1_2", "-cipher", "DHE-RSA-AES256-GCM-SHA384"),
            Server(rsa, "-tls1_2", "-cipher", "ECDHE-RSA-AES256-SHA384"),
            Server(rsa, "-tls1_2", "-cipher", "CAMELLIA256-SHA"), Server(rsa, "-tls1_2", "-cipher", "AES256-CCM"),
            Server(ec, "-tls1_3", "-groups", "X448"), Server(["ED448"], "-tls1_3"),
            Server(["RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"], "-tls1_3"),
            Server(["RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"], "-tls1_2"),
        ])
    func unusual(server: Server) async throws {
        let (relay, leaf) = try await start(server)
        guard case .served(let served) = await outcome(relay.port) else { throw FixtureFailure("not served") }
        #expect(served.certificates == [leaf])
        #expect(relay.connections.count == 2)
    }

    @Test("the other one begins with what is spoken before TLS again")
    func opening() async throws {
        let leaf = try bench.certificate("leaf", key: Self.rsa)
        let port = try await bench.opensslServer("leaf", ["-tls1_2", "-cipher", "DHE-RSA-AES256-GCM-SHA384"])
        let relay = try Relay(to: port) { prober in
            var request = [UInt8](repeating: 0, count: 8)
            guard recv(prober, &request, 8, Int32(MSG_WAITALL)) == 8 else { return }
            _ = LoopbackListener.send(Array("S".utf8), to: prober)
        }
        let target = ProbeTarget(host: "127.0.0.1", port: relay.port, serverName: nil, protocol: .postgres)
        let answer = await prober.probe([target])[0]
        #expect(answer.isServedEverywhere(Fingerprint(hashing: leaf)))
        #expect(relay.connections.count == 2)
    }

    @Test("the one that was needed is the one that begins from then on")
    func remembered() async throws {
        let (relay, leaf) = try await start(Server(Self.rsa, "-tls1_2", "-cipher", "DHE-RSA-AES256-GCM-SHA384"))
        let target = ProbeTarget(host: "127.0.0.1", port: relay.port, serverName: nil)
        let rule = SettleRule(handshakes: 4, quiet: .zero, deadline: .seconds(60))
        let settled = await prober.settle([(target, Fingerprint(hashing: leaf))], rule: rule)[0]
        #expect(settled.isSettled)
        #expect(settled.addresses[0].state.matched == 4)
        #expect(relay.connections.count == 5)
    }

    @Test(
        "both offer the same, in the same order, as far as both have it", arguments: [ProbeKeyType.any, .rsa, .ecdsa])
    func offers(keyType: ProbeKeyType) async throws {
        let listener = try LoopbackListener()
        listener.answer { connection in
            var hello = [UInt8](repeating: 0, count: 4096)
            _ = recv(connection, &hello, hello.count, 0)
            _ = LoopbackListener.send(Self.handshakeFailure, to: connection)
        }
        let relay = try Relay(to: listener.port)
        guard case .failed(let failure) = await outcome(relay.port, keyType: keyType) else {
            throw FixtureFailure("nobody serves there")
        }
        withExtendedLifetime(listener) {}
        #expect(failure.code == .alert)
        let hellos = try relay.connections.map { try ClientHello($0) }
        #expect(hellos.count == 2)
        let (quick, other) = (hellos[0], hellos[1])
        #expect(quick.signatures.count >= 4)
        #expect(quick.signatures == other.signatures.filter(Set(quick.signatures).contains))
        #expect(quick.groups == other.groups.filter(Set(quick.groups).contains))
        // Those of TLS 1.3 say nothing about the certificate.
        let old = quick.ciphers.filter { $0 >> 8 != 0x13 }
        #expect(old.count >= 6)
        #expect(old == other.ciphers.filter(Set(old).contains))
        #expect(quick.serverName == other.serverName)
        #expect(quick.asksForStaple && other.asksForStaple)
    }

    private static let handshakeFailure: [UInt8] = [0x15, 3, 3, 0, 2, 2, 40]

    @Test("both bring the OCSP response that is stapled", arguments: ["-tls1_2", "-tls1_3"])
    func staple(version: String) async throws {
        // OCSPResponse, tryLater (RFC 6960, 4.2.1).
        let response: [UInt8] = [0x30, 3, 0x0a, 1, 3]
        try Data(response).write(to: URL(fileURLWithPath: bench.path("staple")))
        try bench.certificate("leaf")
        let port = try await bench.opensslServer("leaf", [version, "-status_file", bench.path("staple")])
        let target = ProbeTarget(host: "127.0.0.1", port: port, serverName: nil)
        for library in [TLSLibrary.boringSSL, .openSSL] {
            let prober = Prober(limits: prober.limits, library: library)
            guard case .served(let served) = await prober.probe([target])[0].addresses[0].outcome else {
                throw FixtureFailure("\(library) is not served")
            }
            #expect(served.staple == response, "\(library)")
        }
    }

    @Test("the first one's verdict stands where the second one hears nothing")
    func silentThen() async throws {
        let listener = try LoopbackListener()
        let connections = Atomic(0)
        listener.answer { connection in
            let isFirst = connections.add(1, ordering: .relaxed).oldValue == 0
            if isFirst { _ = LoopbackListener.send(Self.handshakeFailure, to: connection) }
            LoopbackListener.drain(connection)
        }
        let target = ProbeTarget(host: "127.0.0.1", port: listener.port, serverName: nil)
        let clock = ContinuousClock()
        let begun = clock.now
        let answer = await Prober(limits: ProbeLimits(handshake: .seconds(2))).probe([target])[0]
        guard case .failed(let failure) = answer.addresses[0].outcome else { throw FixtureFailure("\(answer)") }
        #expect(failure.code == .alert)
        #expect(failure.detail.contains("handshake failure"))
        // Both together had the time of one.
        #expect(clock.now - begun < .seconds(60))
        withExtendedLifetime(listener) {}
    }

    /// The attack: who has no key shows the certificate of who has one. TLS 1.2, where it can be changed on its way.
    @Test("both refuse a certificate whose key the server does not have")
    func possession() async throws {
        try bench.certificate("root", key: Self.rsa)
        let own = try bench.certificate("own", issuer: "root")
        let her = try bench.certificate("her", issuer: "root")
        #expect(own.count == her.count)
        let port = try await bench.opensslServer("own", ["-tls1_2"])
        guard case .served(let served) = await outcome(port) else { throw FixtureFailure("not served") }
        #expect(served.certificates == [own])
        let relay = try Relay(to: port, Relay.Change(old: own, new: her))
        guard case .failed(let failure) = await outcome(relay.port) else { throw FixtureFailure("taken for hers") }
        #expect(failure.code == .handshakeFailed)
        #expect(relay.connections.count == 2)
        for index in 0..<2 {
            // After the ClientHello an alert, decrypt_error, and no word of a key exchange.
            let alert: [UInt8] = [0x15, 3, 3, 0, 2, 2, 51]
            let clock = ContinuousClock()
            let deadline = clock.now + .seconds(60)
            var rest = try ClientHello(relay.connections[index]).rest
            // What the prober has said may still be on its way.
            while rest.count < alert.count, clock.now < deadline {
                await Task.yield()
                rest = try ClientHello(relay.connections[index]).rest
            }
            #expect(rest == alert)
        }
    }
}

/// What a client offers (RFC 8446, 4.1.2).
private struct ClientHello {
    var ciphers: [UInt16] = []
    var signatures: [UInt16] = []
    var groups: [UInt16] = []
    var serverName: [UInt8] = []
    var asksForStaple = false
    /// What stands behind its record.
    var rest: [UInt8] = []

    private struct Reader {
        var bytes: ArraySlice<UInt8>
        mutating func take(_ count: Int) throws -> ArraySlice<UInt8> {
            guard count <= bytes.count else { throw FixtureFailure("no ClientHello") }
            defer { bytes = bytes.dropFirst(count) }
            return bytes.prefix(count)
        }
        mutating func number(_ count: Int) throws -> Int { try take(count).reduce(0) { $0 << 8 | Int($1) } }
        mutating func vector(_ count: Int) throws -> Reader { Reader(bytes: try take(try number(count))) }
        mutating func numbers() throws -> [UInt16] {
            var found: [UInt16] = []
            while !bytes.isEmpty { found.append(UInt16(try number(2))) }
            return found
        }
    }

    init(_ said: [UInt8]) throws {
        var all = Reader(bytes: said[...])
        _ = try all.take(3)
        var hello = try all.vector(2)
        rest = Array(all.bytes)
        _ = try hello.take(4 + 2 + 32)
        _ = try hello.vector(1)
        var suites = try hello.vector(2)
        ciphers = try suites.numbers()
        _ = try hello.vector(1)
        var extensions = try hello.vector(2)
        while !extensions.bytes.isEmpty {
            let type = try extensions.number(2)
            var body = try extensions.vector(2)
            switch type {
            case 0: serverName = Array(body.bytes)
            case 5: asksForStaple = true
            case 10:
                var list = try body.vector(2)
                groups = try list.numbers()
            case 13:
                var list = try body.vector(2)
                signatures = try list.numbers()
            default: break
            }
        }
    }
}
