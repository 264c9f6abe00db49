// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import Synchronization
import Testing
import Vocabulary

@testable import TLSProbe

@Suite("A server that is not what it should be") struct HostileServerTests {
    /// Where the server ends it, there is time enough for a busy machine.
    private static let patient = ProbeLimits(resolve: .seconds(60), handshake: .seconds(60))
    /// Where only the limit does.
    private static let impatient = ProbeLimits(handshake: .milliseconds(600))

    private func failure(
        _ port: UInt16, host: String = "127.0.0.1", serverName: String? = nil, limits: ProbeLimits = patient,
        allowed: [ProbeRange]? = nil
    ) async throws -> HandshakeFailure {
        let target = ProbeTarget(host: host, port: port, serverName: serverName, allowed: allowed)
        let answer = await Prober(limits: limits).probe([target])[0]
        if let unresolved = answer.unresolved { return unresolved }
        guard case .failed(let failure) = answer.addresses[0].outcome else { throw FixtureFailure("\(answer)") }
        return failure
    }

    private func code(
        limits: ProbeLimits = patient, _ peer: @escaping @Sendable (Int32) -> Void
    ) async throws -> HandshakeFailure.Code {
        let listener = try LoopbackListener()
        listener.answer(peer)
        let code = try await failure(listener.port, limits: limits).code
        withExtendedLifetime(listener) {}
        return code
    }

    @Test("that listens nowhere has refused")
    func refused() async throws { #expect(try await failure(freePort()).code == .refused) }

    @Test("that says nothing is waited for as long as it may take, and no longer")
    func silent() async throws {
        let clock = ContinuousClock()
        let begun = clock.now
        #expect(try await code(limits: Self.impatient) { LoopbackListener.drain($0) } == .handshakeTimedOut)
        #expect((.milliseconds(600) ... .seconds(50)).contains(clock.now - begun))
    }

    @Test("that sends a byte now and then gains no time by it")
    func slow() async throws {
        let found = try await code(limits: Self.impatient) { connection in
            // A TLS record of 16 KB is announced, and never finished.
            for byte in [0x16, 0x03, 0x03, 0x40, 0x00] + [UInt8](repeating: 2, count: 200) {
                guard LoopbackListener.send([byte], to: connection) else { return }
                usleep(50_000)
            }
        }
        #expect(found == .handshakeTimedOut)
    }

    @Test(
        "that speaks something else does not speak TLS",
        arguments: ["220 mail.example ESMTP\r\n", "HTTP/1.1 400 Bad Request\r\n\r\n", "SSH-2.0-OpenSSH_9.2\r\n"])
    func otherProtocol(greeting: String) async throws {
        let found = try await code { connection in
            _ = LoopbackListener.send(Array(greeting.utf8), to: connection)
            LoopbackListener.drain(connection)
        }
        #expect(found == .notTLS)
    }

    @Test("that sends random bytes is a failure of the handshake, of one kind or another")
    func garbage() async throws {
        for _ in 0..<50 {
            let found = try await code { connection in
                _ = LoopbackListener.send((0..<600).map { _ in UInt8.random(in: 0...255) }, to: connection)
                shutdown(connection, Int32(SHUT_WR))
                LoopbackListener.drain(connection)
            }
            #expect([.notTLS, .handshakeFailed, .closed, .alert].contains(found))
        }
    }

    @Test("that hangs up is told from one that resets")
    func hangsUp() async throws {
        let closed = try await code { connection in
            var buffer = [UInt8](repeating: 0, count: 4096)
            _ = recv(connection, &buffer, buffer.count, 0)
        }
        #expect(closed == .closed)
        let reset = try await code { connection in
            var buffer = [UInt8](repeating: 0, count: 4096)
            _ = recv(connection, &buffer, buffer.count, 0)
            LoopbackListener.resetOnClose(connection)
        }
        #expect(reset == .reset)
    }

    @Test("that answers by an alert is quoted")
    func alert() async throws {
        let bench = try Workbench()
        try bench.certificate("leaf")
        let port = try await bench.opensslServer(
            "leaf", "-servername", "a.example", "-servername_fatal", "-cert2", bench.path("leaf.pem"), "-key2",
            bench.path("leaf.key"))
        let found = try await failure(port, serverName: "b.example", limits: Self.patient)
        #expect(found.code == .alert)
        #expect(found.detail.contains("unrecognized name"))
    }

    @Test("that sends more certificates than are read is cut off")
    func hugeChain() async throws {
        let bench = try Workbench()
        try bench.certificate("leaf")
        let pem = try String(contentsOfFile: bench.path("leaf.pem"), encoding: .utf8)
        try bench.write(String(repeating: pem, count: 60), to: "chain.pem")
        let port = try await bench.opensslServer("leaf", "-cert_chain", bench.path("chain.pem"))
        #expect(
            try await failure(port, limits: ProbeLimits(handshake: .seconds(60), chainBytes: 8192)).code
                == .chainTooLarge)
    }

