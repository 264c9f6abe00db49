// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestKit
import Testing

/// Trees that must be refused: somebody's mistake, or somebody's intent.
struct HostileTree: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var tree: WrittenTree

    static func all(_ certificate: IssuedCertificate, other: IssuedCertificate, keys: [String]) -> [HostileTree] {
        let good = WrittenTree.good(certificate, keys: keys)
        var found: [HostileTree] = []
        func add(_ name: String, _ change: (inout WrittenTree) -> Void) {
            var tree = good
            change(&tree)
            found.append(HostileTree(testDescription: name, tree: tree))
        }
        for (place, text) in yaml.enumerated() { add("YAML \(place)") { $0["evil.yaml"] = text } }
        for (name, text) in huge { add("huge: \(name)") { $0["evil.yaml"] = text } }
        for (place, bytes) in encodings.enumerated() {
            add("encoding \(place)") { $0.entries["evil.yaml"] = .file(bytes) }
        }
        for (old, new) in trustMistakes { add("\(old) ⇒ \(new)") { $0[WrittenTree.trust].change(old, with: new) } }
        for (old, new) in wishMistakes { add("\(old) ⇒ \(new)") { $0[WrittenTree.wish].change(old, with: new) } }
        for name in names {
            add("name \(name.debugDescription)") {
                $0[WrittenTree.wish].change("{name: shop-edge}", with: "{name: \"\(name)\"}")
            }
        }
        for path in paths {
            add("chain \(path.debugDescription)") {
                $0[WrittenTree.wish].change("chain: certificates/shop.pem", with: "chain: \"\(path)\"")
            }
        }
        for path in slots {
            add("slot \(path.debugDescription)") {
                $0[WrittenTree.wish].change("/etc/nginx/tls/shop.crt", with: "\"\(path)\"")
            }
        }
        for (name, text) in chains(certificate, other) { add("chain of \(name)") { $0[WrittenTree.chain] = text } }
        for (name, path, entry) in links { add("link \(name)") { $0.entries[path] = entry } }
        return found
    }

    private static let yaml = [
        "\u{feff}a: 1\n", "a: x\u{0}y\n", "a: x\u{7}y\n", "a: x\u{1b}[2Jy\n", "# \u{202e}evil\na: 1\n",
        "a: \"\\e[31m\"\n",
        "a: \"\\0\"\n", "a: \"\\u202E\"\n", "a: 1\rb: 2\n", "%YAML 1.1\n---\na: 1\n", "a: 1\na: 2\n",
        "x: {a: 1, \"\\x61\": 2}\n",
        "a: &x {b: 1}\nc:\n  <<: *x\n", "a: !!str 1\n", "a: !!python/object:os.system [id]\n", "[a]: 1\n",
        "? {a: 1}\n: 2\n",
        "a: *nothing\n", "a: &x [*x]\n", "a:\tb\n", "a:\n\tb: 1\n", "a: [1\n", "a: b: c\n", "a: 'x\n", "a: 1\n b: 2\n",
        "- 1\n", "x\n",
        "apiVersion: countersign/v2\nkind: Group\nmetadata: {name: a}\nspec: {members: []}\n", "kind: Group\n",
        "apiVersion: countersign/v1\nkind: Grp\nmetadata: {name: a}\nspec: {}\n",
        "apiVersion: countersign/v1\nkind: \"G\\u001b[31m\"\nmetadata: {name: a}\nspec: {}\n",
        "apiVersion: countersign/v1\nkind: Group\nmetadata: [a]\nspec: {members: [alice]}\n",
        "apiVersion: countersign/v1\nkind: Group\nmetadata: {name: a}\nspec: {members: [nobody]}\n",
        "apiVersion: countersign/v1\nkind: Group\nmetadata: {name: pki}\nspec: {members: [alice]}\n",
        "apiVersion: countersign/v1\nkind: Person\nmetadata: {name: x}\nspec: {keys: [{ssh: \"ssh-ed25519 AAAA\"}]}\n",
        "apiVersion: countersign/v1\nkind: Person\nmetadata: {name: x}\nspec: {keys: [{openpgp: ../x, fingerprint: \"0\"}]}\n",
    ]

    private static let huge: [(String, String)] = {
        let length = 900 << 10
        var found: [(String, String)] = [
            "[", "{", "- ", "? ", "a: ", "---\n[\n", "&a ", "*a ", "'\t' \t\n", "!a ", "- &a [*a]\n", "- a: b: ",
            "\u{202e}",
        ].map { piece in (piece, String(repeating: piece, count: length / piece.utf8.count)) }
        var bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
        for level in 1...30 {
            bomb += "a\(level): &a\(level) [\(Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", "))]\n"
        }
        found.append(("aliases", bomb))
        found.append(("over 1 MiB", "a: " + String(repeating: "x", count: 3 << 20) + "\n"))
        found.append(("keys", (0..<60_000).map { "k\($0): v\n" }.joined()))
        let head = "apiVersion: countersign/v1\nkind: Group\nmetadata: {name: g"
        found.append(("resources", (0..<9_000).map { "\(head)\($0)}\nspec: {members: [x\($0)]}\n---\n" }.joined()))
        found.append(
            ("names", "\(head)}\nspec: {members: [\((0..<90_000).map { "p\($0)" }.joined(separator: ", "))]}\n"))
        return found
    }()

    private static let encodings: [[UInt8]] = [
        [0xff, 0xfe, 0x61, 0x00], [0xfe, 0xff, 0x00, 0x61], Array("a: ".utf8) + [0xff],
        Array("a: ".utf8) + [0xc0, 0x80],
        Array("a: ".utf8) + [0xed, 0xa0, 0x80], Array("a: ".utf8) + [0xf4, 0x90, 0x80, 0x80], [0x80],
        [UInt8](repeating: 0, count: 4096),
        Array("a: é".utf8).dropLast(),
    ]

    private static let trustMistakes: [(String, String)] = [
        ("branch: main", "brnach: main"), ("branch: main", "branch: \"../main\""), ("branch: main", "branch: [main]"),
        ("branch: main", "branch: main\n  unknown: 1"), ("6f1c2a0e-5b7d-4c1a-9e2f-3a4b5c6d7e8f", "6F1C2A0E"),
        ("6f1c2a0e-5b7d-4c1a-9e2f-3a4b5c6d7e8f", "\"\""), ("[pass, show]", "pass show"), ("[pass, show]", "[]"),
        ("floor: 10", "floor: -1"), ("floor: 10", "floor: 99999999999999999999"), ("floor: 10", "floor: 1e3"),
        ("maxChangedPercent: 30", "maxChangedPercent: 3000"), ("kind: nginx", "kind: nginz"),
        ("kind: nginx", "kind: [nginx]"),
        ("zone: default", "zone: dfault"), ("transport: {local: {}}", "transport: {lokal: {}}"),
        ("transport: {local: {}}", "transport: {local: {}, ssh: {host: a, user: b, knownHosts: c}}"),
        (
            "transport: {local: {}}",
            "transport: {ssh: {host: \"-oProxyCommand=id\", user: root, knownHosts: devices/known_hosts}}"
        ),
        ("transport: {local: {}}", "transport: {ssh: {host: a, user: \"x y\", knownHosts: devices/known_hosts}}"),
        ("transport: {local: {}}", "transport: {ssh: {host: a, user: b, knownHosts: ../known_hosts}}"),
        ("transport: {local: {}}", "transport: {ssh: {host: a, user: b, knownHosts: devices/missing}}"),
        ("/etc/nginx/nginx.conf", "nginx.conf"), ("/etc/nginx/nginx.conf", "/etc/nginx/../nginx.conf"),
        ("reload: [nginx, -s, reload]", "reload: nginx -s reload"), ("reload: [nginx, -s, reload]", "reload: []"),
        ("reload: [nginx, -s, reload]", "reload: [\"a\\u0000b\"]"), ("slotRoots: [/etc/nginx/tls]", "slotRoots: [tls]"),
        ("slotRoots: [/etc/nginx/tls]", "slotRoots: [/etc/nginx/tls/..]"),
        ("keyRoots: [/etc/countersign/keys]", "keyRoots: [keys]"),
        ("emails: [alice@example.com]", "emails: [alice]"), ("emails: [alice@example.com]", "emails: \"\""),
        ("ssh-ed25519 AAAA", "ssh-ed25519 AAAB"), ("ssh-ed25519 AAAA", "ssh-ed25519-cert-v01@openssh.com AAAA"),
        ("ssh-ed25519 AAAA", "ssh-dss AAAA"), ("metadata: {name: alice}", "metadata: {name: bob}"),
        ("metadata: {name: alice}", "metadata: {}"), ("members: [alice, bob]", "members: [alice, bbo]"),
        ("members: [alice, bob]", "members: []"),
        ("count: 1}\n    - {name: implement", "count: 3}\n    - {name: implement"),
        ("count: 1}\n    - {name: implement", "count: 0}\n    - {name: implement"),
        ("group:pki", "group:pkl"), ("group:pki", "pki"), ("group:pki", "person:mallory"),
        ("name: implement", "name: approve"),
        ("expiresAfter: 72h", "expiresAfter: 72"), ("expiresAfter: 72h", "expiresAfter: -1h"),
        ("expiresAfter: 72h", "expiresAfter: 99999999999999999999h"),
        ("days: [Sat]", "days: [Samstag]"), ("from: \"22:00\"", "from: 22:00"), ("from: \"22:00\"", "from: \"25:00\""),
        ("Europe/Berlin", "Europe/Brelin"), ("Europe/Berlin", "../../etc/passwd"), ("priority: 0", "priority: true"),
        ("priority: 0", "priority: 0x10"), ("kind: Zone", "kind: Repository"),
    ]

    private static let wishMistakes: [(String, String)] = [
        ("chain: certificates/shop.pem", "chian: certificates/shop.pem"), ("chain: certificates/shop.pem", ""),
        ("{file: \"/etc/countersign/keys/{spki}.key\"}", "{file: keys/shop.key}"),
        ("{file: \"/etc/countersign/keys/{spki}.key\"}", "{file: /a, installed: true}"),
        ("{file: \"/etc/countersign/keys/{spki}.key\"}", "{command: rm, argument: \"-rf\"}"),
        ("{file: \"/etc/countersign/keys/{spki}.key\"}", "{command: pass-key, argument: \"../../x\"}"),
        ("{file: \"/etc/countersign/keys/{spki}.key\"}", "{command: pass-key, argument: \"$(id)\"}"),
        ("{file: \"/etc/countersign/keys/{spki}.key\"}", "{encrypted: certificates/missing.p7m}"),
        ("{file: \"/etc/countersign/keys/{spki}.key\"}", "{endpoint: edge-9}"),
        ("device: edge-1\n", "device: egde-1\n"), ("device: edge-1\n", "device: [edge-1]\n"),
        ("mode: \"0640\"", "mode: 0640"),
        ("mode: \"0640\"", "mode: \"0644\""), ("mode: \"0640\"", "mode: \"9999\""),
        ("mode: \"0640\"", "mode: \"04755\""),
        ("owner: root", "owner: \"root; id\""), ("port: 443", "port: 0"), ("port: 443", "port: 70000"),
        ("port: 443", "port: \"443\""),
        ("address: 127.0.0.1", "address: 300.0.0.1"), ("address: 127.0.0.1", "address: \"127.0.0.1:443\""),
        ("address: 127.0.0.1", "address: \"-x\""),
        ("serverName: shop.example.com", "serverName: \"shop example\""),
        ("serverName: shop.example.com", "serverName: \"a\\u001b]0;x\\u0007\""),
        ("serverName: shop.example.com", "serverName: shop.example.com, protocol: tlz"),
        ("certificate: shop-example-com,", "certificate: shop-exmaple-com,"),
        ("connectors: [edge-1-shop]", "connectors: [edge-1-shpo]"),
        ("connectors: [edge-1-shop]", "connectors: [edge-1-shop], selector: {matchLabels: {a: b}}"),
        ("connectors: [edge-1-shop]", "selector: {}"),
        ("labels: {team: payments}", "labels: {team: [a]}"), ("labels: {team: payments}", "lables: {team: a}"),
        ("endpoints: [{address: 127.0.0.1, port: 443, serverName: shop.example.com}]", "endpoints: []"),
        ("privateKey: /etc/nginx/tls/shop.key", "privateKey: /etc/nginx/tls/shop.crt"),
        ("privateKey: /etc/nginx/tls/shop.key", "bundle: /etc/x"),
    ]

    private static let names = [
        "", "-a", "a-", "A", "a b", "a..b", "a.lock", "ä", "a/b", "..", "a\\u0000b", "a\\u001b[31mb", "a\\nb",
        "a\\u202eb",
        String(repeating: "a", count: 64), String(repeating: "a", count: 100_000), "а", "$(id)", "a_b", "a\\u200bb",
    ]
    private static let paths = [
        "../shop.pem", "/etc/passwd", "./certificates/shop.pem", "certificates//shop.pem",
        "certificates/../certificates/shop.pem",
        "certificates/shop.pem/", "certificates", "", ".", "..", "certificates\\\\shop.pem",
        "certificates/shop.pem\\u0000.png",
        "certificates/missing.pem", "Certificates/shop.pem", "certificates/shop.pem\\n", "-", "file:///etc/passwd",
        ".git/config",
        String(repeating: "a/", count: 5_000) + "a",
    ]
    private static let slots = [
        "shop.crt", "/etc/passwd", "/etc/nginx/tls", "/etc/nginx/tls/", "/etc/nginx/tls/../shop.crt",
        "/etc/nginx/tls//shop.crt",
        "/etc/nginx/tlsx/shop.crt", "/etc/nginx/tls/a\\u0000b", "/etc/nginx/tls/a\\nb", "/etc/nginx/tls/a\\u001b[2J",
        "",
    ]

    private static func chains(_ good: IssuedCertificate, _ other: IssuedCertificate) -> [(String, String)] {
        let parts = good.chain.components(separatedBy: "-----END CERTIFICATE-----\n").map {
            $0 + "-----END CERTIFICATE-----\n"
        }
        let (leaf, issuer) = (parts[0], parts[1])
        return [
            ("nothing", ""), ("blanks", "\n\n"), ("words", "hello"), ("a private key too", good.chain + good.key),
            ("a private key", good.key),
            ("the leaf twice", leaf + leaf + issuer), ("the issuer first", issuer + leaf),
            ("no END", leaf.replacing("-----END CERTIFICATE-----", with: "")),
            ("two leaves", good.chain + other.chain), ("BEGIN only", "-----BEGIN CERTIFICATE-----\n"),
            ("no base64", "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n"),
            ("no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
            ("a certificate cut short", leaf.replacing("\n-----END", with: "=\n-----END")),
            ("another label", leaf.replacing("CERTIFICATE", with: "TRUSTED CERTIFICATE")),
            ("an END of something else", leaf.replacing("END CERTIFICATE", with: "END X509 CRL")),
            ("many issuers", leaf + String(repeating: issuer, count: 2_000)),
            (
                "a very long line",
                "-----BEGIN CERTIFICATE-----\n" + String(repeating: "A", count: 900_000)
                    + "\n-----END CERTIFICATE-----\n"
            ),
            ("many BEGINs", String(repeating: "-----BEGIN CERTIFICATE-----\n", count: 30_000)),
        ]
    }

    private static let links: [(String, String, WrittenTree.Entry)] = [
        ("at the root", "link", .link("/etc/passwd")),
        ("out of the tree", "certificates/link.pem", .link("../../../etc/passwd")),
        ("to a folder", "folder", .link("certificates")), ("to itself", "loop.yaml", .link("loop.yaml")),
        ("in place of a chain", "certificates/shop.pem", .link("/etc/passwd")),
        ("in place of YAML", "wish.yaml", .link("trust.yaml")),
        ("with a cursor in its name", "a\u{1b}[2J.yaml", .link("x")), ("that is a submodule", "vendor", .submodule),
        ("that is a submodule named like YAML", "evil.yaml", .submodule),
        ("deep down", String(repeating: "d/", count: 60) + "l", .link("x")),
        ("deeper than 64", String(repeating: "d/", count: 80) + "x.yaml", .file(Array("a: 1\n".utf8))),
        ("with a newline in its name", "a\nb.yaml", .file(Array("a: 1\n".utf8))),
        ("with controls in its name", "x\u{1b}]0;owned\u{7}.yaml", .file(Array("a: [\n".utf8))),
        ("with a name that reads backwards", "x\u{202e}lmay.yaml", .file(Array("a: [\n".utf8))),
    ]
}

extension String {
    fileprivate mutating func change(_ old: String, with new: String) {
        guard let range = firstRange(of: old) else {
            Issue.record("the good tree holds no \(old)")
            return
        }
        replaceSubrange(range, with: new)
    }
}
