// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Declarations
import Testing

@Suite("What changes between two trust sets") struct TrustSetChangeTests {
    private func words(_ old: Tree, _ new: Tree) -> [String] {
        old.checked().partialTrustSet.changes(to: new.checked().partialTrustSet).flatMap { change in
            change.words.map { "\(change.kind.rawValue) \(change.key.kind.rawValue) \(change.key.name): \($0)" }
        }
    }

    @Test("is nothing for the desired state, for comments and for order in the YAML")
    func nothing() async throws {
        let good = try await Tree.good()
        #expect(words(good, good) == [])
        #expect(words(good, try good.replacing("port: 443", by: "port: 444", in: "connectors/shop.yaml")) == [])
        let moved = try good.replacing(
            "{config: /etc/nginx/nginx.conf, reload: [systemctl, reload, nginx]}",
            by: "{reload: [systemctl, reload, nginx], config: /etc/nginx/nginx.conf} # as before",
            in: "devices/edge-1.yaml")
        #expect(words(good, moved) == [])
    }

    @Test(
        "is said in words: who gains, who loses, which machine, which command",
        arguments: [
            (
                "people/groups.yaml", "[alice, bob]", "[bob, dave]",
                ["changed Group pki: the group gains dave", "changed Group pki: the group loses alice"]
            ),
            (
                "people/groups.yaml", "[alice, bob]", "[bob, alice]",
                ["changed Group pki: members: [\"alice\",\"bob\"] → [\"bob\",\"alice\"]"]
            ),
            (
                "devices/edge-1.yaml", "host: 10.0.0.5, user: deploy", "host: 10.0.0.66, user: root",
                ["changed Device edge-1: it is reached at root@10.0.0.66 by ssh, instead of deploy@10.0.0.5 by ssh"]
            ),
            (
                "devices/edge-1.yaml", "[systemctl, reload, nginx]", "[sh, -c, evil]",
                [
                    "changed Device edge-1: reload runs: sh -c evil, instead of: systemctl reload nginx",
                    "changed Device edge-1: nginx.reload gains sh, -c and evil",
                    "changed Device edge-1: nginx.reload loses systemctl, reload and nginx",
                ]
            ),
            ("devices/edge-1.yaml", "{tier: edge}", "{tier: core}", ["changed Device edge-1: label tier: edge → core"]),
            (
                "devices/edge-1.yaml", "sync: Managed\n", "sync: Ignored\n",
                ["changed Device edge-1: sync: Managed → Ignored"]
            ),
            (
                "devices/edge-1.yaml", "  sync: Managed\n", "",
                ["changed Device edge-1: sync: nothing is said any more, Managed was"]
            ),
            (
                "countersign.yaml", "{pass-key: [pass, show]}", "{pass-key: [sh, -c], more: [cat]}",
                [
                    "changed Repository edge-certs: new command more runs: cat",
                    "changed Repository edge-certs: command pass-key runs: sh -c, instead of: pass show",
                ]
            ),
            (
                "policies/default.yaml", "approvers: [group:netops], count: 1",
                "approvers: [group:netops, person:alice], count: 2",
                [
                    "changed ApprovalPolicy default: level implement needs 2 of group:netops and person:alice, instead of 1 of group:netops"
                ]
            ),
            ("people/robot.yaml", ", robot: true", "", ["changed Person robot: it is now a person"]),
            (
                "devices/known_hosts", "10.0.0.5", "10.0.0.6",
                ["changed Device edge-1: the content of devices/known_hosts is another"]
            ),
        ] as [(String, String, String, [String])])
    func words(file: String, old: String, new: String, words expected: [String]) async throws {
        let good = try await Tree.good()
        #expect(words(good, try good.replacing(old, by: new, in: file)) == expected)
    }

    @Test("names keys by fingerprint, added, removed and with other times")
    func keys() async throws {
        let good = try await Tree.good()
        let made = try await Fixtures.made()
        let gone = words(good, good.without("people/alice.yaml"))
        #expect(gone.count == 2)
        #expect(gone.first == "removed Person alice: no more: a person")
        #expect(gone.last?.hasPrefix("removed Person alice: no more: signs with key ssh-ed25519 SHA256:") == true)
        let swapped = words(
            good, try good.replacing(made.ssh["alice"] ?? "", by: made.ssh["p256"] ?? "", in: "people/alice.yaml"))
        #expect(swapped.count == 2)
        #expect(
            swapped.first?.hasPrefix("changed Person alice: the list of keys gains key ecdsa-sha2-nistp256 SHA256:")
                == true)
        #expect(swapped.last?.hasPrefix("changed Person alice: the list of keys loses key ssh-ed25519 SHA256:") == true)
        let times = words(good, try good.replacing("2026-01-01", by: "2025-01-01", in: "people/alice.yaml"))
        #expect(times.count == 2)
        #expect(times.first?.hasSuffix("from 2025-01-01T00:00:00Z") == true)
        // Another comment is another set digest, and nothing else.
        let comment = words(good, try good.replacing(" alice\"", by: " Alice at work\"", in: "people/alice.yaml"))
        #expect(comment == ["changed Person alice: written otherwise (order, comments of keys), with the same meaning"])
    }

    @Test("is exactly what makes the digests differ: each change of the trust set has words")
    func complete() async throws {
        let good = try await Tree.good()
        let before = good.checked().partialTrustSet
        for (file, old, new) in [
            ("countersign.yaml", "branch: main", "branch: prod"), ("countersign.yaml", "floor: 10", "floor: 11"),
            ("countersign.yaml", "[/etc/countersign/keys]", "[/etc/countersign/keys, /root]"),
            ("people/alice.yaml", "alice@example.com", "a@example.com"),
            ("policies/default.yaml", "retries", "retries"),
            ("policies/default.yaml", "expiresAfter: 72h", "expiresAfter: 73h"),
            ("policies/default.yaml", "days: [Sat]", "days: [Sun]"),
            ("policies/default.yaml", "maxPerDay: 50", "maxPerDay: 51"),
            ("policies/default.yaml", "count: 2}\n  emergency", "count: 1}\n  emergency"),
            ("devices/edge-1.yaml", "quiet: 250ms", "quiet: 1ms"), ("zones/default.pem", "BEGIN", "BEGIN"),
            ("devices/edge-1.yaml", "knownHosts: devices/known_hosts", "knownHosts: zones/default.pem"),
        ] {
            guard good.files[file]?.contains(old) == true else { continue }
            let after = try good.replacing(old, by: new, in: file).checked().partialTrustSet
            let changes = before.changes(to: after)
            #expect((before.digest == after.digest) == changes.isEmpty, "\(file): \(new)")
            #expect(changes.allSatisfy { !$0.words.isEmpty })
        }
    }
}
