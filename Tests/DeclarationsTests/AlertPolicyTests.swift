// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Declarations
import TestKit
import Testing
import Vocabulary

@Suite("An AlertPolicy and the channels it names") struct AlertPolicyTests {
    private static func tree(_ channels: String, _ policy: String) -> Tree {
        Tree(files: [
            "countersign.yaml": """
            apiVersion: countersign/v1
            kind: Repository
            metadata: {name: shop}
            spec:
              id: 6f1c2a0e-1111-4222-8333-444455556666
              branch: main
              channels:
            \(channels.split(separator: "\n").map { "    \($0)\n" }.joined())
            """,
            "alerts.yaml": """
            apiVersion: countersign/v1
            kind: AlertPolicy
            metadata: {name: ops}
            spec:
            \(policy.split(separator: "\n").map { "  \($0)\n" }.joined())
            """,
        ])
    }
    private static let plain = "ops: {webhook: {url: \"https://hooks.example.com/x?y=1\"}}"
    private static let policy = "alerts: [{expiresWithin: 30d}]\nnotify: [ops]"

    /// Errors and warnings that are about this.
    private static func lines(_ tree: Tree) -> [String] {
        tree.lines.filter { $0.hasPrefix("alerts.yaml") || $0.contains("channel") || $0.contains("countersign.yaml:8") }
    }

