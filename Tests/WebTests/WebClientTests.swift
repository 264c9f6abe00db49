// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization
import TestKit
import Testing
import Vocabulary
import Web

/// Answers every connection with the same bytes, piece by piece; loopback, a port of its own.
private final class Canned: Sendable {
    let port: UInt16
    private let listener: Int32
    private let asked = Asked()
    var questions: [String] { asked.questions.withLock { $0 } }

    /// - Parameters:
    ///   - pause: after each piece, in milliseconds.
    ///   - endless: the last piece again and again.
    init(_ pieces: [String], pause: UInt32 = 0, endless: Bool = false, closes: Bool = true) throws {
        let opened = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        listener = opened
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
                bind(opened, raw, length) == 0 && getsockname(opened, raw, &length) == 0
            }
        }
        guard bound, listen(opened, 16) == 0 else { throw FixtureError("no port") }
        port = UInt16(bigEndian: address.sin_port)
        let asked = asked
        Thread.begin {
            while true {
                let peer = accept(opened, nil, nil)
                guard peer >= 0 else { return }
                Thread.begin {
                    var bytes = [UInt8](repeating: 0, count: 8192)
                    let got = recv(peer, &bytes, bytes.count, 0)
                    asked.questions.withLock { $0.append(String(decoding: bytes.prefix(max(0, got)), as: UTF8.self)) }
                    var rest = pieces[...]
                    while let piece = rest.first {
                        guard send(peer, piece, piece.utf8.count, Int32(MSG_NOSIGNAL)) > 0 else { break }
                        if pause > 0 { usleep(pause * 1000) }
                        if !(endless && rest.count == 1) { rest = rest.dropFirst() }
                    }
                    // One that keeps silent reads until the other has gone.
                    if !closes { while recv(peer, &bytes, bytes.count, 0) > 0 {} }
                    close(peer)
                }
            }
        }
    }

    /// Outlives the server in the threads that answer.
    private final class Asked: Sendable {
        let questions = Mutex<[String]>([])
    }

    deinit { shutdown(listener, Int32(SHUT_RDWR)); close(listener) }
}

private enum Thread {
    static func begin(_ work: @escaping @Sendable () -> Void) {
        final class Box { let work: @Sendable () -> Void; init(_ work: @escaping @Sendable () -> Void) { self.work = work } }
        var thread = pthread_t()
        _ = pthread_create(
            &thread, nil,
            { raw in
                if let raw { Unmanaged<Box>.fromOpaque(raw).takeRetainedValue().work() }
                return nil
            }, Unmanaged.passRetained(Box(work)).toOpaque())
        pthread_detach(thread)
    }
}

@Suite("An answer over HTTP") struct WebClientTests {
    private static func ask(
        _ server: Canned, limit: Int = 1000, deadline: Duration = .seconds(5), body: [UInt8]? = nil
    ) async throws -> Result<[UInt8], WebFailure> {
        let client = WebClient(["ocsp.example": try #require(IPAddress("127.0.0.1"))])
        let address = try #require(WebAddress("http://ocsp.example:\(server.port)/ask"))
        let result: Result<[UInt8], WebFailure>
        do throws(WebFailure) {
            result = .success(
                try await client.ask(
                    WebQuestion(address, body: body.map { ("application/ocsp-request", $0) }, limit: limit, deadline: deadline)))
        } catch {
            result = .failure(error)
        }
        await client.close()
        return result
    }

    private static func failure(_ result: Result<[UInt8], WebFailure>) -> WebFailure.Code? {
        if case .failure(let failure) = result { failure.code } else { nil }
    }

    @Test("comes from the address that was looked at, under the name that was asked for") func answered() async throws {
        let server = try Canned(["HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"])
        #expect(try await Self.ask(server, body: [1, 2, 3]).get() == Array("hello".utf8))
        let question = try #require(server.questions.first).lowercased()
        #expect(question.hasPrefix("post /ask http/1.1\r\n") && question.contains("host: ocsp.example:\(server.port)\r\n"))
        #expect(question.contains("content-type: application/ocsp-request\r\n"))
    }

    @Test("is none where the status is another than 200: redirects lead nowhere", arguments: [301, 302, 404, 500])
    func status(code: Int) async throws {
        let other = try Canned(["HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno"])
        let server = try Canned([
            "HTTP/1.1 \(code) X\r\nLocation: http://127.0.0.1:\(other.port)/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        ])
        #expect(Self.failure(try await Self.ask(server)) == .status)
        #expect(other.questions.isEmpty)
    }

    @Test("is no longer than it may be, whether it says so before or not") func large() async throws {
        let text = String(repeating: "a", count: 1001)
        let said = try Canned(["HTTP/1.1 200 OK\r\nContent-Length: 1001\r\nConnection: close\r\n\r\n" + text])
        #expect(Self.failure(try await Self.ask(said)) == .tooLarge)
        let endless = try Canned(
            ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "5\r\nhello\r\n"], endless: true)
        #expect(Self.failure(try await Self.ask(endless)) == .tooLarge)
    }

    @Test("comes in time, or not at all: silence, and a byte now and then") func slow() async throws {
        let silent = try Canned([], closes: false)
        let clock = ContinuousClock()
        let start = clock.now
        #expect(Self.failure(try await Self.ask(silent, deadline: .milliseconds(300))) == .timedOut)
        let trickle = try Canned(
            ["HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n", "a"], pause: 50, endless: true)
        #expect(Self.failure(try await Self.ask(trickle, deadline: .milliseconds(300))) == .timedOut)
        #expect(clock.now - start < .seconds(5))
    }

    @Test("is none of garbage, of a closed port, and of a host that nobody has looked at") func others() async throws {
        #expect(Self.failure(try await Self.ask(try Canned(["SSH-2.0-OpenSSH_9.2\r\n"]))) == .unreachable)
        #expect(Self.failure(try await Self.ask(try Canned([""]))) == .unreachable)
        let client = WebClient([:])
        let address = try #require(WebAddress("http://localhost:\(try freePort())/"))
        await #expect(throws: WebFailure.self) { try await client.ask(WebQuestion(address, limit: 10, deadline: .seconds(1))) }
        await client.close()
    }
}

@Suite("An http address of a certificate") struct WebAddressTests {
    @Test("is read strictly", arguments: [
        ("http://ocsp.example", "http://ocsp.example/"), ("HTTP://OCSP.Example:80/a?b", "http://ocsp.example/a?b"),
        ("http://10.0.0.5:8080/x", "http://10.0.0.5:8080/x"), ("http://[fd00::2]:81/", "http://[fd00::2]:81/"),
        ("http://ocsp.example?x", "http://ocsp.example/?x"),
    ])
    func read(text: String, expected: String) { #expect(WebAddress(text)?.text == expected) }

    @Test("is none otherwise", arguments: [
        "", "http://", "https://a.example/", "ftp://a.example/", "ldap://a.example/", "http://user@a.example/",
        "http://a.example:0/", "http://a.example:65536/", "http://a.example:/", "http://a.example:8o/", "http://a b/",
        "http://a.example/\r\nX: y", "http://a.example/#x", "http://a.example\\b/", "http://[::1/", "http://[::1]x/",
        "http://[10.0.0.1]/", "http://ä.example/", "http://a.example/" + String(repeating: "a", count: 2048),
        "file:///etc/passwd", "http:///x", "http://%31/",
    ])
    func refused(text: String) { #expect(WebAddress(text) == nil) }
}
