// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import Testing
import Vocabulary

@testable import TLSProbe

@Suite("What is said before TLS") struct OpeningTests {
    /// What the server says, step by step; what we say to that; how it ends.
    struct Dialogue: Sendable, CustomTestStringConvertible {
        var spoken: ProbeProtocol
        var server: [String]
        var client: [String]
        var end: HandshakeFailure.Code?  // nil: TLS begins
        var testDescription: String { "\(spoken.rawValue): \(server)" }

        init(_ spoken: ProbeProtocol, _ server: [String], _ client: [String], _ end: HandshakeFailure.Code?) {
            (self.spoken, self.server, self.client, self.end) = (spoken, server, client, end)
        }
    }

    static let ehlo = "EHLO countersign.invalid\r\n"

    @Test(
        "leads to TLS, or to a clear refusal",
        arguments: [
            Dialogue(
                .smtp, ["220 mail ESMTP\r\n", "250-mail\r\n250-starttls\r\n250 HELP\r\n", "220 go\r\n"],
                [ehlo, "STARTTLS\r\n"], nil),
            Dialogue(
                .smtp, ["220-mail\r\n220-be kind\r\n220 ESMTP\n", "250 STARTTLS\n", "220 go\n"],
                [ehlo, "STARTTLS\r\n"], nil),
            Dialogue(.smtp, ["220 mail\r\n", "250-mail\r\n250 HELP\r\n"], [ehlo], .startTLSRefused),
            Dialogue(
                .smtp, ["220 mail\r\n", "250 STARTTLS\r\n", "454 4.7.0 TLS not available\r\n"], [ehlo, "STARTTLS\r\n"],
                .startTLSRefused),
            Dialogue(.smtp, ["554 no\r\n"], [], .startTLSRefused),
            Dialogue(.smtp, ["220 mail\r\n", "502 what\r\n"], [ehlo], .startTLSRefused),
            Dialogue(.smtp, ["* OK imap\r\n"], [], .notTLS), Dialogue(.smtp, ["\r\n"], [], .notTLS),
            Dialogue(
                .smtp, ["220 mail\r\n", "250 STARTTLS\r\n", "220 go\r\n250 injected\r\n"], [ehlo, "STARTTLS\r\n"],
                .injected),
            Dialogue(.smtp, ["220 mail\r\n", "250 STARTTLS\r\n", "220 go\r\nx"], [ehlo, "STARTTLS\r\n"], .injected),
            Dialogue(
                .imap, ["* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n", "a OK begin\r\n"], ["a STARTTLS\r\n"], nil),
            Dialogue(.imap, ["* ok ready\r\n", "* NOTE well\r\na ok begin\r\n"], ["a STARTTLS\r\n"], nil),
            Dialogue(.imap, ["* OK ready\r\n", "a BAD no\r\n"], ["a STARTTLS\r\n"], .startTLSRefused),
            Dialogue(.imap, ["* BYE busy\r\n"], [], .startTLSRefused),
            Dialogue(.imap, ["* PREAUTH as root\r\n"], [], .startTLSRefused),
            Dialogue(
                .imap, ["* OK ready\r\n", "a OK begin\r\n* CAPABILITY IMAP4rev1\r\n"], ["a STARTTLS\r\n"], .injected),
            Dialogue(.imap, ["220 mail\r\n"], [], .notTLS),
            Dialogue(.imap, ["* OK\r\n", "b OK\r\n"], ["a STARTTLS\r\n"], .notTLS),
            Dialogue(.pop3, ["+OK ready\r\n", "+OK\r\n"], ["STLS\r\n"], nil),
            Dialogue(.pop3, ["+OK ready\r\n", "-ERR no\r\n"], ["STLS\r\n"], .startTLSRefused),
            Dialogue(.pop3, ["+OK ready\r\n", "+OK\r\n+OK\r\n"], ["STLS\r\n"], .injected),
            Dialogue(.pop3, ["+OKAY\r\n"], [], .notTLS), Dialogue(.pop3, ["220 mail\r\n"], [], .notTLS),
            Dialogue(.postgres, ["S"], [], nil), Dialogue(.postgres, ["N"], [], .startTLSRefused),
            Dialogue(.postgres, ["SX"], [], .injected),
            Dialogue(.postgres, ["E\0\0\0\u{2a}SFATAL"], [], .startTLSRefused),
            Dialogue(.postgres, ["H"], [], .notTLS),
        ])
    func dialogue(_ dialogue: Dialogue) throws {
        // In whole pieces, and byte by byte: what is a line does not depend on packets.
        for isTorn in [false, true] where !(isTorn && dialogue.end == .injected) {
            var opening = try #require(Opening(dialogue.spoken))
            var said: [String] = []
            var end: Opening.Answer?
            for piece in dialogue.server {
                for part in isTorn ? piece.utf8.map({ [$0] }) : [Array(piece.utf8)] where end == nil {
                    switch opening.hear(part) {
                    case .say(let words): if !words.isEmpty { said.append(String(decoding: words, as: UTF8.self)) }
                    case let answer: end = answer
                    }
                }
            }
            #expect(said == dialogue.client)
            switch end {
            case .begin: #expect(dialogue.end == nil)
            case .failed(let failure): #expect(failure.code == dialogue.end, "\(failure)")
            case .say, nil: Issue.record("it has no end")
            }
        }
    }

