// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Declarations
import TestKit
import Testing
import Vocabulary

@Suite("Between resources") struct CrossCheckTests {
    @Test(
        "what does not hold is told at its place",
        arguments: [
            Mistake(
                "bindings/shop.yaml", "certificate: shop-example-com", "certificate: shop-exmaple-com",
                "bindings/shop.yaml:5:16: error: no Certificate is named \"shop-exmaple-com\"; did you mean \"shop-example-com\"? [reference]"
            ),
            Mistake(
                "bindings/shop.yaml", "[edge-1-shop]", "[edge-1-shop, nowhere-at-all]",
                "bindings/shop.yaml:6:29: error: no AppConnector is named \"nowhere-at-all\" [reference]"),
            Mistake(
                "bindings/shop.yaml", "[edge-1-shop]", "[edge-1-shop, edge-1-shop]",
                "bindings/shop.yaml:6:15: error: an AppConnector stands here twice [binding]"),
            Mistake(
                "bindings/shop.yaml", "connectors: [edge-1-shop]", "selector: {matchLabels: {}}",
                "bindings/shop.yaml:6:27: error: a selector needs at least one label [selector]"),
            Mistake(
                "bindings/shop.yaml", "connectors: [edge-1-shop]", "selector: {matchLabels: {app: shpo}}",
                "bindings/shop.yaml:6:27: warning: no AppConnector has these labels [selector]"),
            Mistake(
                "connectors/shop.yaml", "device: edge-1", "device: edge-2",
                "connectors/shop.yaml:5:11: error: no Device is named \"edge-2\"; did you mean \"edge-1\"? [reference]"),
            Mistake(
                "connectors/shop.yaml", "/etc/nginx/tls/shop.crt", "/etc/ssl/shop.crt",
                "connectors/shop.yaml:6:23: error: \"/etc/ssl/shop.crt\" does not lie below /etc/nginx/tls, the slotRoots of Device \"edge-1\" [slot]"
            ),
            Mistake(
                "connectors/shop.yaml", "/etc/nginx/tls/shop.crt", "/etc/nginx/tlsx/shop.crt",
                "connectors/shop.yaml:6:23: error: \"/etc/nginx/tlsx/shop.crt\" does not lie below /etc/nginx/tls, the slotRoots of Device \"edge-1\" [slot]"
            ),
            Mistake(
                "connectors/shop.yaml", "/etc/nginx/tls/shop.crt", "/etc/nginx/tls",
                "connectors/shop.yaml:6:23: error: \"/etc/nginx/tls\" does not lie below /etc/nginx/tls, the slotRoots of Device \"edge-1\" [slot]"
            ),
            Mistake(
                "connectors/shop.yaml", "/etc/nginx/tls/shop.crt", "/etc/nginx/tls/.countersign/live/shop.crt",
                "connectors/shop.yaml:6:23: error: a slot cannot lie in a folder named .countersign: that is ours [slot]"
            ),
            Mistake(
                "connectors/shop.yaml", "/etc/nginx/tls/shop.crt", "/etc/nginx/tls/shop.key",
                "connectors/shop.yaml:6:60: error: certificate and privateKey are one path: write {bundle: …} for both in one file [slot]"
            ),
            Mistake(
                "devices/edge-1.yaml", "config: /etc/nginx/nginx.conf", "config: /etc/nginx/tls/shop.key",
                "connectors/shop.yaml:6:60: error: \"/etc/nginx/tls/shop.key\" is the device's configuration [slot]"),
            Mistake(
                "connectors/shop.yaml", "serverName: shop.example.com}", "serverName: shop.example.com, role: watch}",
                "connectors/shop.yaml:8:5: error: at least one endpoint must have the role gate (the default): else nothing would prove a push [endpoint]"
            ),
            Mistake(
                "connectors/shop.yaml", "address: \"fd00::5\", port: 8443",
                "address: 10.0.0.5, port: 443, serverName: shop.example.com",
                "connectors/shop.yaml:9:7: error: this endpoint stands here twice [endpoint]"),
            Mistake(
                "certificates/shop.yaml", "file: \"/etc/countersign/keys/{spki}.key\"",
                "command: pas-key, argument: shop",
                "certificates/shop.yaml:6:25: error: the Repository declares no command \"pas-key\"; did you mean \"pass-key\"? [reference]"
            ),
            Mistake(
                "certificates/shop.yaml", "file: \"/etc/countersign/keys/{spki}.key\"", "endpoint: edge-9",
                "certificates/shop.yaml:6:26: error: no Device is named \"edge-9\"; did you mean \"edge-1\"? [reference]"
            ),
            Mistake(
                "certificates/shop.yaml", "file: \"/etc/countersign/keys/{spki}.key\"",
                "encrypted: certificates/shop.p7m",
                "certificates/shop.yaml:6:27: error: there is no file \"certificates/shop.p7m\" in the repository; did you mean \"certificates/shop.pem\"? [file]"
            ),
            Mistake(
                "certificates/shop.yaml", "file: \"/etc/countersign/keys/{spki}.key\"",
                "encrypted: certificates/plain.key",
                "certificates/shop.yaml:6:27: error: \"certificates/plain.key\" holds a private key in the clear: take it out of the repository, and replace that key [file]"
            ),
            Mistake(
                "certificates/shop.yaml", "chain: certificates/shop.pem", "chain: certificates/none.pem",
                "certificates/shop.yaml:5:10: error: there is no file \"certificates/none.pem\" in the repository; did you mean \"certificates/shop.pem\"? [file]"
            ),
            Mistake(
                "devices/edge-1.yaml", "zone: default", "zone: defualt",
                "devices/edge-1.yaml:6:9: error: no Zone is named \"defualt\"; did you mean \"default\"? [reference]"),
            Mistake(
                "devices/edge-1.yaml", "devices/known_hosts", "devices/empty",
                "devices/edge-1.yaml:8:63: error: \"devices/empty\" is empty [file]"),
            Mistake(
                "policies/default.yaml", "{root: zones/default.pem}", "{root: devices/known_hosts}",
                "policies/default.yaml:23:20: error: \"devices/known_hosts\" holds no certificate (PEM) [file]"),
            Mistake(
                "devices/edge-1.yaml", "keepPrevious: 7d",
                "trustRoots: [zones/default.pem, certificates/torn-file.pem]",
                "devices/edge-1.yaml:14:35: error: \"certificates/torn-file.pem\", line 1: the block has no END line [file]"
            ),
            Mistake(
                "people/groups.yaml", "members: [alice, bob]", "members: [alice, bob, bbo]",
                "people/groups.yaml:4:30: error: no Person is named \"bbo\"; did you mean \"bob\"? [reference]"),
            Mistake(
                "people/groups.yaml", "members: [alice, bob]", "members: [alice, bob, netops]",
                "people/groups.yaml:4:30: error: \"netops\" is a Group: groups do not nest [group]"),
            Mistake(
                "people/alice.yaml", "notBefore: 2026-01-01T00:00:00Z",
                "notBefore: 2026-01-01T00:00:00Z, notAfter: 2026-01-01T01:00:00+01:00",
                "people/alice.yaml:4:PLACE: error: notAfter is not after notBefore: this key would never count [key]"),
            Mistake(
                "people/robot.yaml", "robot: true", "robot: true, forge: true",
                "people/robot.yaml:4:PLACE: error: a Person is a robot or a forge, not both [choice]"),
            Mistake(
                "policies/default.yaml", "approvers: [group:pki], count: 1",
                "approvers: [group:pkl, person:dave], count: 1",
                "policies/default.yaml:8:35: error: no Group is named \"pkl\"; did you mean \"pki\"? [reference]"),
            Mistake(
                "policies/default.yaml", "approvers: [group:netops], count: 1", "approvers: [group:netops], count: 3",
                "policies/default.yaml:9:59: error: 3 must sign, but group:netops names 2 people (robots left out) [count]"
            ),
            Mistake(
                "policies/default.yaml", "approvers: [group:netops], count: 1",
                "approvers: [person:robot, person:forge]",
                "policies/default.yaml:9:7: error: 1 must sign, but person:robot and person:forge name nobody (robots left out) [count]"
            ),
            Mistake(
                "policies/default.yaml", "group:netops], count: 2}\n", "group:netops], count: 5}\n",
                "policies/default.yaml:14:63: error: 5 must sign, but group:pki and group:netops name 4 people (robots left out) [count]"
            ),
            Mistake(
                "policies/default.yaml", "emergency: {approvers: [group:netops], count: 2",
                "emergency: {approvers: [group:netops], count: 3",
                "policies/default.yaml:15:49: error: 3 must sign, but group:netops names 2 people (robots left out) [count]"
            ),
            Mistake(
                "policies/default.yaml", "{name: implement,", "{name: approve,",
                "policies/default.yaml:9:14: error: two levels of this policy are named \"approve\" [level]"),
            Mistake(
                "policies/default.yaml", "approvers: [group:netops], count: 1", "approvers: [group:pki], count: 2",
                "policies/default.yaml:8:5: warning: the levels need 3 different people and name too few: nobody is left for some level [separation]"
            ),
            Mistake(
                "policies/default.yaml", "approvers: [group:netops], count: 1", "approvers: [person:alice]",
                "policies/default.yaml:8:5: warning: what alice asks for, nobody can approve: without alice too few people are left [separation]"
            ),
            Mistake(
                "policies/default.yaml", "  policyChange: {approvers: [group:pki, group:netops], count: 2}\n", "",
                ""),
            Mistake(
                "policies/default.yaml", "metadata: {name: default}", "metadata: {name: main}",
                "countersign.yaml:1:1: warning: no ApprovalPolicy is named default: nothing says who may change the trust set, so nobody can [default-policy]\npolicies/default.yaml:14:17: error: policyChange stands only in the ApprovalPolicy named default [policy-change]"
            ),
            Mistake(
                "policies/default.yaml", "levels: [approve]", "levels: [aprove]",
                "policies/default.yaml:20:12: error: no ApprovalPolicy has a level \"aprove\"; did you mean \"approve\"? [reference]"
            ),
            Mistake(
                "policies/default.yaml", "zones: [default]", "zones: [dmz]",
                "policies/default.yaml:21:45: error: no Zone is named \"dmz\" [reference]"),
            Mistake(
                "policies/default.yaml", "requesters: [person:robot]", "requesters: [person:robo]",
                "policies/default.yaml:22:16: error: no Person is named \"robo\"; did you mean \"robot\"? [reference]"),
            Mistake(
                "policies/default.yaml", "maxPerDay: 50", "maxPerDay: 5",
                "policies/default.yaml:25:15: warning: maxPerHour is above maxPerDay: the day's budget decides [value]"),
        ])
    func mistake(_ mistake: Mistake) async throws {
        var tree = try await Tree.good().replacing(mistake.old, by: mistake.new, in: mistake.file)
        tree.files["devices/empty"] = ""
        tree.files["certificates/torn-file.pem"] = "-----BEGIN CERTIFICATE-----\nAAAA\n"
        tree.files["certificates/plain.key"] = try await Fixtures.made().privateKey
        let lines = tree.lines.map { line in
            mistake.line.contains(":PLACE:") ? line.replacing(#/^([^:]*:\d+):\d+:/#) { "\($0.output.1):PLACE:" } : line
        }
        #expect(lines == mistake.line.split(separator: "\n").map(String.init))
    }

    @Test("there is exactly one Repository")
    func repository() async throws {
        let good = try await Tree.good()
        let file = good.files["countersign.yaml"] ?? ""
        #expect(
            good.adding(file.split(separator: "---")[0] + "", at: "other.yaml").lines == [
                "other.yaml:1:1: error: a second Repository: there is one already in countersign.yaml:1 [repository]"
            ])
        let zone = "apiVersion: countersign/v1\n" + file.split(separator: "---\n")[1]
        #expect(
            good.adding(zone, at: "countersign.yaml").lines.first
                == "countersign.yaml:1:1: error: no Repository is declared: one is needed, with id and branch [repository]"
        )
    }

    @Test("a name is declared once, and two people of one name are nobody")
    func duplicates() async throws {
        let good = try await Tree.good()
        let alice = good.files["people/alice.yaml"] ?? ""
        let bob = good.files["people/bob.yaml"] ?? ""
        let tree = good.adding(bob.replacing("name: bob", with: "name: alice"), at: "people/zz.yaml").without(
            "people/bob.yaml")
        #expect(
            tree.lines.filter { $0.contains("[duplicate]") } == [
                "people/zz.yaml:1:1: error: Person \"alice\" is declared twice, first in people/alice.yaml:1 [duplicate]"
            ])
        #expect(tree.checked().partialTrustSet.people[try #require(PersonName("alice"))] == nil)
        #expect(!tree.lines.contains { $0.contains("\"alice\"") && $0.contains("[reference]") })
        #expect(!alice.isEmpty)
        let binding = good.files["bindings/shop.yaml"] ?? ""
        #expect(
            good.adding(binding, at: "bindings/twice.yaml").lines == [
                "bindings/twice.yaml:1:1: error: Binding \"shop-edge\" is declared twice, first in bindings/shop.yaml:1 [duplicate]"
            ])
    }

    @Test("a key belongs to one person, forge or recorder")
    func sharedKeys() async throws {
        let made = try await Fixtures.made()
        let good = try await Tree.good()
        let (alice, bob, recorder) = (made.ssh["alice"] ?? "", made.ssh["bob"] ?? "", made.ssh["recorder"] ?? "")
        // Another comment makes no other key.
        let another = alice.split(separator: " ").prefix(2).joined(separator: " ") + " of somebody"
        #expect(
            try good.replacing(bob, by: another, in: "people/bob.yaml").lines == [
                "people/bob.yaml:4:48: error: this key is declared for Person \"alice\" already: a key belongs to one [shared-key]"
            ])
        #expect(
            try good.replacing(recorder, by: alice, in: "countersign.yaml").lines == [
                "countersign.yaml:13:21: error: this key is declared for Person \"alice\" already: a key belongs to one [shared-key]"
            ])
        let twice = try good.replacing("keys: [", by: "keys: [{ssh: \"\(alice)\"}, ", in: "people/alice.yaml")
        #expect(twice.lines.count == 1)
        #expect(twice.lines.first?.contains("this key is declared here already") == true)
    }

    @Test("an OpenPGP key stands whole in a file, by its full fingerprint, and is one person's")
    func openPGP() async throws {
        let folder = try TemporaryFolder("gpg")
        let key = try await GPGKey("Alice <alice@example.com>", home: folder.file("g"))
        let file = try await key.export()
        let alone = try await Tree.good().replacing(
            "keys: [", by: "keys: [{openpgp: people/a.asc, fingerprint: \"\(key.fingerprint)\"}, ",
            in: "people/alice.yaml")
        #expect(alone.adding(file, at: "people/a.asc").lines == [])
        let shared = try alone.adding(file, at: "people/a.asc").replacing(
            "keys: [", by: "keys: [{openpgp: people/a.asc, fingerprint: \"\(key.fingerprint.lowercased())\"}, ",
            in: "people/bob.yaml")
        #expect(
            shared.lines == [
                "people/bob.yaml:4:79: error: this key is declared for Person \"alice\" already: a key belongs to one [shared-key]"
            ])
        func said(_ content: String) -> String {
            alone.adding(content, at: "people/a.asc").lines.joined(separator: "\n")
        }
        #expect(said("key").contains("people/alice.yaml:4:") && said("key").contains("it holds no OpenPGP public key"))
        let other = try await GPGKey("Alice <alice@example.com>", home: folder.file("o"), algorithm: "rsa2048")
        #expect(said(try await other.export()).contains("it holds no primary key with this fingerprint"))
        let weak = try await Tree.good().replacing(
            "keys: [", by: "keys: [{openpgp: people/a.asc, fingerprint: \"\(other.fingerprint)\"}, ",
            in: "people/alice.yaml")
        #expect(
            weak.adding(try await other.export(), at: "people/a.asc").lines.contains {
                $0.contains("RSA with 2048 bits")
            })
        let short = try await Tree.good().replacing(
            "keys: [", by: "keys: [{openpgp: people/a.asc, fingerprint: \"\(key.fingerprint.suffix(16))\"}, ",
            in: "people/alice.yaml")
        #expect(short.adding(file, at: "people/a.asc").lines.contains { $0.contains("is no full OpenPGP fingerprint") })
    }

    @Test("two policies of one priority are apart only by the class of change")
    func priorities() async throws {
        let good = try await Tree.good()
        func policy(_ priority: Int, _ match: String) -> String {
            "apiVersion: countersign/v1\nkind: ApprovalPolicy\nmetadata: {name: other}\nspec:\n  priority: \(priority)\n  match: \(match)\n  levels: [{name: approve, approvers: [group:pki]}]\n"
        }
        let both =
            "policies/other.yaml:5:13: error: priority 0 is that of ApprovalPolicy \"default\" too, and both can match one change: the higher decides, so they must differ [priority]"
        #expect(good.adding(policy(0, "{}"), at: "policies/other.yaml").lines == [both])
        // One key may lie on devices of both kinds, in both zones, under several names.
        #expect(
            good.adding(policy(0, "{devices: {kinds: [nginx]}, names: [a.example.com]}"), at: "policies/other.yaml")
                .lines == [both])
        #expect(good.adding(policy(1, "{}"), at: "policies/other.yaml").lines == [])
        let apart = try good.replacing(
            "  priority: 0\n", by: "  priority: 0\n  match: {changes: [install, replace]}\n",
            in: "policies/default.yaml")
        #expect(apart.adding(policy(0, "{changes: [renewal]}"), at: "policies/other.yaml").lines == [])
        #expect(apart.adding(policy(0, "{changes: [renewal, install]}"), at: "policies/other.yaml").lines == [both])
    }

    @Test("a default policy without policyChange needs two people to change the trust set")
    func policyChange() async throws {
        let tree = try await Tree.good()
            .replacing(
                "  policyChange: {approvers: [group:pki, group:netops], count: 2}\n", by: "",
                in: "policies/default.yaml"
            )
            .replacing(
                "    - {name: implement, approvers: [group:netops], count: 1}\n", by: "", in: "policies/default.yaml"
            )
            .replacing("approvers: [group:pki], count: 1", by: "approvers: [person:alice]", in: "policies/default.yaml")
        #expect(
            tree.lines == [
                "policies/default.yaml:8:5: warning: a change of the trust set needs two people of these levels, and they name 1: declare policyChange [policy-change]",
                "policies/default.yaml:8:5: warning: what alice asks for, nobody can approve: without alice too few people are left [separation]",
            ])
    }
}
