// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Processes
import TestKit
import Vocabulary

// How the world of the corpus comes about.
extension CorpusWorld {
    /// Slots that a history of their own belongs to: each has a certificate of its own name.
    static let asked = ["squash", "coauthor", "rebase", "ours", "threw-away", "early", "stranger"]
    /// Slots in which records meet records.
    static let met = ["twice", "sched", "closed", "undone"]
    static let mesh = met + NearMisses.slots

    static func make() async throws -> CorpusWorld {
        let arena = try await Arena.made {
            $0.isTrusted = false
            $0.repository = ["limits: {maxChanged: 1000, maxChangedPercent: 100, floor: 1000}"]
        }
        var world = try await CorpusWorld(
            arena: arena, keys: keys(in: arena), securityKey: SoftSecurityKey(ed25519: true, in: arena.folder),
            gpg: gpg(in: arena))
        try await world.serve()
        try await world.writeKeyFiles()
        try world.people(isTip: false)
        try world.policies(isTip: false)
        try await arena.trust(try await arena.commit("Say who decides"))
        // Its first status commit: an older one than most records will stand on.
        try await arena.reconcile(exits: 0)
        world.older = try await world.status()

        // The set is weakened one commit before what it is to let through, and again in the very same commit.
        try world.people(isTip: true)
        try world.policies(isTip: true)
        try await arena.commit("Make it easier")
        try await world.ask()
        try arena.edit("policy.yaml") { $0.replacing("expiresAfter: 72h", with: "expiresAfter: 8000h") }
        try await world.declareSlots()
        try await arena.renew()
        try await arena.reconcile(exits: 2)
        world.tip = try await world.status()
        let plan = try await arena.plan()
        for order in plan["workOrders"]?.array ?? [] {
            guard let name = order["connector"]?.string, let digest = order["digest"]?.string else { continue }
            world.digests[name == Arena.connector ? "shop" : name] = digest
        }
        return world
    }

    func status() async throws -> Status {
        let lines = try await git(["rev-parse", "countersign/status/default", "countersign/status/default^{tree}"])
            .split(separator: "\n").map(String.init)
        return Status(commit: lines[0], tree: lines[1])
    }

    private static func keys(in arena: Arena) async throws -> [String: SSHKey] {
        var keys: [String: SSHKey] = [:]
        for (actor, key) in arena.keys { keys[actor.rawValue] = key }
        for name in [
            "carol", "erin", "frank", "heidi", "heidi-new", "ivan", "judy", "kate", "leo", "newt", "acme-bot", "hub",
            "scribe", "eve",
        ] { keys[name] = try await SSHKey(name, in: arena.folder) }
        for (name, type, bits) in [
            ("bob-rsa", "rsa", 3072), ("bob-p256", "ecdsa", 256), ("bob-p384", "ecdsa", 384), ("weak-rsa", "rsa", 2048),
            ("weak-p521", "ecdsa", 521),
        ] { keys[name] = try await SSHKey(name, in: arena.folder, type: type, bits: bits) }
        var recorder = try await SSHKey("recorder-copy", in: arena.folder)
        recorder.path = arena.state(of: .gateway) + "/recorder"
        keys["recorder"] = recorder
        return keys
    }

    private static func gpg(in arena: Arena) async throws -> [String: (key: GPGKey, signer: String)] {
        func key(_ name: String, home: String, expires: String = "never", clock: String? = nil) async throws -> GPGKey {
            try await GPGKey(
                "\(name) <\(name)@example.com>", home: arena.folder.file("gpg-\(home)"), expires: expires, clock: clock)
        }
        let bob = try await key("bob", home: "bob")
        let subkey = try await bob.addSubkey()
        let stray = try await key("stray", home: "bob")
        let grace = try await key("grace", home: "grace", expires: "seconds=86400", clock: "20251231T000000")
        let eve = try await key("eve", home: "eve")
        return [
            "bob-gpg": (bob, bob.fingerprint), "bob-gpg-subkey": (bob, subkey), "stray-gpg": (stray, stray.fingerprint),
            "grace-gpg": (grace, grace.fingerprint), "eve-gpg": (eve, eve.fingerprint),
        ]
    }

