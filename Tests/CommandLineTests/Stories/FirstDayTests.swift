// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestKit
import Testing
import Vocabulary

/// What goes wrong for everybody once. Each says what is the matter and what to type next.
@Suite("An error of the first day") struct FirstDayTests {
    @Test("no repository", arguments: ["plan", "status", "validate", "reconcile"])
    func noRepository(command: String) async throws {
        let erin = try await Newcomer()
        let answer = try await erin.types("countersign", command, exits: 1)
        #expect(answer.output.isEmpty)
        #expect(answer.errors.hasPrefix("countersign: "))
        #expect(answer.errors.contains("there is no git repository in "))
        #expect(answer.errors.contains("--repo DIR"))
        let json = try await erin.types("countersign", command, "--format", "json", exits: 1)
        #expect(json.errors.isEmpty)
        #expect(try json.json["error"]?["code"] == "GitNotARepository")
    }

    @Test("a repository that declares nothing")
    func notOurs() async throws {
        let erin = try await Newcomer()
        try await erin.types("git", "init", "-q", "-b", "main", "certs", exits: 0)
        try await erin.types("git", "commit", "-q", "--allow-empty", "-m", "Begin", in: "certs", exits: 0)
        let answer = try await erin.types("countersign", "plan", in: "certs", exits: 1)
        #expect(answer.errors.contains("no Repository is declared"))
        #expect(answer.errors.contains("countersign init DIR"))
    }

    @Test("not trusted yet: names the commit to look at, and the command", arguments: ["plan", "reconcile", "status"])
    func notTrusted(command: String) async throws {
        let arena = try await Arena.made { $0.isTrusted = false }
        let commit = try await arena.git(.gateway, "rev-parse", "--short=7", "HEAD")
        let answer = try await arena.countersign(as: .gateway, command, exits: 1)
        #expect(answer.output.isEmpty)
        #expect(answer.errors.contains("this repository is not trusted yet"))
        #expect(answer.errors.contains("countersign trust \(commit)"))
        #expect(try await arena.refusal(as: .gateway, command).code == "NotTrusted")
        #expect(try await arena.statusTip() == nil)
        #expect(try await arena.served() == arena.old.leaf)
    }

    @Test("nobody has said who signs: git has no identity, no key, or one that is not there")
    func unsigned() async throws {
        let (arena, _, digest) = try await Arena.asked()
        let whole = try arena.folder.readText("home/bob/.gitconfig")
        let mistakes = [
            ("\tname = bob\n\temail = bob@example.com\n", "", "GitNoIdentity", "git config --global user.name"),
            ("\tsigningKey = \(arena.folder.file("keys/bob.pub"))\n", "", "NoSigningKey", "git config"),
            ("keys/bob.pub", "keys/nobody.pub", "NoSigningKey", "ssh-keygen -t ed25519"),
            ("\tformat = ssh\n", "\tformat = openpgp\n", "NoSigningKey", "gpg.format ssh"),
        ]
        for (line, other, code, next) in mistakes {
            try arena.folder.write(whole.replacing(line, with: other), to: "home/bob/.gitconfig")
            let refused = try await arena.refusal(as: .bob, "approve", digest, "--yes")
            #expect(refused.code == code)
            #expect(refused.said.contains(next), "\(refused.said)")
        }
        #expect(try await arena.git(.dave, "ls-remote", "origin", "refs/heads/approvals/WO-*").isEmpty)
    }

    @Test("nginx is not where the Device says")
    func noNginx() async throws {
        let arena = try await Arena.made { $0.binary = "/nowhere/nginx" }
        try await arena.reconcile(exits: 0)
        try await arena.renew()
        let digest = try await arena.digest()
        try await arena.approve(digest)
        try await arena.implement(digest)
        let live = try arena.slotFiles()
        let pass = try await arena.countersign(as: .gateway, "reconcile")
        #expect(pass.code == 2 || pass.code == 4, "\(pass)")
        #expect((pass.output + pass.errors).contains("/nowhere/nginx"), "\(pass)")
        #expect(try arena.slotFiles() == live)
        #expect(try await arena.served() == arena.old.leaf)
    }

    @Test("nginx is not there at all: its configuration is missing")
    func noConfiguration() async throws {
        let (arena, _, digest) = try await Arena.signed()
        let configuration = try arena.folder.readText("nginx/nginx.conf")
        try FileManager.default.removeItem(atPath: arena.nginx.configuration)
        let pass = try await arena.reconcile(exits: 2)
        #expect(pass["pushes"] == [])
        let order = try #require(try await arena.plan()["workOrders"]?.first(where: "digest", is: digest))
        #expect(order["reason"]?["code"] == "GatewayUnhealthy")
        #expect(order["reason"]?["message"]?.string?.contains(arena.nginx.configuration) == true, "\(order)")
        let connector = try #require(try await arena.status()["connectors"]?.array?.first)
        #expect(connector["sync"] == "Unknown")

        try arena.folder.write(configuration, to: "nginx/nginx.conf")
        try await arena.reconcile(exits: 0)
        #expect(try await arena.served() != arena.old.leaf)
    }

