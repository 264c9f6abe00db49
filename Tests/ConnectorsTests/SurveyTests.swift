// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Declarations
import Foundation
import Planning
import Processes
import TestKit
import Testing
import Vocabulary

@testable import Connectors

@Suite("What a configuration says of certificates") struct ConfiguredSlotsTests {
    private func nginx(_ files: [String: String]) async throws -> ConfiguredSlots {
        let folder = try TemporaryFolder("survey")
        for (path, text) in files { try folder.write(text.replacing("HERE", with: folder.path), to: path) }
        let configuration = try await NginxConfiguration.load(
            folder.file("nginx.conf"), prefix: nil, through: LocalTransport(), within: .seconds(60))
        var slots = configuration.slots
        let entries = slots.entries
        slots = ConfiguredSlots(digest: slots.digest)
        for var entry in entries {
            entry.certificate = entry.certificate.replacing(folder.path, with: "/HERE")
            entry.privateKeys = entry.privateKeys.map { $0.replacing(folder.path, with: "/HERE") }
            entry.source = entry.source.replacing(folder.path, with: "/HERE")
            slots.add(entry)
        }
        for words in configuration.slots.unclear { slots.say(words.replacing(folder.path, with: "/HERE")) }
        return slots
    }

    @Test(
        "of nginx: includes, what is inherited, several pairs, variables, and sockets that one server secures for all")
    func nginx() async throws {
        let slots = try await nginx([
            "nginx.conf": """
            events {}
            http {
                ssl_certificate tls/all.crt; ssl_certificate_key tls/all.key;
                include sites/*.conf;
                server { listen 80; server_name plain.example.com; }
                server { listen 10.0.0.5:443; server_name inherits.example.com ~^x *.wild.example.com _; }
            }
            stream { server { listen [::1]:5433 ssl; ssl_certificate tls/s.crt; ssl_certificate_key tls/s.key; } }
            mail {
                server {
                    listen 143; protocol imap; starttls on;
                    ssl_certificate tls/m.crt; ssl_certificate_key tls/m.key;
                }
            }
            """,
            "sites/a.conf": """
            server {
                listen 10.0.0.5:443 ssl default_server; listen 443 quic; listen unix:/run/x ssl;
                server_name a.example.com A2.example.com;
                ssl_certificate tls/a-rsa.crt; ssl_certificate_key tls/a-rsa.key;
                ssl_certificate tls/a-ec.crt; ssl_certificate_key tls/a-ec.key;
            }
            """,
            "sites/b.conf": """
            server {
                listen 443 ssl; server_name b1.example.com b2.example.com;
                ssl_certificate /etc/tls/$ssl_server_name.crt; ssl_certificate_key /etc/tls/${ssl_server_name}.key;
            }
            server {
                listen 443 ssl; server_name c.example.com;
                ssl_certificate /etc/tls/$host.crt; ssl_certificate_key /etc/tls/$host.key;
            }
            """,
        ])
        let found = Dictionary(slots.entries.map { ($0.certificate, $0) }) { first, _ in first }
        #expect(
            found.keys.sorted() == [
                "/HERE/tls/a-ec.crt", "/HERE/tls/a-rsa.crt", "/HERE/tls/all.crt", "/HERE/tls/m.crt", "/HERE/tls/s.crt",
                "/etc/tls/b1.example.com.crt", "/etc/tls/b2.example.com.crt",
            ])
        let a = [Listening(address: "10.0.0.5", port: 443, serverNames: ["a.example.com", "a2.example.com"])]
        #expect(found["/HERE/tls/a-rsa.crt"]?.listening == a && found["/HERE/tls/a-ec.crt"]?.listening == a)
        #expect(found["/HERE/tls/a-ec.crt"]?.privateKeys == ["/HERE/tls/a-ec.key"])
        #expect(found["/HERE/tls/a-ec.crt"]?.source == "/HERE/sites/a.conf")
        #expect(
            found["/HERE/tls/all.crt"]?.listening == [
                Listening(
                    address: "10.0.0.5", port: 443,
                    serverNames: ["inherits.example.com", "wildcard.wild.example.com"])
            ])
        #expect(found["/HERE/tls/s.crt"]?.listening == [Listening(address: "::1", port: 5433)])
        #expect(
            found["/HERE/tls/m.crt"]?.listening == [Listening(address: "*", port: 143, servedProtocol: .imap)])
        #expect(found["/etc/tls/b1.example.com.crt"]?.privateKeys == ["/etc/tls/b1.example.com.key"])
        #expect(slots.unclear.count == 1 && slots.unclear[0].contains("/etc/tls/$host.crt"))
    }

    @Test("of apache: hosts, aliases, definitions, sections that do not count, and a key in the certificate's file")
    func apache() async throws {
        let folder = try TemporaryFolder("survey")
        try folder.write(
            """
            ServerRoot \(folder.path)
            Define TLS /etc/tls
            Listen 8443 https
            Listen 80
            <IfDefine NOT_DEFINED>
              <IfModule mod_ssl.c>
                SSLCertificateFile ${TLS}/no.crt
              </IfModule>
            </IfDefine>
            <IfModule mod_ssl.c>
              Include sites/*.conf
            </IfModule>
            <VirtualHost *:80>
              ServerName plain.example.com
            </VirtualHost>
            """, to: "apache.conf")
        try folder.write(
            """
            <VirtualHost 10.0.0.5:443 [::1]:443>
              ServerName https://a.example.com:443
              ServerAlias *.a.example.com b.example.com
              SSLEngine on
              SSLCertificateFile ${TLS}/a.crt
              SSLCertificateKeyFile "${TLS}/a.key"
            </VirtualHost>
            <VirtualHost _default_:8443>
              SSLEngine on
              SSLCertificateFile tls/both.pem
            </VirtualHost>
            """, to: "sites/a.conf")
        var configuration = ApacheConfiguration(main: folder.file("apache.conf"))
        let files = try await ConfigurationFiles.load(
            [folder.file("apache.conf")], through: LocalTransport(), within: .seconds(60),
            includes: { configuration.add($0) })
        let found = ApacheSlots(files, main: folder.file("apache.conf")).found
        #expect(found.entries.map(\.certificate) == ["/etc/tls/a.crt", folder.file("tls/both.pem")])
        #expect(found.entries.map(\.privateKeys) == [["/etc/tls/a.key"], [folder.file("tls/both.pem")]])
        let names = ["a.example.com", "wildcard.a.example.com", "b.example.com"]
        #expect(
            found.entries[0].listening == [
                Listening(address: "10.0.0.5", port: 443, serverNames: names),
                Listening(address: "::1", port: 443, serverNames: names),
            ])
        #expect(found.entries[1].listening == [Listening(address: "*", port: 8443)])
        #expect(found.entries[0].source == folder.file("sites/a.conf"))
    }

    @Test("of haproxy: several places, folders, lists with options and names, and keys beside") func haproxy() throws {
        var configuration = HAProxyConfiguration()
        configuration.add(
            """
            global
                crt-base /etc/haproxy
            frontend a
                bind 10.0.0.5:443,:8443 ssl crt a.pem crt /srv/certs
                bind unix@/run/x ssl crt b.pem
                bind ipv6@[::1]:443 ssl crt-list /etc/haproxy/list
                bind *:80
            backend b
                server s 10.0.0.9:443 ssl crt client.pem
            """, of: "/etc/haproxy/haproxy.cfg")
        let slots = configuration.slots(
            digest: FileDigest(hashing: []),
            lists: ["/etc/haproxy/list": "c.pem [alpn h2 ciphers ALL] c.example.com !not.example.com\n# no\nd.pem\n"],
            folders: [
                "/srv/certs": [
                    "/srv/certs/.hidden", "/srv/certs/x.pem", "/srv/certs/x.pem.key", "/srv/certs/x.pem.ocsp",
                ]
            ])
        #expect(
            slots.entries.map(\.certificate) == [
                "/etc/haproxy/a.pem", "/srv/certs/x.pem", "/etc/haproxy/b.pem", "/etc/haproxy/c.pem",
                "/etc/haproxy/d.pem",
            ])
        #expect(
            slots.entries[0].listening == [
                Listening(address: "10.0.0.5", port: 443), Listening(address: "*", port: 8443),
            ])
        #expect(slots.entries[0].privateKeys == ["/etc/haproxy/a.pem", "/etc/haproxy/a.pem.key"])
        #expect(slots.entries[2].listening == [] && slots.unclear.count == 1)
        #expect(
            slots.entries[3].listening == [Listening(address: "::1", port: 443, serverNames: ["c.example.com"])])
        #expect(slots.entries[4].listening == [Listening(address: "::1", port: 443)])
    }
}

