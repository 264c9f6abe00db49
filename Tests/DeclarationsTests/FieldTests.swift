// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Declarations
import Testing

/// One field of the good repository written otherwise, and the one line that is then printed.
struct Mistake: Sendable, CustomTestStringConvertible {
    var file: String
    var old: String
    var new: String
    var line: String
    var testDescription: String { line }

    init(_ file: String, _ old: String, _ new: String, _ line: String) {
        (self.file, self.old, self.new, self.line) = (file, old, new, line)
    }
}

@Suite("A field") struct FieldTests {
    @Test(
        "that is wrong is told at its place, in words that help",
        arguments: [
            Mistake(
                "countersign.yaml", "apiVersion: countersign/v1", "apiVersion: countersign/v2",
                "countersign.yaml:1:13: error: apiVersion \"countersign/v2\" is not known: this version reads countersign/v1 [api-version]"
            ),
            Mistake(
                "bindings/shop.yaml", "apiVersion: countersign/v1\n", "",
                "bindings/shop.yaml:1:1: error: apiVersion is missing: this version reads countersign/v1 [api-version]"),
            Mistake(
                "bindings/shop.yaml", "kind: Binding", "kind: Bindnig",
                "bindings/shop.yaml:2:7: error: there is no kind \"Bindnig\": it must be Repository, Zone, Device, Person, Group, ApprovalPolicy, StandingApproval, AlertPolicy, Certificate, AppConnector, Binding or PolicyTest; did you mean \"Binding\"? [kind]"
            ),
            Mistake(
                "bindings/shop.yaml", "kind: Binding\n", "",
                "bindings/shop.yaml:1:1: error: kind is missing [required]"),
            Mistake(
                "bindings/shop.yaml", "metadata: {name: shop-edge}\n", "",
                "bindings/shop.yaml:1:1: error: metadata is missing in this Binding [required]"),
            Mistake(
                "bindings/shop.yaml", "name: shop-edge", "name: Shop-Edge",
                "bindings/shop.yaml:3:18: error: name \"Shop-Edge\" is no name: lower-case letters, digits, - and . in between, at most 63, without .. and not ending in .lock [name]"
            ),
            Mistake(
                "bindings/shop.yaml", "certificate:", "certifcate:",
                "bindings/shop.yaml:5:3: error: certificate is missing in spec [required]\nbindings/shop.yaml:5:3: error: spec has no field \"certifcate\"; did you mean \"certificate\"? [unknown-field]"
            ),
            Mistake(
                "connectors/shop.yaml", "countersign/push: \"2\"", "countersign/pushes: \"2\"",
                "connectors/shop.yaml:3:66: error: there is no annotation \"countersign/pushes\"; did you mean \"countersign/push\"? [unknown-field]"
            ),
            Mistake(
                "connectors/shop.yaml", "countersign/push: \"2\"", "countersign/push: \"two\"",
                "connectors/shop.yaml:3:84: error: countersign/push \"two\" is no number of at most nine digits [value]"
            ),
            Mistake(
                "connectors/shop.yaml", "countersign/push: \"2\"", "countersign/push: \"-1\"",
                "connectors/shop.yaml:3:84: error: countersign/push \"-1\" is no number of at most nine digits [value]"
            ),
            Mistake(
                "connectors/shop.yaml", "countersign/push: \"2\"", "countersign/push: \"+1\"",
                "connectors/shop.yaml:3:84: error: countersign/push \"+1\" is no number of at most nine digits [value]"
            ),
            Mistake(
                "connectors/shop.yaml", "countersign/push: \"2\"", "countersign/push: \"\"",
                "connectors/shop.yaml:3:84: error: countersign/push \"\" is no number of at most nine digits [value]"
            ),
            Mistake(
                "connectors/shop.yaml", "countersign/push: \"2\"", "countersign/push: \"0x10\"",
                "connectors/shop.yaml:3:84: error: countersign/push \"0x10\" is no number of at most nine digits [value]"
            ),
            Mistake(
                "connectors/shop.yaml", "countersign/push: \"2\"", "countersign/push: \"1e3\"",
                "connectors/shop.yaml:3:84: error: countersign/push \"1e3\" is no number of at most nine digits [value]"
            ),
            Mistake(
                "connectors/shop.yaml", "countersign/push: \"2\"", "countersign/push: \"1000000000\"",
                "connectors/shop.yaml:3:84: error: countersign/push \"1000000000\" is no number of at most nine digits [value]"
            ),
            Mistake(
                "connectors/shop.yaml", "countersign/push: \"2\"", "countersign/push: \"9007199254740992\"",
                "connectors/shop.yaml:3:84: error: countersign/push \"9007199254740992\" is no number of at most nine digits [value]"
            ),
            Mistake(
                "connectors/shop.yaml", "countersign/push: \"2\"", "countersign/push: \"9223372036854775808\"",
                "connectors/shop.yaml:3:84: error: countersign/push \"9223372036854775808\" is no number of at most nine digits [value]"
            ),
            Mistake(
                "connectors/shop.yaml", "countersign/push: \"2\"", "countersign/push: 2",
                "connectors/shop.yaml:3:84: error: countersign/push must be a text, and 2 without quotes reads as a number: write \"2\" [type]"
            ),
            Mistake(
                "connectors/shop.yaml", "labels: {app: shop}", "labels: {app: no}",
                "connectors/shop.yaml:3:45: error: app must be a text, and no without quotes reads as true or false: write \"no\" [type]"
            ),
            Mistake(
                "connectors/shop.yaml", "mode: \"0640\"", "mode: 0640",
                "connectors/shop.yaml:6:104: error: mode must be a text, and 0640 without quotes reads as a number: write \"0640\" [type]"
            ),
            Mistake(
                "connectors/shop.yaml", "mode: \"0640\"", "mode: \"0644\"",
                "connectors/shop.yaml:6:104: error: mode \"0644\" lets others at the private key: the last digit must be 0 [slot-mode]"
            ),
            Mistake(
                "connectors/shop.yaml", "mode: \"0640\"", "certificateMode: \"0666\"",
                "connectors/shop.yaml:6:115: error: certificateMode \"0666\" lets others than the owner write the certificate [slot-mode]"
            ),
            Mistake(
                "connectors/shop.yaml", "owner: root", "owner: \"root:\"",
                "connectors/shop.yaml:6:92: error: owner \"root:\" is no owner (user or user:group) [value]"),
            Mistake(
                "connectors/shop.yaml", "privateKey: /etc/nginx/tls/shop.key, ", "",
                "connectors/shop.yaml:6:9: error: privateKey is missing in slot [required]"),
            Mistake(
                "connectors/shop.yaml", "owner: root", "bundle: /etc/nginx/tls/a.pem",
                "connectors/shop.yaml:6:9: error: slot can have only one of certificate with privateKey, bundle, arn, tag or entry, not certificate with privateKey and bundle [choice]"
            ),
            Mistake(
                "connectors/shop.yaml", "/etc/nginx/tls/shop.crt", "/etc/nginx/tls/../shop.crt",
                "connectors/shop.yaml:6:23: error: certificate \"/etc/nginx/tls/../shop.crt\" is not canonical: . and .. are not accepted [value]"
            ),
            Mistake(
                "connectors/shop.yaml", "/etc/nginx/tls/shop.crt", "tls/shop.crt",
                "connectors/shop.yaml:6:23: error: certificate \"tls/shop.crt\" is no absolute path [value]"),
            Mistake(
                "connectors/shop.yaml", "/etc/nginx/tls/shop.crt", "/etc/nginx/tls//shop.crt",
                "connectors/shop.yaml:6:23: error: certificate \"/etc/nginx/tls//shop.crt\" is not canonical: an empty component (// or / at the end) [value]"
            ),
            Mistake(
                "connectors/shop.yaml", "port: 443", "port: 70000",
                "connectors/shop.yaml:8:33: error: port must be from 1 to 65535 [value]"),
            Mistake(
                "connectors/shop.yaml", "port: 443", "port: \"443\"",
                "connectors/shop.yaml:8:33: error: port must be a whole number, in plain digits without quotes [type]"),
            Mistake(
                "connectors/shop.yaml", "address: 10.0.0.5", "address: 10.0.0.256",
                "connectors/shop.yaml:8:17: error: address \"10.0.0.256\" is neither an IP address nor a host name [value]"
            ),
            Mistake(
                "connectors/shop.yaml", "address: 10.0.0.5", "address: -oProxyCommand=x",
                "connectors/shop.yaml:8:17: error: address \"-oProxyCommand=x\" is neither an IP address nor a host name [value]"
            ),
            Mistake(
                "connectors/shop.yaml", "serverName: shop", "serverName: Shop",
                "connectors/shop.yaml:8:50: error: serverName \"Shop.example.com\" is no DNS name in lower case (without a dot at the end; xn--… for others than ASCII) [value]"
            ),
            Mistake(
                "connectors/shop.yaml", "role: watch", "role: watcher",
                "connectors/shop.yaml:9:46: error: role is \"watcher\" but must be gate or watch; did you mean \"watch\"? [value]"
            ),
            Mistake(
                "certificates/shop.yaml", "dropsNames: []", "dropsNames: [10.0.0.5]",
                "certificates/shop.yaml:7:16: error: dropsNames \"10.0.0.5\" is no DNS name in lower case (without a dot at the end; xn--… for others than ASCII) [value]"
            ),
            Mistake(
                "certificates/shop.yaml", "dropsNames: []", "dropsNames: none",
                "certificates/shop.yaml:7:15: error: dropsNames must be a list [type]"),
            Mistake(
                "certificates/shop.yaml", "dropsNames: []", "dropsNames:",
                "certificates/shop.yaml:7:14: error: dropsNames must be a list [type]"),
            Mistake(
                "certificates/shop.yaml", "chain: certificates/shop.pem", "chain: ../shop.pem",
                "certificates/shop.yaml:5:10: error: chain \"../shop.pem\" is not canonical: . and .. are not accepted [value]"
            ),
            Mistake(
                "certificates/shop.yaml", "chain: certificates/shop.pem", "chain: /etc/shop.pem",
                "certificates/shop.yaml:5:10: error: chain \"/etc/shop.pem\" is an absolute path; it must be relative to the repository's root [value]"
            ),
            Mistake(
                "certificates/shop.yaml", "chain: certificates/shop.pem", "chain: .git/config",
                "certificates/shop.yaml:5:10: error: chain \".git/config\" leads into .git [value]"),
            Mistake(
                "certificates/shop.yaml", "chain: certificates/shop.pem", "chain: ",
                "certificates/shop.yaml:5:9: error: chain has no value: give it one or leave the line out [type]"),
            Mistake(
                "certificates/shop.yaml", "{spki}", "{key}",
                "certificates/shop.yaml:6:22: error: file \"/etc/countersign/keys/{key}.key\" may hold {spki} once and no other braces [value]"
            ),
            Mistake(
                "certificates/shop.yaml", "file: \"/etc/countersign/keys/{spki}.key\"",
                "command: pass-key, argument: \"../x\"",
                "certificates/shop.yaml:6:45: error: argument \"../x\" is no argument that may be given to a program: letters, digits, _ and then also . / -, without .. [value]"
            ),
            Mistake(
                "certificates/shop.yaml", "file: \"/etc/countersign/keys/{spki}.key\"",
                "command: pass-key, argument: --help",
                "certificates/shop.yaml:6:45: error: argument \"--help\" is no argument that may be given to a program: letters, digits, _ and then also . / -, without .. [value]"
            ),
            Mistake(
                "certificates/shop.yaml", "file: \"/etc/countersign/keys/{spki}.key\"", "command: pass-key",
                "certificates/shop.yaml:6:15: error: argument is missing in privateKey [required]"),
            Mistake(
                "certificates/shop.yaml", "file: \"/etc/countersign/keys/{spki}.key\"", "installed: false",
                "certificates/shop.yaml:6:27: error: installed can only be true: leave it out otherwise [type]"),
            Mistake(
                "certificates/shop.yaml", "{file: \"/etc/countersign/keys/{spki}.key\"}", "{}",
                "certificates/shop.yaml:6:15: error: privateKey needs one of file, encrypted, command with argument, endpoint or installed [choice]"
            ),
            Mistake(
                "devices/edge-1.yaml", "kind: nginx", "kind: haproxy",
                "devices/edge-1.yaml:5:3: error: spec.nginx: the device is of kind haproxy: what stands here would not be read [value]"
            ),
            Mistake(
                "devices/edge-1.yaml", "kind: nginx", "kind: nginxx",
                "devices/edge-1.yaml:5:9: error: kind is \"nginxx\" but must be apache, aws-acm, dovecot, exec, files, haproxy, nginx, postfix or postgresql; did you mean \"nginx\"? [value]"
            ),
            Mistake(
                "devices/edge-1.yaml", "sync: Managed", "sync: managed",
                "devices/edge-1.yaml:7:9: error: sync is \"managed\" but must be Managed, Monitored or Ignored; did you mean \"Managed\"? [value]"
            ),
            Mistake(
                "devices/edge-1.yaml", "connect: 5s", "connect: 5 s",
                "devices/edge-1.yaml:12:23: error: connect \"5 s\" is no duration (5s, 250ms, 30m, 72h, 7d) [value]"),
            Mistake(
                "devices/edge-1.yaml", "connect: 5s", "connect: 5",
                "devices/edge-1.yaml:12:23: error: connect must be a text, and 5 without quotes reads as a number: write \"5\" [type]"
            ),
            Mistake(
                "devices/edge-1.yaml", "keepPrevious: 7d", "keepPrevious: 250ms",
                "devices/edge-1.yaml:14:17: error: keepPrevious \"250ms\" is no duration of whole seconds, at least one (5s, 30m, 72h, 7d) [value]"
            ),
            Mistake(
                "devices/edge-1.yaml", "host: 10.0.0.5, ", "",
                "devices/edge-1.yaml:8:20: error: host is missing in ssh [required]"),
            Mistake(
                "devices/edge-1.yaml", "reload: [systemctl, reload, nginx]", "reload: systemctl reload nginx",
                "devices/edge-1.yaml:9:50: error: reload must be a list [type]"),
            Mistake(
                "devices/edge-1.yaml", "reload: [systemctl, reload, nginx]", "reload: []",
                "devices/edge-1.yaml:9:50: error: reload must have at least one entry [value]"),
            Mistake(
                "devices/edge-1.yaml", "  nginx: {config: /etc/nginx/nginx.conf, reload: [systemctl, reload, nginx]}\n",
                "",
                "devices/edge-1.yaml:5:3: error: spec.nginx: a device of kind nginx needs it: {config: …, reload: […]} [value]"
            ),
            Mistake(
                "devices/edge-1.yaml", "10.0.9.0/24:443", "10.0.9.1/24:443",
                "devices/edge-1.yaml:11:26: error: probes \"10.0.9.1/24:443\" is no ADDRESS:PORT or NETWORK/BITS:PORT (10.0.0.5:443, 10.0.9.0/24:443, [fd00::/64]:443) [value]"
            ),
            Mistake(
                "countersign.yaml", "6f1c2a0e", "6F1C2A0E",
                "countersign.yaml:5:7: error: id \"6F1C2A0E-1b7d-4c55-9a3e-2f0d8b6c4e11\" is no UUID in lower case (as `uuidgen | tr A-Z a-z` prints) [value]"
            ),
            Mistake(
                "countersign.yaml", "branch: main", "branch: countersign/status/x",
                "countersign.yaml:6:11: error: branch \"countersign/status/x\" is no name of a branch that can be in force [value]"
            ),
            Mistake(
                "countersign.yaml", "floor: 10", "floor: -1",
                "countersign.yaml:8:58: error: floor must be from 0 to 1000000 [value]"),
            Mistake(
                "countersign.yaml", "limits: {", "compromisedKeys: [ABCD]\n  limits: {",
                "countersign.yaml:8:21: error: compromisedKeys \"ABCD\" is no SHA-256 fingerprint (64 hex digits in lower case) [value]"
            ),
            Mistake(
                "people/alice.yaml", "2026-01-01T00:00:00Z", "2026-02-30T00:00:00Z",
                "people/alice.yaml:4:PLACE: error: notBefore \"2026-02-30T00:00:00Z\" is no time with date and offset (2026-01-31T12:00:00Z) [value]"
            ),
            Mistake(
                "people/alice.yaml", "2026-01-01T00:00:00Z", "2026-01-01",
                "people/alice.yaml:4:PLACE: error: notBefore \"2026-01-01\" is no time with date and offset (2026-01-31T12:00:00Z) [value]"
            ),
            Mistake(
                "people/alice.yaml", "alice@example.com", "alice",
                "people/alice.yaml:4:17: error: emails \"alice\" is no e-mail address [value]"),
            Mistake(
                "people/robot.yaml", "robot: true", "robot: yes",
                "people/robot.yaml:4:PLACE: error: robot must be true or false, without quotes [type]"),
            Mistake(
                "people/groups.yaml", "members: [alice, bob]", "members: [alice, bob, \"group:netops\"]",
                "people/groups.yaml:4:30: error: members \"group:netops\" is a group: groups do not nest [name]"),
            Mistake(
                "policies/default.yaml", "approvers: [group:pki], count", "approvers: [pki], count",
                "policies/default.yaml:8:35: error: approvers \"pki\" is neither group:NAME nor person:NAME [value]"),
            Mistake(
                "policies/default.yaml", "from: \"22:00\"", "from: 22:00",
                "policies/default.yaml:13:33: error: from must be a text, and 22:00 without quotes reads as a number: write \"22:00\" [type]"
            ),
            Mistake(
                "policies/default.yaml", "from: \"22:00\"", "from: \"24:00\"",
                "policies/default.yaml:13:33: error: from \"24:00\" is no time of day (\"22:00\") [value]"),
            Mistake(
                "policies/default.yaml", "Europe/Berlin", "Europe/Bärlin",
                "policies/default.yaml:13:65: error: timeZone \"Europe/Bärlin\" is no time zone of the IANA database (Europe/Berlin, Etc/UTC) [value]"
            ),
            Mistake(
                "policies/default.yaml", "[windows, limits]", "[windows, identity]",
                "policies/default.yaml:15:71: error: ignores is \"identity\" but must be windows, waves or limits [value]"
            ),
            Mistake(
                "policies/default.yaml", "changes: [renewal]", "changes: []",
                "policies/default.yaml:24:12: error: changes must have at least one entry [value]"),
        ])
    func mistake(_ mistake: Mistake) async throws {
        let tree = try await Tree.good().replacing(mistake.old, by: mistake.new, in: mistake.file)
        let lines = tree.lines.map { line in
            // The column behind a key depends on its base64.
            mistake.line.contains(":PLACE:") ? line.replacing(#/^([^:]*:\d+):\d+:/#) { "\($0.output.1):PLACE:" } : line
        }
        #expect(
            lines.filter { !$0.contains("[default-policy]") } == mistake.line.split(separator: "\n").map(String.init))
    }