    @Test("the port is closed: nothing is pushed, and the plan says where nobody answers")
    func portClosed() async throws {
        let (arena, renewed, digest) = try await Arena.signed()
        let live = try arena.slotFiles()
        try await arena.nginx.halt()
        let pass = try await arena.reconcile(exits: 2)
        #expect(pass["pushes"] == [])
        let order = try #require(try await arena.plan()["workOrders"]?.first(where: "digest", is: digest))
        #expect(order["reason"]?["code"] == "EndpointDown")
        let text = try await arena.countersign(as: .gateway, "plan", exits: 2).output
        #expect(text.contains("EndpointDown: ") && text.contains("127.0.0.1:\(arena.nginx.port)"), "\(text)")
        #expect(try arena.slotFiles() == live)
        let connector = try #require(try await arena.status()["connectors"]?.array?.first)
        #expect(connector["sync"] == "OutOfSync")  // that the slot does not hold the new one is known all the same

        try await arena.nginx.restart()
        try await arena.reconcile(exits: 0)
        #expect(try await arena.served() == renewed.leaf)
    }

    @Test("the port is closed though nothing is to be done: what is served is unknown, which is not drift")
    func portClosedAtRest() async throws {
        let arena = try await Arena.made()
        try await arena.reconcile(exits: 0)
        try await arena.nginx.halt()
        let pass = try await arena.reconcile(exits: 2)
        #expect(pass["plan"]?["drift"] == [])
        let connector = try #require(try await arena.status()["connectors"]?.array?.first)
        #expect(connector["sync"] == "Unknown")
        #expect(connector["certPlusSync"] == "OutOfSync")
        try await arena.nginx.restart()
        try await arena.reconcile(exits: 0)
    }

    @Test("mistakes in YAML: all in one run, each with its place and what was probably meant")
    func yaml() async throws {
        let arena = try await Arena.made()
        try arena.write(
            """
            apiVersion: countersign/v1
            kind: Binding
            metadata: {name: blog-edge}
            spec:
              certificate: shop-exmaple-com
              connectors: [edge-1-shop]
            ---
            apiVersion: countersign/v1
            kind: Certificat
            metadata: {name: blog}
            ---
            apiVersion: countersign/v1
            kind: AppConnector
            metadata: {name: edge-1-blog}
            spec:
              devise: edge-1
              slot: {certificate: /etc/x.crt, privateKey: /etc/x.key, mode: 0600}
              endpoints: [{address: 127.0.0.1, port: 443}]

            """, to: "bindings/blog.yaml")
        try arena.write("kind: Device\n\tname: x\n", to: "devices/tab.yaml")
        try arena.write("kind: Device\nkind: Device\n", to: "devices/twice.yaml")
        try await arena.git(.alice, "add", "-A")
        try await arena.git(.alice, "commit", "-q", "-m", "Add the blog")
        let answer = try await arena.countersign(as: .alice, "validate", exits: 1)
        let said = answer.errors
        for (place, words) in [
            (
                "bindings/blog.yaml:5:16",
                "no Certificate is named \"shop-exmaple-com\"; did you mean \"shop-example-com\"?"
            ),
            ("bindings/blog.yaml:9:7", "did you mean \"Certificate\"?"),
            ("bindings/blog.yaml:16:3", "did you mean \"device\"?"),
            ("bindings/blog.yaml:17:65", "\"0600\""),
            ("devices/tab.yaml:2:1", "tab"),
            ("devices/twice.yaml:2:1", "kind"),
        ] {
            #expect(
                said.split(separator: "\n").contains { $0.hasPrefix(place + ": error: ") && $0.contains(words) },
                "\(place) \(words)\n\(said)")
        }
        // The same as data, for an editor or a pull request.
        let json = try await arena.countersign(as: .alice, "validate", "--format", "json", exits: 1).json
        #expect(json["valid"] == false)
        #expect(
            json["diagnostics"]?.array?.contains {
                $0["file"] == "bindings/blog.yaml" && $0["line"] == 5 && $0["column"] == 16 && $0["rule"] == "reference"
            } == true)
        // And such a commit cannot be trusted.
        try await arena.git(.alice, "push", "-q", "origin", "HEAD:main")
        let head = try await arena.git(.alice, "rev-parse", "HEAD")
        let refused = try await arena.countersign(
            ["trust", head, "--repo", arena.clone(of: .bob), "--state", arena.state(of: .bob), "--format", "json"],
            as: .bob, exits: 1)
        #expect(try refused.json["error"]?["code"] == "Invalid")
    }

    @Test("an ID that there is not: exit 1, and what was probably meant")
    func unknownID() async throws {
        let (arena, _, digest) = try await Arena.asked()
        let id = HandmadeRecord.id(of: digest)
        for command in ["explain", "status", "approve"] {
            let refused = try await arena.refusal(as: .bob, command, String(id.dropLast()) + "-")
            #expect(refused.code == "UnknownID")
            #expect(refused.said.contains("did you mean \(id)?"), "\(command): \(refused.said)")
        }
        // A unique beginning is enough to look at it.
        try await arena.countersign(as: .bob, "explain", String(id.prefix(7)).lowercased(), exits: 0)
    }

    @Test("a gateway whose recorder is not declared: nothing is written, and the line for the Zone is printed")
    func undeclaredRecorder() async throws {
        let arena = try await Arena.made { $0.isTrusted = false }
        let state = arena.folder.file("state/another")
        let recorder = try await arena.countersign(["recorder", "--state", state], as: .gateway, exits: 0).line
        let place = ["--repo", arena.clone(of: .gateway), "--state", state]
        try await arena.countersign(["trust", "HEAD"] + place, as: .gateway, exits: 0)
        let answer = try await arena.countersign(["reconcile"] + place, as: .gateway, exits: 1)
        #expect(answer.errors.contains(recorder))
        #expect(try await arena.statusTip() == nil)
    }
}
