// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Declarations
import Delivery
import Foundation
import Journal
import Planning
import Processes
import TestKit
import Testing
import Vocabulary

@Suite("A webhook") struct WebhookTests {
    private static func channel(
        _ port: UInt16, host: String = "127.0.0.1", secret: String? = nil, secure: Bool = false,
        body: ChannelSpec.Webhook.Body = .json, roots: [String] = [], timeout: Seconds = 10
    ) throws -> ChannelSpec {
        let url = try #require(WebAddress("\(secure ? "https" : "http")://\(host):\(port)/in?x=1"))
        return ChannelSpec(
            .webhook(ChannelSpec.Webhook(address: .declared(url), secretFile: secret, body: body, trustRoots: roots)),
            timeout: timeout)
    }

    @Test("gets JSON, signed by the key in the gateway's file, so that a receiver can check it with openssl")
    func signed() async throws {
        let folder = try TemporaryFolder("webhook")
        let server = try await HookServer(in: folder)
        let secret = try folder.write("0123456789abcdef0123456789abcdef\n", to: "secret", mode: 0o600)
        var outbox = try Outbox(in: folder, ["ops": Self.channel(server.port, secret: secret)])
        try await outbox.post(["edge-1-shop", "edge-2-shop"], on: "ops")
        #expect(try await outbox.deliver().map(\.error) == [nil])

        let request = try #require(server.requests.first)
        #expect(server.requests.count == 1 && request.target == "/in?x=1")
        #expect(request.headers["host"] == "127.0.0.1:\(server.port)")
        #expect(request.headers["content-type"] == "application/json")
        let message = try JSONValue(parsing: request.body)
        #expect(message["alerts"]?.array?.count == 2 && message["more"] == 0)
        #expect(message["delivery"]?.string == request.headers["countersign-delivery"])
        #expect(message["alerts"]?.array?.first?["event"] == "raised")

        let stamp = try #require(request.headers["countersign-timestamp"])
        try folder.write("\(stamp).\(String(decoding: request.body, as: UTF8.self))", to: "signed")
        let answer = try await run(
            ["openssl", "dgst", "-sha256", "-hmac", "0123456789abcdef0123456789abcdef", "-r", folder.file("signed")])
        let expected = answer.outputText.split(separator: " ").first.map(String.init)
        #expect(request.headers["countersign-signature"] == "v1=\(expected ?? "")")
        // Nothing waits any more.
        #expect(try await outbox.deliver().isEmpty && server.requests.count == 1)
        #expect(try await outbox.standing("ops")?.waiting == 0)
    }

    @Test("of a chat service gets one text, in which nothing is markup")
    func chat() async throws {
        let folder = try TemporaryFolder("webhook")
        let server = try await HookServer(in: folder)
        var outbox = try Outbox(in: folder, ["ops": Self.channel(server.port, body: .chat(field: "content"))])
        try await outbox.post(["edge-1-shop"], on: "ops", headline: "<!channel> & <http://evil.example|here>\u{1b}[2J")
        #expect(try await outbox.deliver().map(\.error) == [nil])
        let message = try JSONValue(parsing: try #require(server.requests.first).body)
        let text = try #require(message["content"]?.string)
        #expect(message.object?.members.count == 1)
        #expect(
            text.contains("&lt;!channel&gt; &amp; &lt;http://evil.example|here&gt;\\u{1b}[2J") && !text.contains("<"))
    }