    @Test("decodes whole")
    func whole() throws {
        let tree = Self.tree(
            """
            ops: {webhook: {url: "https://hooks.example.com:8443/x?y=1", secretFile: /etc/countersign/alerts/ops.key}}
            chat: {webhook: {urlFile: /etc/countersign/alerts/chat.url, body: chat, textField: content}, timeout: 5s}
            pki: {mail: {to: [pki@example.com], from: countersign@example.com}}
            signers: {mail: {approvers: true, from: countersign@example.com, sendmail: [/usr/bin/msmtp]}}
            pager: {command: [/usr/local/bin/page, --team, pki]}
            """,
            """
            match: {labels: {team: payments}, devices: {kinds: [nginx], labels: {tier: edge}}}
            alerts:
              - {expiresWithin: 30d}
              - {lifetimeLeft: 33, severity: info}
              - {colours: [red, gray], severity: critical}
              - {pushFailed: true}
              - {validationFailed: true}
              - {drift: true}
              - {waits: true, severity: info}
              - {waitsLongerThan: 24h}
              - {waitsWithLifetimeLeft: 25, severity: critical}
              - {signatureLost: true}
              - {unreachableFor: 1h}
              - {unreviewedFor: 24h}
            notify: [ops, chat, pki, signers, pager]
            repeatAfter: 7d
            resolved: false
            """)
        #expect(Self.lines(tree) == [])
        let set = tree.checked().set
        let policy = try #require(set.alertPolicies.values.first?.spec)
        #expect(policy.alerts.count == 12 && policy.repeatAfter == .days(7) && !policy.resolved)
        #expect(policy.alerts.last == AlertPolicySpec.Rule(.unreviewedFor(.hours(24))))
        #expect(policy.alerts[2] == AlertPolicySpec.Rule(.colours([.red, .gray]), severity: .critical))
        #expect(policy.match.labels == ["team": "payments"] && policy.match.devices.deviceKinds == ["nginx"])
        let channels = try #require(set.repository?.spec.channels)
        let chat = try #require(ChannelName("chat").flatMap { channels[$0] })
        #expect(
            chat
                == ChannelSpec(
                    .webhook(
                        ChannelSpec.Webhook(
                            address: .file("/etc/countersign/alerts/chat.url"), body: .chat(field: "content"))),
                    timeout: 5))
        #expect(ChannelName("signers").flatMap { channels[$0] }?.isForApprovers == true)
        #expect(
            ChannelName("pager").flatMap { channels[$0] }?.target == .command(["/usr/local/bin/page", "--team", "pki"]))
    }

    @Test(
        "is told what does not hold",
        arguments: [
            (plain, "alerts: [{expiresWithin: 30d}]\nnotify: [osp]", "no channel \"osp\"; did you mean \"ops\"?"),
            (plain, "alerts: [{expiresWithin: 30d}]\nnotify: [ops, ops]", "named twice"),
            (plain, "alerts: [{expiresWithin: 30d, drift: true}]\nnotify: [ops]", "only one of"),
            (plain, "alerts: [{severity: info}]\nnotify: [ops]", "needs one of"),
            (plain, "alerts: []\nnotify: [ops]", "at least one entry"),
            (plain, "alerts: [{lifetimeLeft: 100}]\nnotify: [ops]", "from 1 to 99"),
            (plain, "alerts: [{colours: [pink]}]\nnotify: [ops]", "pink"),
            (plain, "alerts: [{keysEndWithin: 30d}]\nnotify: [ops]\nmatch: {labels: {a: b}}", "nobody hears of this"),
            (
                "ops: {mail: {approvers: true, from: a@example.com}}", policy,
                "no alert of this policy is of waiting"
            ),
            ("ops: {webhook: {url: \"http://hooks.example.com/x\"}}", policy, "is no https URL"),
            ("ops: {webhook: {url: \"https://user@hooks.example.com/x\"}}", policy, "is no https URL"),
            ("ops: {webhook: {url: \"https://hooks.example.com/x#y\"}}", policy, "is no https URL"),
            ("ops: {webhook: {url: \"https://10.0.0.256/\"}}", policy, "is no https URL"),
            ("ops: {webhook: {url: \"https://a/\", urlFile: /x}}", policy, "only one of"),
            ("ops: {command: [page]}", policy, "no absolute path of a program"),
            ("ops: {mail: {to: [a@example.com], from: \"a b@example.com\"}}", policy, "is no e-mail address"),
            (
                "ops: {mail: {to: [\"-oQ/tmp@example.com\"], from: a@example.com, sendmail: [sendmail]}}", policy,
                "no absolute path"
            ),
            ("ops: {command: [/bin/true], timeout: 1h}", policy, "10 minutes at most"),
        ])
    func refused(channels: String, policy: String, words: String) {
        let lines = Self.tree(channels, policy).lines
        #expect(lines.contains { $0.contains(words) }, "\(lines)")
    }

    @Test(
        "knows an address of the web by one strict reading",
        arguments: [
            ("https://hooks.example.com", "hooks.example.com", 443, "/", true),
            ("https://hooks.example.com?x=1", "hooks.example.com", 443, "/?x=1", true),
            ("https://Hooks.Example.com:8443/a/b", "hooks.example.com", 8443, "/a/b", true),
            ("https://[2001:db8::5]:99/", "2001:db8::5", 99, "/", true),
            ("http://127.0.0.1:8080/x", "127.0.0.1", 8080, "/x", false),
            ("http://[::1]/x", "::1", 80, "/x", false), ("http://localhost/x", "localhost", 80, "/x", false),
        ])
    func addresses(text: String, host: String, port: Int, target: String, isSecure: Bool) throws {
        let address = try #require(WebAddress(text))
        #expect(address.host == host && Int(address.port) == port && address.target == target)
        #expect(address.isSecure == isSecure)
    }

    @Test(
        "takes nothing for one that two readers could read otherwise",
        arguments: [
            "", "https://", "ftp://example.com/", "https:///x", "https://a b/", "https://a\r\nHost: b/",
            "https://a\\b/",
            "https://user:pass@example.com/", "https://example.com:0/", "https://example.com:65536/",
            "https://example.com:/", "https://[::1/", "https://::1/", "https://127.1/", "https://0x7f.0.0.1:1:2/",
            "https://exämple.com/", "http://127.0.0.1.example.com/", "http://10.0.0.5/", "https://example.com/#x",
        ])
    func notAddresses(text: String) { #expect(WebAddress(text) == nil) }

    @Test("is of the trust set: channel and policy, and the roots that a channel trusts")
    func trusted() async throws {
        let fixtures = try await Fixtures.made()
        var tree = Self.tree(
            "ops: {webhook: {url: \"https://hooks.example.com/x\", trustRoots: [roots.pem]}}", Self.policy)
        tree.files["roots.pem"] = fixtures.root
        let first = TrustSet(of: tree.checked().set)
        #expect(first.files["roots.pem"] != nil)
        for (path, old, new, words) in [
            (
                "countersign.yaml", "hooks.example.com", "evil.example.org",
                "channel ops posts to https://evil.example.org/x"
            ),
            ("alerts.yaml", "30d", "3d", "expiresWithin"),
            ("roots.pem", fixtures.root, fixtures.intermediate, "roots.pem"),
        ] {
            let second = TrustSet(of: try tree.replacing(old, by: new, in: path).checked().set)
            #expect(second.digest != first.digest)
            let told = first.changes(to: second).flatMap(\.words)
            #expect(told.contains { $0.contains(words) }, "\(told)")
        }
    }
}