    @Test("is bounded: a line that does not end, and lines that do not") func bounded() throws {
        for (spoken, piece) in [(ProbeProtocol.smtp, "2"), (.imap, "* "), (.smtp, "220-\r\n"), (.pop3, "+")] {
            var opening = try #require(Opening(spoken))
            var heard = 0
            var answer = Opening.Answer.say([])
            while case .say = answer, heard < 1 << 20 {
                answer = opening.hear(Array(piece.utf8))
                heard += piece.utf8.count
            }
            guard case .failed(let failure) = answer else { throw FixtureFailure("never refused") }
            #expect(failure.code == .notTLS)
            #expect(heard <= Opening.mostBytes + piece.utf8.count)
        }
    }

    @Test("shows nothing of a terminal's own language") func shown() throws {
        var opening = try #require(Opening(.smtp))
        guard case .failed(let failure) = opening.hear(Array("554 \u{1b}[2Jgone\r\n".utf8)) else {
            throw FixtureFailure("not refused")
        }
        #expect(!failure.detail.unicodeScalars.contains("\u{1b}"))
    }

    @Test(
        "comes to nothing with a server that is silent, slow, or hangs up",
        arguments: [ProbeProtocol.smtp, .imap, .pop3, .postgres])
    func hostile(spoken: ProbeProtocol) async throws {
        func code(_ limit: Duration, _ peer: @escaping @Sendable (Int32) -> Void) async throws -> HandshakeFailure.Code
        {
            let listener = try LoopbackListener()
            listener.answer(peer)
            let target = ProbeTarget(host: "127.0.0.1", port: listener.port, serverName: nil, protocol: spoken)
            let answer = await Prober(limits: ProbeLimits(handshake: limit)).probe([target])[0]
            withExtendedLifetime(listener) {}
            guard case .failed(let failure) = answer.addresses[0].outcome else { throw FixtureFailure("\(answer)") }
            return failure.code
        }
        #expect(try await code(.milliseconds(600)) { LoopbackListener.drain($0) } == .handshakeTimedOut)
        let slow = try await code(.milliseconds(600)) { connection in
            guard spoken != .postgres else { return LoopbackListener.drain(connection) }
            for byte in Array(String(repeating: "220-a", count: 100).utf8) {
                guard LoopbackListener.send([byte], to: connection) else { return }
                usleep(50_000)
            }
        }
        #expect([.handshakeTimedOut, .notTLS].contains(slow))
        let closed = try await code(.seconds(60)) { connection in
            if spoken == .postgres {
                var buffer = [UInt8](repeating: 0, count: 8)
                _ = recv(connection, &buffer, 8, 0)
            }
            shutdown(connection, Int32(SHUT_WR))
            LoopbackListener.drain(connection)
        }
        #expect(closed == .closed)
        let garbage = try await code(.seconds(60)) { connection in
            _ = LoopbackListener.send((0..<70_000).map { _ in UInt8.random(in: 1...255) }, to: connection)
            LoopbackListener.drain(connection)
        }
        #expect([.notTLS, .startTLSRefused, .injected].contains(garbage))
    }

    /// `openssl s_server -starttls` does not exist: a server that consents, and then says something in plain text.
    @Test("is refused where plain text stands behind the consent") func injected() async throws {
        let listener = try LoopbackListener()
        listener.answer { connection in
            var buffer = [UInt8](repeating: 0, count: 512)
            func say(_ text: String) { _ = LoopbackListener.send(Array(text.utf8), to: connection) }
            say("220 mail\r\n")
            _ = recv(connection, &buffer, buffer.count, 0)
            say("250-mail\r\n250 STARTTLS\r\n")
            _ = recv(connection, &buffer, buffer.count, 0)
            say("220 go\r\n250 injected\r\n")
            LoopbackListener.drain(connection)
        }
        let target = ProbeTarget(host: "127.0.0.1", port: listener.port, serverName: nil, protocol: .smtp)
        let answer = await Prober(limits: ProbeLimits(handshake: .seconds(60))).probe([target])[0]
        withExtendedLifetime(listener) {}
        guard case .failed(let failure) = answer.addresses[0].outcome else { throw FixtureFailure("\(answer)") }
        #expect(failure.code == .injected)
    }
}