    @Test(
        "that does not take it is tried again, with what it was, also by a process that begins later",
        arguments: ["500", "302\nLocation: http://127.0.0.1:1/", "close", "hang", "404"])
    func again(answer: String) async throws {
        let folder = try TemporaryFolder("webhook")
        let server = try await HookServer(in: folder)
        try server.answer(answer)
        var outbox = try Outbox(in: folder, ["ops": Self.channel(server.port, timeout: 1)])
        try await outbox.post(["edge-1-shop"], on: "ops")
        let first = try #require(try await outbox.deliver().first)
        let error = try #require(first.error)
        #expect(error.detail.contains("127.0.0.1"), "\(error)")
        if answer.hasPrefix("302") { #expect(error.detail.contains("redirects are not followed")) }
        let standing = try #require(try await outbox.standing("ops"))
        #expect(
            standing.waiting == 1 && standing.failure?.attempts == 1
                && standing.failing?.contains("failed since") == true)

        // Not at once, and whatever happens meanwhile waits beside it.
        #expect(try await outbox.deliver().isEmpty)
        try outbox.reopen()
        try await outbox.post(["edge-2-shop"], on: "ops")
        try await outbox.post(["edge-2-shop"], on: "ops", .resolved)
        outbox.clock.pass(40)
        try server.answer("204")
        #expect(try await outbox.deliver().map(\.error) == [nil])
        #expect(try await outbox.deliver().map(\.error) == [nil], "what came meanwhile, now that the way is free")
        let requests = server.requests
        let deliveries = requests.map { $0.headers["countersign-delivery"] }
        #expect(deliveries.count == 3 && deliveries[0] == deliveries[1] && deliveries[1] != deliveries[2])
        let last = try JSONValue(parsing: try #require(requests.last).body)
        #expect(
            last["alerts"]?.array?.map { $0["event"]?.string } == ["resolved"], "of one alert only the latest waits")
        #expect(try await outbox.standing("ops")?.failure == nil)
    }

    @Test("over TLS is believed by the channel's own roots and by its name alone")
    func secure() async throws {
        let folder = try TemporaryFolder("webhook")
        let authority = try await CertificateAuthority(in: folder)
        let issued = try await authority.issue("hooks", days: 20, names: ["localhost"])
        try folder.write(issued.chain, to: "hooks.crt")
        try folder.write(issued.key, to: "hooks.key", mode: 0o600)
        try folder.write(try folder.readText("ca-example-ca/ca.pem"), to: "roots.pem")
        let server = try await HookServer(in: folder, certificate: "hooks")
        var outbox = try Outbox(
            in: folder,
            [
                "good": Self.channel(server.port, host: "localhost", secure: true, roots: ["roots.pem"]),
                "host": Self.channel(server.port, host: "localhost", secure: true),
                "name": Self.channel(server.port, host: "127.0.0.1", secure: true, roots: ["roots.pem"]),
            ])
        for channel in ["good", "host", "name"] { try await outbox.post(["edge-1-shop"], on: channel) }
        let results = try await outbox.deliver()
        let errors = Dictionary(uniqueKeysWithValues: results.map { ($0.dispatch.channel.text, $0.error) })
        #expect(errors["good"] == .some(nil), "\(errors)")
        #expect(errors["host"]??.code == .notReached && errors["name"]??.code == .notReached, "\(errors)")
        #expect(server.requests.count == 1)
    }