    /// The files of those who sign with gpg; in bob's lies another key beside his.
    private func writeKeyFiles() async throws {
        for name in ["bob", "grace"] {
            guard let key = gpg["\(name)-gpg"]?.key else { continue }
            try arena.write(try await key.gpg(["--armor", "--export"]), to: "people/\(name).asc")
        }
    }

    // MARK: the trust set

    private func people(isTip: Bool) throws {
        func line(_ name: String, _ more: String = "") throws -> String {
            "{ssh: \"\(name == "bob-security-key" ? securityKey.key : try key(of: name).key)\"\(more)}"
        }
        func openpgp(_ name: String) -> String {
            "{openpgp: people/\(name).asc, fingerprint: \"\(gpg["\(name)-gpg"]?.signer ?? "")\"}"
        }
        func person(_ name: String, _ keys: [String], _ more: String = "") -> String {
            """
            apiVersion: countersign/v1
            kind: Person
            metadata: {name: \(name)}
            spec:
              emails: [\(name)@example.com]
              keys: [\(keys.joined(separator: ", "))]
            \(more.isEmpty ? "" : "  \(more)\n")
            """
        }
        var all = [
            person("alice", [try line("alice")]),
            person(
                "bob",
                try ["bob", "bob-rsa", "bob-p256", "bob-p384", "bob-security-key"].map { try line($0) } + [
                    openpgp("bob")
                ]),
            person("carol", [try line("carol")]), person("dave", [try line("dave")]),
            person("erin", [try line("erin")]),
            person("frank", [try line("frank")]),
            person("grace", [openpgp("grace")]),
            // What the tip gives back or takes away counts only as taken away.
            person("heidi", [try line(isTip ? "heidi-new" : "heidi")]),
            person("ivan", [try line("ivan", isTip ? "" : ", notAfter: 2026-01-01T00:00:00Z")]),
            person("judy", [try line("judy", isTip ? "" : ", revokedFrom: 2026-01-01T00:00:00Z")]),
            person("kate", [try line("kate", isTip ? "" : ", notBefore: 2099-01-01T00:00:00Z")]),
            person("leo", [try line("leo", isTip ? ", revokedFrom: 2026-01-01T00:00:00Z" : "")]),
            person("acme-bot", [try line("acme-bot")], "robot: true"), person("hub", [try line("hub")], "forge: true"),
        ]
        if isTip { all += [person("newt", [try line("newt")]), person("mallory", [try line("mallory")])] }
        try arena.write(all.joined(separator: "---\n"), to: "people.yaml")
        if isTip {
            let scribe = try line("scribe")
            try arena.edit("countersign.yaml") { $0.replacing("recorders: [", with: "recorders: [\(scribe), ") }
        }
    }

    private func policies(isTip: Bool) throws {
        let pki =
            ["alice", "bob", "carol", "grace", "heidi", "ivan", "judy", "kate", "leo", "acme-bot"]
            + (isTip ? ["erin", "newt", "mallory"] : ["frank"])
        let cash = """
            apiVersion: countersign/v1
            kind: Group
            metadata: {name: cash}
            spec: {members: [bob, carol]}
            ---

            """
        try arena.write(
            """
            apiVersion: countersign/v1
            kind: Group
            metadata: {name: pki}
            spec: {members: [\(pki.joined(separator: ", "))]}
            ---
            apiVersion: countersign/v1
            kind: Group
            metadata: {name: netops}
            spec: {members: [bob, dave]}
            ---
            \(isTip ? "" : cash)apiVersion: countersign/v1
            kind: ApprovalPolicy
            metadata: {name: default}
            spec:
              version: \(isTip ? 2 : 1)
              levels:
                - {name: approve, approvers: [group:pki], count: 1}
                - {name: implement, approvers: [group:netops], count: 1}
              separation: {requesterMayApprove: \(isTip), distinctAcrossLevels: \(!isTip)}
              expiresAfter: 72h
            ---
            apiVersion: countersign/v1
            kind: ApprovalPolicy
            metadata: {name: pay}
            spec:
              priority: 10
              version: \(isTip ? 2 : 1)
              match: {names: [pay.example.com]}
              levels:
                - {name: approve, approvers: [\(isTip ? "group:pki" : "group:cash")], count: \(isTip ? 1 : 2)}
                - {name: implement, approvers: [group:netops], count: 1}

            """, to: "policy.yaml")
    }