    @Test("of a person's key is judged, and never repeated")
    func keys() async throws {
        let made = try await Fixtures.made()
        let good = try await Tree.good()
        let alice = made.ssh["alice"] ?? ""
        func line(with key: String) throws -> [String] {
            let quotedKey = "\"" + key.replacing("\n", with: "\\n") + "\""
            return try good.replacing("\"\(alice)\"", by: quotedKey, in: "people/alice.yaml").lines
        }
        #expect(
            try line(with: made.ssh["weak"] ?? "") == [
                "people/alice.yaml:4:50: error: ssh: RSA with 2048 bits is not accepted; 3072 or more, or ssh-ed25519 [weak-key]"
            ])
        #expect(
            try line(with: made.ssh["p521"] ?? "") == [
                "people/alice.yaml:4:50: error: ssh: ecdsa-sha2-nistp521 is not accepted; use ssh-ed25519 [weak-key]"
            ])
        #expect(try line(with: made.ssh["p256"] ?? "") == [])
        for wrong in ["ssh-ed25519", "ssh-ed25519 AAAA", "hello", String(alice.dropFirst(4)), "no-pty \(alice)"] {
            let found = try line(with: wrong)
            #expect(found.count == 1)
            #expect(found.first?.hasPrefix("people/alice.yaml:4:50: error: ssh: ") == true)
            #expect(found.first?.hasSuffix("[key]") == true)
        }
        let leaked = try line(with: made.privateKey)
        #expect(leaked.count == 1)
        #expect(leaked.first?.contains("private key") == true)
        #expect(leaked.first?.contains(made.privateKey.split(separator: "\n")[1]) == false)
    }

    @Test("shows no control character of the file")
    func escaped() async throws {
        let tree = try await Tree.good().replacing(
            "kind: Binding", by: "kind: \"B\u{1b}nding\\u200b\"", in: "bindings/shop.yaml")
        #expect(tree.lines.allSatisfy { !$0.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x200b } })
        #expect(!tree.lines.isEmpty)
        let long = try await Tree.good().replacing(
            "shop-example-com\n", by: String(repeating: "x", count: 5_000) + "\n", in: "bindings/shop.yaml")
        #expect(long.lines.allSatisfy { $0.utf8.count < 400 })
        #expect(!long.lines.isEmpty)
    }
}