    @Test("by a file that others may read, a link, a short key or no URL is refused, and the content is not said")
    func secrets() async throws {
        let folder = try TemporaryFolder("webhook")
        let server = try await HookServer(in: folder)
        let good = try folder.write("0123456789abcdef\n", to: "good", mode: 0o600)
        let open = try folder.write("0123456789abcdef\n", to: "open", mode: 0o644)
        let short = try folder.write("sesame\n", to: "short", mode: 0o600)
        let link = folder.file("link")
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: good)
        let url = try folder.write("https://user:hunter2@example.com/\n", to: "url", mode: 0o600)
        var channels: [String: ChannelSpec] = [
            "url": ChannelSpec(.webhook(ChannelSpec.Webhook(address: .file(url))))
        ]
        for (name, path) in [("open", open), ("short", short), ("link", link), ("gone", folder.file("gone"))] {
            channels[name] = try Self.channel(server.port, secret: path)
        }
        var outbox = try Outbox(in: folder, channels)
        for channel in channels.keys { try await outbox.post(["edge-1-shop"], on: channel) }
        let results = try await outbox.deliver()
        #expect(results.count == 5 && results.allSatisfy { $0.error?.code == .secret }, "\(results)")
        #expect(
            !results.contains {
                $0.error?.detail.contains("sesame") ?? true || $0.error?.detail.contains("hunter2") ?? true
            })
        #expect(server.requests.isEmpty)
        let file = try folder.write("http://127.0.0.1:\(server.port)/services/T0/B0\n", to: "chat", mode: 0o600)
        var chat = try Outbox(
            in: try TemporaryFolder("webhook"),
            ["chat": ChannelSpec(.webhook(ChannelSpec.Webhook(address: .file(file), body: .chat(field: "text"))))])
        try await chat.post(["edge-1-shop"], on: "chat")
        #expect(try await chat.deliver().map(\.error) == [nil])
        #expect(server.requests.map(\.target) == ["/services/T0/B0"])
    }

    @Test("leads nowhere that nobody has approved: a name that is loopback, a link-local address")
    func targets() async throws {
        let folder = try TemporaryFolder("webhook")
        let server = try await HookServer(in: folder)
        // /etc/hosts of this machine gives its own name a loopback address on many, so the address itself is what is asked for here.
        var outbox = try Outbox(
            in: folder,
            [
                "metadata": Self.channel(80, host: "169.254.169.254", secure: true),
                "multicast": Self.channel(80, host: "224.0.0.1", secure: true),
                "nothing": Self.channel(server.port, host: "0.0.0.0", secure: true),
            ])
        for channel in ["metadata", "multicast", "nothing"] { try await outbox.post(["edge-1-shop"], on: channel) }
        let results = try await outbox.deliver()
        #expect(results.count == 3 && results.allSatisfy { $0.error?.code == .notAllowed }, "\(results)")
        #expect(server.requests.isEmpty)
    }

    @Test("gets one message for ten thousand alerts, with the most urgent of them")
    func many() async throws {
        let folder = try TemporaryFolder("webhook")
        let server = try await HookServer(in: folder)
        var outbox = try Outbox(in: folder, ["ops": Self.channel(server.port)])
        try await outbox.post((0..<10_000).map { "edge-\($0)-shop" }, on: "ops")
        try await outbox.post(["the-worst"], on: "ops", severity: .critical)
        #expect(try await outbox.deliver().map(\.error) == [nil])
        let request = try #require(server.requests.first)
        let message = try JSONValue(parsing: request.body)
        #expect(server.requests.count == 1 && request.body.count < 200_000)
        #expect(message["alerts"]?.array?.count == 100 && message["more"] == 9_901)
        #expect(message["alerts"]?.array?.first?["subject"] == "the-worst")
        #expect(try await outbox.standing("ops")?.waiting == 0)
    }

    @Test("is not called again within a minute, however fast passes come")
    func gap() async throws {
        let folder = try TemporaryFolder("webhook")
        let server = try await HookServer(in: folder)
        var outbox = try Outbox(in: folder, ["ops": Self.channel(server.port)])
        for index in 0..<10 {
            try await outbox.post(["edge-\(index)-shop"], on: "ops")
            _ = try await outbox.deliver(gap: 60)
            outbox.clock.pass(10)
        }
        #expect(server.requests.count == 2)
        outbox.clock.pass(60)
        _ = try await outbox.deliver(gap: 60)
        let all = try server.requests.flatMap { try JSONValue(parsing: $0.body)["alerts"]?.array ?? [] }
        #expect(server.requests.count == 3 && all.count == 10)
    }

    @Test("is served by one of two processes at a time")
    func twice() async throws {
        let folder = try TemporaryFolder("webhook")
        let server = try await HookServer(in: folder)
        var outbox = try Outbox(in: folder, ["ops": Self.channel(server.port)])
        try await outbox.post(["edge-1-shop"], on: "ops")
        var other = outbox
        try other.reopen()
        let (mine, theirs) = (outbox, other)
        async let first = mine.deliver()
        async let second = theirs.deliver()
        #expect(try await first.count + second.count == 1)
        #expect(server.requests.count == 1)
    }
}