    // MARK: the desired state

    private static func host(_ slot: String) -> String {
        slot == "pay" ? "pay.example.com" : "\(slot).shop.example.com"
    }
    private static let wildcard = ["shop.example.com", "*.shop.example.com"]

    /// Each slot holds a certificate that is served, and for which nobody has signed.
    private func serve() async throws {
        let before = try await arena.authority.issue("before", days: 20, names: Self.wildcard)
        let pay = try await arena.authority.issue("pay-before", days: 20, names: ["pay.example.com"])
        var blocks = ""
        for slot in ["pay"] + Self.asked + Self.mesh {
            let certificate = slot == "pay" ? pay : before
            try arena.folder.write(certificate.chain, to: "slot/\(slot).crt")
            try arena.folder.write(certificate.key, to: "slot/\(slot).key", mode: 0o600)
            blocks += """
                    server {
                        listen 127.0.0.1:\(arena.nginx.port) ssl;
                        server_name \(Self.host(slot));
                        ssl_certificate \(arena.folder.file("slot/\(slot).crt"));
                        ssl_certificate_key \(arena.folder.file("slot/\(slot).key"));
                    }

                """
        }
        try arena.nginx.edit { $0.replacing("    server {\n", with: blocks + "    server {\n") }
        try await run(arena.nginx.reload)
        try await eventually(within: .seconds(60), "nginx serves all of them") {
            try await arena.served("pay.example.com") == pay.leaf
        }
    }

    private func declareSlots() async throws {
        var text =
            try await certificate("mesh", names: Self.wildcard)
            + (try await certificate("pay", names: ["pay.example.com"]))
        for slot in ["pay"] + Self.asked + Self.mesh {
            text += """
                ---
                apiVersion: countersign/v1
                kind: AppConnector
                metadata: {name: \(slot)}
                spec:
                  device: edge-1
                  slot: {certificate: "\(arena.folder.file("slot/\(slot).crt"))", privateKey: "\(arena.folder.file("slot/\(slot).key"))", mode: "0600"}
                  endpoints: [{address: 127.0.0.1, port: \(arena.nginx.port), serverName: \(Self.host(slot))}]

                """
        }
        for (certificate, slots) in [("mesh", Self.mesh), ("pay", ["pay"])] + Self.asked.map({ ($0, [$0]) }) {
            text += """
                ---
                apiVersion: countersign/v1
                kind: Binding
                metadata: {name: \(certificate)}
                spec: {certificate: \(certificate), connectors: [\(slots.joined(separator: ", "))]}

                """
        }
        try arena.write(text, to: "slots.yaml")
    }

    /// Issues one, gives the gateway its key, writes its chain into alice's work tree; its declaration.
    func certificate(_ name: String, names: [String], label: String = "") async throws -> String {
        let issued = try await arena.authority.issue("\(name)-after\(label)", days: 47, names: names)
        try arena.keep(keyOf: issued)
        try arena.write(issued.chain, to: "certificates/\(name).pem")
        return """
            ---
            apiVersion: countersign/v1
            kind: Certificate
            metadata: {name: \(name)}
            spec:
              chain: certificates/\(name).pem
              privateKey: {file: "\(arena.folder.file("private"))/{spki}.key"}

            """
    }
}