@Suite("Who else puts files in a place") struct CustodyTests {
    @Test("is told by certbot's links, a Kubernetes volume's, and known folders") func links() {
        let custody = Custody(mountinfo: "")
        func keeper(_ path: String, _ target: String?) -> String? {
            custody.keeper(of: path, FileStatus(path: path, kind: target == nil ? .file : .link, linkTarget: target))
        }
        #expect(
            keeper("/etc/letsencrypt/live/shop/fullchain.pem", "../../archive/shop/fullchain3.pem") == "certbot")
        #expect(keeper("/etc/letsencrypt/archive/shop/fullchain3.pem", nil) == nil)
        #expect(keeper("/etc/tls/tls.crt", "..data/tls.crt") == "a Kubernetes volume")
        #expect(keeper("/root/.acme.sh/shop/fullchain.cer", nil) == "acme.sh")
        #expect(keeper("/etc/ssl/shop.crt", ".countersign/edge-1-shop/live/certificate") == nil, "a link of ours")
        #expect(keeper("/etc/ssl/shop.crt", nil) == nil)
    }

    @Test("is told by what is mounted there: a volume, a read-only part of another tree, and not a disk of its own")
    func mounts() async throws {
        let folder = try TemporaryFolder("mounts")
        for place in ["volume", "tls", "secret", "whole/inner"] { try folder.makeFolder(place) }
        try folder.write("", to: "one.crt")
        try folder.write("", to: "other.crt")
        let script = """
            mount --bind "$1/volume" "$1/tls" && mount -t tmpfs none "$1/secret" && mount --bind "$1/other.crt" "$1/one.crt" &&
            mount --bind "$1/whole" "$1/whole" && mount -o remount,ro,bind "$1/whole" && cat /proc/self/mountinfo
            """
        let answer = try await run(["unshare", "-m", "--propagation", "private", "sh", "-c", script, "x", folder.path])
        let custody = Custody(mountinfo: answer.outputText)
        func keeper(_ path: String) -> String? {
            custody.keeper(of: folder.file(path), FileStatus(path: folder.file(path), kind: .file))
        }
        #expect(keeper("tls/shop.crt") == "a mount at \(folder.file("tls"))")
        #expect(keeper("secret/shop.crt") == "a mount at \(folder.file("secret"))")
        #expect(keeper("one.crt") == "a mount at \(folder.file("one.crt"))")
        #expect(keeper("whole/inner/shop.crt") == "a mount at \(folder.file("whole"))")
        #expect(keeper("volume/shop.crt") == nil && keeper("other.crt") == nil)
        #expect(Custody(mountinfo: "garbage\n1 2 3\n").keeper(of: "/a/b", FileStatus(path: "/a/b", kind: .file)) == nil)
        let disk = Custody(mountinfo: "30 20 8:1 / /etc/ssl rw,relatime - ext4 /dev/sda2 rw\n")
        #expect(disk.keeper(of: "/etc/ssl/a.crt", FileStatus(path: "/etc/ssl/a.crt", kind: .file)) == nil)
        let escaped = Custody(mountinfo: "30 20 0:1 /x /a\\040b rw - tmpfs none rw\n")
        #expect(escaped.keeper(of: "/a b/c", FileStatus(path: "/a b/c", kind: .file)) == "a mount at /a b")
    }
}
