// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import TestKit
import Testing
import Vocabulary

@testable import Connectors
@testable import Declarations
@testable import Planning

@Suite("A configuration") struct ServerConfigurationTests {
    @Test("of haproxy names its certificates on bind and server lines, and in lists") func haproxy() {
        var configuration = HAProxyConfiguration()
        configuration.add(
            """
            global
                crt-base /etc/haproxy/tls/
                # bind :1 ssl crt /no
            frontend a
                bind :443 ssl crt shop.pem crt "/etc/other dir/x.pem" alpn h2  # crt /no
                bind :444 ssl crt-list /etc/haproxy/../haproxy/list crt /etc/haproxy/folder/
                http-request set-header crt /no
            backend b
                server one 10.0.0.1:443 ssl crt client\\ one.pem
            """)
        configuration.add(list: "# comment\n/etc/a.pem [alpn h2] a.example.com\nb.crt\n\n")
        #expect(
            configuration.names == [
                "/etc/haproxy/tls/shop.pem", "/etc/other dir/x.pem", "/etc/haproxy/folder",
                "/etc/haproxy/tls/client one.pem", "/etc/a.pem", "/etc/haproxy/tls/b.crt",
            ])
        #expect(configuration.lists == ["/etc/haproxy/list"])
        let used = ["/etc/a.pem", "/etc/a.pem.key", "/etc/haproxy/folder/x.pem", "/etc/haproxy/tls/b.key"]
        for path in used { #expect(configuration.refers(to: path), "\(path)") }
        for path in ["/no", "/etc/a.key", "/etc/haproxy/folder/x/y.pem"] { #expect(!configuration.refers(to: path)) }
    }

    @Test("of apache names what it includes and its pairs, relative to ServerRoot") func apache() {
        var configuration = ApacheConfiguration(main: "/etc/apache2/apache2.conf")
        #expect(
            configuration.add(
                """
                Include ports.conf
                ServerRoot "/srv/httpd"
                # Include no.conf
                IncludeOptional sites/*.conf
                include ../conf.d/
                Include "${CONFDIR}/more.conf"
                <VirtualHost *:443>
                    sslcertificatefile "tls/a b.crt"
                    SSLCertificateKeyFile \\
                        /etc/ssl/../ssl/a.key
                    SSLCertificateFile ${TLS}/x.crt
                </VirtualHost>
                """) == ["/etc/apache2/ports.conf", "/srv/httpd/sites/*.conf", "/srv/conf.d"])
        #expect(configuration.names == ["/srv/httpd/tls/a b.crt", "/etc/ssl/a.key", "${TLS}/x.crt"])
    }

    @Test("is read with all that it includes, each file once, and the digest follows each of them") func includes()
        async throws
    {
        let folder = try TemporaryFolder("configuration")
        try folder.write("Include a/*.conf\nInclude b\n", to: "main.conf")
        try folder.write("of the folder", to: "b/x")
        try folder.makeFolder("b/inner")
        try folder.write("Include \(folder.file("main.conf"))\n", to: "a/1.conf")
        try folder.write("two", to: "a/2.conf")
        func load() async throws -> ConfigurationFiles {
            var configuration = ApacheConfiguration(main: folder.file("main.conf"))
            return try await ConfigurationFiles.load(
                [folder.file("main.conf")], through: LocalTransport(), within: .seconds(30),
                includes: { configuration.add($0) })
        }
        let before = try await load()
        #expect(before.paths == ["main.conf", "a/1.conf", "a/2.conf", "b/x"].map(folder.file))
        try folder.write("three", to: "a/2.conf")
        #expect(try await load().digest() != before.digest())
        try folder.write("", to: "a/3.conf")
        #expect(try await load().paths.count == 5)
        let absent = await #expect(throws: DeviceError.self) {
            _ = try await ConfigurationFiles.load(
                [folder.file("none")], through: LocalTransport(), within: .seconds(30))
        }
        #expect(absent?.detail.hasSuffix("none: No such file or directory") == true)
    }
}

@Suite("Handshakes in the shadow") struct ShadowHandshakeTests {
    private func line(_ result: String, _ name: String, _ words: String = "") throws -> ShadowHandshake {
        try #require(ShadowHandshake(Substring("\(result)\t127.0.0.1:1\ttls\t\(name)\t\(words)")))
    }

    @Test("accept what is served, refuse what is served nowhere, and know when they do not know") func judge()
        async throws
    {
        let pair = try await Pair()
        let place = try Place()
        let candidate = try place.candidate(pair, place.slot(), expects: .nothing)
        let question = ShadowServer.Question(candidate)
        #expect(question.names == ["shop.example.com"])
        let own = try line("served", "other.example.com", ShadowHandshake.text(pair.leaf))
        let foreign = try line("served", "shop.example.com", "AB:CD")
        let failed = try line("failed", "shop.example.com", "unexpected eof")
        let silent = try line("silent", "shop.example.com")
        #expect(try ShadowHandshake.judge([failed, own], question) == .accepted)
        #expect(
            try ShadowHandshake.judge([failed, foreign], question) == .accepted, "the slot is used for something else")
        #expect(
            try ShadowHandshake.judge([failed], question)
                == .refused(
                    message: "a server started with it makes no TLS handshake: 127.0.0.1:1 (tls): unexpected eof"))
        #expect(
            try ShadowHandshake.judge([], question) == .refused(message: "a server started with it listens nowhere"))
        let unknown = #expect(throws: DeviceError.self) { _ = try ShadowHandshake.judge([failed, silent], question) }
        #expect(unknown?.code == .timedOut)
        #expect(ShadowHandshake("served\tx") == nil)
    }
}
