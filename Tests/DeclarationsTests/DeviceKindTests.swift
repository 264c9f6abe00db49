// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Testing
import Vocabulary

@testable import Declarations

@Suite("A device") struct DeviceKindTests {
    private static let nginx = "nginx: {config: /etc/nginx/nginx.conf, reload: [systemctl, reload, nginx]}"

    private func tree(_ kind: String, _ section: String) async throws -> Tree {
        try await Tree.good().replacing("kind: nginx\n", by: "kind: \(kind)\n", in: "devices/edge-1.yaml")
            .replacing(Self.nginx, by: section, in: "devices/edge-1.yaml")
            .replacing("kinds: [nginx]", by: "kinds: [\(kind)]", in: "policies/default.yaml")
    }

    static let reload = ["systemctl", "reload", "it"]

    @Test(
        "of each kind decodes to what stands there",
        arguments: [
            (
                "files: {check: [check-it, /etc/it], reload: [systemctl, reload, it], configs: [/etc/it.conf]}",
                .files(.init(check: ["check-it", "/etc/it"], reload: reload, configs: ["/etc/it.conf"]))
            ), ("keepPrevious: 7d", .files(.init())),
            (
                "haproxy: {config: /etc/haproxy, reload: [systemctl, reload, it], socket: /run/haproxy.sock, binary: /opt/haproxy}",
                .haproxy(
                    .init(config: "/etc/haproxy", reload: reload, socket: "/run/haproxy.sock", binary: "/opt/haproxy"))
            ),
            (
                "apache: {config: /etc/apache2/apache2.conf, reload: [systemctl, reload, it], binary: apache2ctl}",
                .apache(.init(config: "/etc/apache2/apache2.conf", reload: reload, binary: "apache2ctl"))
            ),
            (
                "postgresql: {config: /etc/postgresql/15/main/postgresql.conf, reload: [systemctl, reload, it], binaries: /usr/lib/postgresql/15/bin, user: db}",
                .postgresql(
                    .init(
                        config: "/etc/postgresql/15/main/postgresql.conf", reload: reload,
                        binaries: "/usr/lib/postgresql/15/bin", user: "db"))
            ),
            (
                "postfix: {config: /etc/postfix, reload: [systemctl, reload, it]}",
                .postfix(.init(config: "/etc/postfix", reload: reload))
            ),
            (
                "dovecot: {config: /etc/dovecot/dovecot.conf, reload: [systemctl, reload, it]}",
                .dovecot(.init(config: "/etc/dovecot/dovecot.conf", reload: reload))
            ),
        ] as [(String, DeviceSpec.Server)])
    func decodes(section: String, server: DeviceSpec.Server) async throws {
        let section = section.hasPrefix("keep") ? "trustRoots: []" : section
        var tree = try await tree(server.kind, section)
        if case .haproxy = server {
            tree = try tree.replacing(
                "{certificate: /etc/nginx/tls/shop.crt, privateKey: /etc/nginx/tls/shop.key, ",
                by: "{bundle: /etc/nginx/tls/shop.pem, ",
                in: "connectors/shop.yaml")
        }
        let checked = tree.checked()
        #expect(checked.diagnostics.map(\.description) == [])
        let device = try #require(checked.set.devices.values.first)
        #expect(device.spec.server == server)
        let shown = device.spec.summary
        for argv in [server.check, server.reload].compactMap(\.self) {
            #expect(shown.contains { $0.hasSuffix("runs: \(argv.joined(separator: " "))") }, "\(shown)")
        }
    }