    @Test("that sends a megabyte of certificates is cut off by what is read at most, without being told so")
    func megabyte() async throws {
        let bench = try Workbench()
        try bench.certificate("leaf")
        let pem = try String(contentsOfFile: bench.path("leaf.pem"), encoding: .utf8)
        try bench.write(String(repeating: pem, count: 2_500), to: "chain.pem")
        let port = try await bench.opensslServer("leaf", "-cert_chain", bench.path("chain.pem"))
        #expect(try await failure(port).code == .chainTooLarge)
    }

    @Test("whose address is outside of what is allowed is never connected to")
    func notAllowed() async throws {
        let listener = try LoopbackListener()
        let touched = Flag()
        listener.answer { _ in touched.raise() }
        let elsewhere = [
            try #require(ProbeRange("10.0.0.0/8:\(listener.port)")), try #require(ProbeRange("127.0.0.1:1")),
        ]
        for host in ["127.0.0.1", "localhost", "::ffff:127.0.0.1"] {
            #expect(try await failure(listener.port, host: host, allowed: elsewhere).code == .notAllowed)
        }
        #expect(!touched.isRaised)
        let here = [try #require(ProbeRange("127.0.0.0/8:\(listener.port)"))]
        #expect(try await failure(listener.port, allowed: here).code != .notAllowed)
        #expect(touched.isRaised)
    }

    @Test(
        "whose name is none is not found",
        arguments: ["", "no-such-host.invalid", "127.1", "0x7f.1", "a\0b", "10.0.0.5.", "host name"])
    func unresolved(host: String) async throws { #expect(try await failure(1, host: host).code == .resolveFailed) }

    @Test("asked for by a server name that is none is our own fault")
    func serverName() async throws {
        #expect(try await failure(freePort(), serverName: "a b").code == .local)
        #expect(try await failure(freePort(), serverName: "*.example.com").code == .local)
    }

    @Test("does not hold up the others, and the whole batch ends in time")
    func others() async throws {
        let bench = try Workbench()
        let leaf = try bench.certificate("leaf")
        let good = try await bench.opensslServer("leaf")
        let mute = try LoopbackListener()
        let targets = (0..<40).map {
            ProbeTarget(host: "127.0.0.1", port: $0 < 30 ? mute.port : good, serverName: nil)
        }
        let limits = ProbeLimits(handshake: .seconds(600), whole: .seconds(6), concurrency: 64, perAddress: 64)
        let clock = ContinuousClock()
        let begun = clock.now
        let answers = await Prober(limits: limits).probe(targets)
        withExtendedLifetime(mute) {}
        #expect(clock.now - begun < .seconds(60))
        for answer in answers[30...] { #expect(answer.isServedEverywhere(Fingerprint(hashing: leaf))) }
        for answer in answers[..<30] {
            guard case .failed(let failure) = answer.addresses[0].outcome else { continue }
            #expect(failure.code == .notReached)
        }
    }

    @Test("that hangs sixty times over costs its time once, however few handshakes may be made at a time")
    func hanging() async throws {
        let bench = try Workbench()
        let leaf = try bench.certificate("leaf")
        let good = try await bench.opensslServer("leaf")
        let mute = try LoopbackListener()
        let targets = (0..<80).map {
            ProbeTarget(host: "127.0.0.1", port: $0 % 4 == 0 ? good : mute.port, serverName: nil)
        }
        let limits = ProbeLimits(handshake: .seconds(4), concurrency: 4, perAddress: 80)
        let clock = ContinuousClock()
        let begun = clock.now
        let answers = await Prober(limits: limits).probe(targets)
        withExtendedLifetime(mute) {}
        // One after the other, four at a time, it would be a minute.
        #expect(clock.now - begun < .seconds(30))
        for (index, answer) in answers.enumerated() {
            if index % 4 == 0 {
                #expect(answer.isServedEverywhere(Fingerprint(hashing: leaf)))
            } else if case .failed(let failure) = answer.addresses[0].outcome {
                #expect(failure.code == .handshakeTimedOut)
            } else {
                Issue.record("\(answer)")
            }
        }
    }

    @Test("is let go of as soon as the task is cancelled")
    func cancelled() async throws {
        let mute = try LoopbackListener()
        let accepted = Flag()
        mute.answer {
            accepted.raise()
            LoopbackListener.drain($0)
        }
        let targets = (0..<100).map { _ in ProbeTarget(host: "127.0.0.1", port: mute.port, serverName: nil) }
        let limits = ProbeLimits(handshake: .seconds(600), whole: .seconds(600))
        let task = Task { await Prober(limits: limits).probe(targets) }
        while !accepted.isRaised { await Task.yield() }
        task.cancel()
        for answer in await task.value {
            guard case .failed(let failure) = answer.addresses[0].outcome else { continue }
            #expect(failure.code == .cancelled)
        }
        let settling = Task {
            await Prober(limits: limits).settle(
                [(targets[0], Fingerprint(hashing: []))], rule: SettleRule(deadline: .seconds(600)))
        }
        settling.cancel()
        #expect(await settling.value[0].isSettled == false)
    }
}

private final class Flag: Sendable {
    private let raised = Mutex(false)
    var isRaised: Bool { raised.withLock { $0 } }
    func raise() { raised.withLock { $0 = true } }
}
