// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestKit
import Testing
import Vocabulary

@testable import Connectors

@Suite("nginx's configuration") struct NginxConfigurationTests {
    private func words(_ text: String) -> [[String]] {
        NginxFile(path: "/etc/nginx/nginx.conf", bytes: Array(text.utf8)).items.compactMap {
            if case .directive(let words) = $0 { words.map(\.text) } else { nil }
        }
    }

    @Test("is cut into words as nginx does it")
    func lexing() {
        let text = #"""
            user www; # ssl_certificate in/a/comment;
            server { listen 443 ssl;ssl_certificate "with space.crt"; ssl_certificate_key 'quote\'d.key'
              ;}
            map $a $b { default 0; }
            set $x "a;b{c}d#e";
            ssl_certificate /tls/${name}.crt;
            add_header X a#b; log_format x '$a\n';
            content_by_lua_block { if x then return { ";" } end }
            root C:\dir;
            """#
        #expect(
            words(text) == [
                ["user", "www"], ["listen", "443", "ssl"], ["ssl_certificate", "with space.crt"],
                ["ssl_certificate_key", "quote'd.key"], ["default", "0"], ["set", "$x", "a;b{c}d#e"],
                ["ssl_certificate", "/tls/${name}.crt"], ["add_header", "X", "a#b"], ["log_format", "x", "$a\n"],
                ["content_by_lua_block"], ["root", #"C:\dir"#],
            ])
    }

    @Test(
        "that is cut short is read as far as it goes",
        arguments: ["server {", "ssl_certificate \"a", "a \\", "}", "; ;{", ""])
    func broken(text: String) { #expect(words(text).isEmpty) }

    private func load(_ files: [String: String], main: String = "nginx.conf") async throws -> (
        NginxConfiguration, String
    ) {
        let folder = try TemporaryFolder("configuration")
        for (path, text) in files { try folder.write(text, to: path) }
        let configuration = try await NginxConfiguration.load(
            folder.file(main), prefix: nil, through: LocalTransport(), within: .seconds(5))
        return (configuration, folder.path)
    }

    @Test("follows includes and patterns, relative to the main file's folder") func includes() async throws {
        let (configuration, folder) = try await load([
            "nginx.conf":
                "http { include sites/*.conf; include more/one; include nothing/*.conf; include absent.conf; }",
            "sites/b.conf": "server { ssl_certificate b.crt; ssl_certificate_key /abs/b.key; include more/two; }",
            "sites/a.conf": "server { ssl_certificate a.crt; ssl_certificate_key a.key; }",
            "sites/.hidden.conf": "ssl_certificate hidden.crt;", "sites/c.conf~": "ssl_certificate c.crt;",
            "more/one": "ssl_certificate data:$pem; ssl_certificate_key engine:x:y;",
            "more/two": "ssl_certificate b2.crt; ssl_certificate_key b2.key;",
        ])
        #expect(
            configuration.references.map(\.path)
                == ["a.crt", "a.key", "b.crt", "/abs/b.key", "b2.crt", "b2.key"].map {
                    $0.hasPrefix("/") ? $0 : folder + "/" + $0
                })
        let pairs = configuration.references.map(\.pair)
        #expect(pairs[0] == pairs[1])
        #expect(pairs[2] == pairs[3])
        #expect(pairs[4] == pairs[5])
        #expect(Set(pairs).count == 3)
    }

    @Test("that includes itself comes to an end") func circle() async throws {
        let (configuration, folder) = try await load(["nginx.conf": "include nginx.conf; ssl_certificate a.crt;"])
        #expect(configuration.references.contains { $0.path == folder + "/a.crt" })
    }

    @Test("whose main file is absent is an error") func absent() async throws {
        await #expect(throws: DeviceError.self) { try await load([:]) }
    }

    @Test("refers with variables to all that fits") func variables() async throws {
        let (configuration, folder) = try await load([
            "nginx.conf":
                "ssl_certificate tls/$ssl_server_name.crt; ssl_certificate /x/${a}/y/$b; ssl_certificate plain;"
        ])
        let fitting = ["\(folder)/tls/shop.example.com.crt", "/x/1/y/2", "\(folder)/plain"]
        let other = ["\(folder)/tls/shop.key", "/x/1/2", "/x", "\(folder)/plain2"]
        #expect(configuration.referenced(among: fitting + other) == Set(fitting))
    }

    @Test("has another digest when any file of it changes, one is added or one goes away") func digest() async throws {
        let files = ["nginx.conf": "include sites/*;", "sites/a": "a;"]
        let folder = try TemporaryFolder("configuration")
        for (path, text) in files { try folder.write(text, to: path) }
        func digest() async throws -> String {
            try await NginxConfiguration.load(
                folder.file("nginx.conf"), prefix: nil, through: LocalTransport(), within: .seconds(5)
            ).digest.hex
        }
        var seen = [try await digest()]
        #expect(try await digest() == seen[0])
        try folder.write("b;", to: "sites/a")
        seen.append(try await digest())
        try folder.write("b;", to: "sites/b")
        seen.append(try await digest())
        try folder.write("include sites/* ;", to: "nginx.conf")
        seen.append(try await digest())
        try FileManager.default.removeItem(atPath: folder.file("sites/a"))
        seen.append(try await digest())
        #expect(Set(seen).count == seen.count)
    }
}