    @Test(
        "of a kind without what it needs says what that is",
        arguments: [
            ("haproxy", "{config: …, reload: […]}"), ("apache", "{config: …, reload: […]}"),
            ("postgresql", "{config: …, reload: […], binaries: …}"), ("postfix", "{config: …, reload: […]}"),
            ("dovecot", "{config: …, reload: […]}"),
        ])
    func needed(kind: String, example: String) async throws {
        #expect(
            try await tree(kind, "trustRoots: []").lines == [
                "devices/edge-1.yaml:5:3: error: spec.\(kind): a device of kind \(kind) needs it: \(example) [value]"
            ])
    }

    @Test(
        "of kind haproxy has its keys where haproxy looks for them",
        arguments: [
            ("shop.pem.key", "shop.pem", true), ("shop.key", "shop.crt", true), ("shop.key", "shop.pem", false),
        ])
    func names(key: String, certificate: String, isGood: Bool) async throws {
        let tree = try await tree(
            "haproxy", "haproxy: {config: /etc/haproxy/haproxy.cfg, reload: [systemctl, reload, haproxy]}"
        )
        .replacing("tls/shop.key", by: "tls/\(key)", in: "connectors/shop.yaml")
        .replacing("tls/shop.crt", by: "tls/\(certificate)", in: "connectors/shop.yaml")
        let line =
            "connectors/shop.yaml:6:60: error: haproxy looks for this key in \"/etc/nginx/tls/shop.pem.key\" and nowhere else [slot]"
        #expect(tree.lines == (isGood ? [] : [line]))
    }

    private func cloud(slot: String, transport: String = "{local: {}}") async throws -> Tree {
        try await tree(
            "aws-acm", "aws-acm: {region: eu-central-1, profile: shop, endpointURL: \"https://acm.example.com\"}"
        )
        .replacing(
            "{ssh: {host: 10.0.0.5, user: deploy, knownHosts: devices/known_hosts}}", by: transport,
            in: "devices/edge-1.yaml"
        )
        .replacing(
            "{certificate: /etc/nginx/tls/shop.crt, privateKey: /etc/nginx/tls/shop.key, owner: root, mode: \"0640\"}",
            by: slot,
            in: "connectors/shop.yaml")
    }

    @Test("of kind aws-acm has slots by tag and by ARN") func cloud() async throws {
        let arn = "arn:aws:acm:eu-central-1:123456789012:certificate/7b896b32-906a-47d4-a644-e21aa7ff3be5"
        for (slot, path) in [("{tag: shop}", "tag:shop"), ("{arn: \"\(arn)\"}", arn)] {
            let checked = try await cloud(slot: slot).checked()
            #expect(checked.diagnostics.map(\.description) == [])
            #expect(checked.set.connectors.values.first?.spec.slot.path == path)
            let device = try #require(checked.set.devices.values.first?.spec)
            #expect(
                device.server
                    == .awsACM(.init(region: "eu-central-1", profile: "shop", endpointURL: "https://acm.example.com")))
            #expect(device.server.isCloud)
            #expect(
                device.summary == [
                    "aws-acm at AWS region eu-central-1, profile shop, endpoint https://acm.example.com, by the gateway of zone default, zone default, Managed"
                ])
        }
    }

    @Test("of kind aws-acm says what does not go there") func cloudMistakes() async throws {
        #expect(
            try await cloud(slot: "{bundle: /etc/nginx/tls/shop.pem}").lines == [
                "connectors/shop.yaml:6:9: error: Device \"edge-1\" is of kind aws-acm, which has no files: write {tag: NAME}, or {arn: …} of a certificate that is there [slot]"
            ])
        #expect(
            try await cloud(slot: "{arn: \"arn:aws:acm:us-east-1:123456789012:certificate/7b89\"}").lines == [
                "connectors/shop.yaml:6:15: error: this certificate is in region \"us-east-1\", and Device \"edge-1\" in \"eu-central-1\" [slot]"
            ])
        #expect(
            try await cloud(slot: "{arn: \"arn:aws:iam::123456789012:certificate/7b89\"}").lines == [
                "connectors/shop.yaml:6:15: error: arn \"arn:aws:iam::123456789012:certificate/7b89\" is no ARN of a certificate (arn:aws:acm:eu-central-1:123456789012:certificate/…) [value]"
            ])
        #expect(
            try await cloud(slot: "{tag: shop}", transport: "{ssh: {host: 10.0.0.5, knownHosts: devices/known_hosts}}")
                .lines == [
                    "devices/edge-1.yaml:5:3: error: spec.transport: aws-acm is reached by the gateway's own aws: write {local: {}} [value]"
                ])
        let key = try await cloud(slot: "{tag: shop}").replacing(
            "file: \"/etc/countersign/keys/{spki}.key\"", by: "endpoint: edge-1", in: "certificates/shop.yaml")
        #expect(
            key.lines == [
                "certificates/shop.yaml:6:26: error: Device \"edge-1\" is a cloud connector (aws-acm), which makes no keys: make the key elsewhere, and say where it is [key]"
            ])
        let files = try await Tree.good().replacing(
            "{certificate: /etc/nginx/tls/shop.crt, privateKey: /etc/nginx/tls/shop.key, owner: root, mode: \"0640\"}",
            by: "{tag: shop}", in: "connectors/shop.yaml")
        #expect(
            files.lines == [
                "connectors/shop.yaml:6:9: error: Device \"edge-1\" is of kind nginx, whose slots are files: write {certificate: …, privateKey: …} or {bundle: …} [slot]"
            ])
    }

    private func plugin(_ section: String, slot: String, command: String = "edge-driver") async throws -> Tree {
        try await tree("exec", section)
            .replacing(
                "{pass-key: [pass, show]}", by: "{pass-key: [pass, show], edge-driver: [/usr/local/lib/edge.py]}",
                in: "countersign.yaml"
            )
            .replacing(
                "{certificate: /etc/nginx/tls/shop.crt, privateKey: /etc/nginx/tls/shop.key, owner: root, mode: \"0640\"}",
                by: slot, in: "connectors/shop.yaml")
    }

    @Test("of kind exec names a command of Repository, and has slots that its plugin knows") func exec() async throws {
        let checked = try await plugin(
            "exec: {command: edge-driver, settings: {address: 10.0.0.9}}", slot: "{entry: /Common/shop}"
        ).checked()
        #expect(checked.diagnostics.map(\.description) == [])
        let device = try #require(checked.set.devices.values.first?.spec)
        #expect(device.server == .exec(.init(command: "edge-driver", settings: ["address": "10.0.0.9"])))
        #expect(device.summary.contains("plugin runs: command edge-driver address=10.0.0.9"))
        #expect(checked.set.connectors.values.first?.spec.slot.path == "entry:/Common/shop")
        #expect(
            try await plugin("exec: {command: edge-drive}", slot: "{entry: shop}").lines == [
                "devices/edge-1.yaml:9:19: error: the Repository declares no command \"edge-drive\"; did you mean \"edge-driver\"? [reference]"
            ])
        #expect(
            try await plugin("exec: {command: edge-driver}", slot: "{tag: shop}").lines == [
                "connectors/shop.yaml:6:9: error: Device \"edge-1\" is of kind exec: write {entry: NAME}, {certificate: …, privateKey: …} or {bundle: …} [slot]"
            ])
        let key = try await plugin("exec: {command: edge-driver}", slot: "{entry: shop}").replacing(
            "file: \"/etc/countersign/keys/{spki}.key\"", by: "endpoint: edge-1", in: "certificates/shop.yaml")
        #expect(
            key.lines == [
                "certificates/shop.yaml:6:26: error: Device \"edge-1\" is of kind exec, whose plugin makes no keys: make the key elsewhere, and say where it is [key]"
            ])
    }

    @Test("may not have its configuration, or that of another of its machine, as a slot") func configurations()
        async throws
    {
        let tree = try await tree("postfix", "postfix: {config: /etc/nginx/tls/shop.crt, reload: [postfix, reload]}")
        #expect(
            tree.lines == [
                "connectors/shop.yaml:6:23: error: \"/etc/nginx/tls/shop.crt\" is the device's configuration [slot]"
            ])
    }
}
