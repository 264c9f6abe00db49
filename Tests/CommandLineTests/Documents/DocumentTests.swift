// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestKit
import Testing
import Vocabulary

/// Every command of these pages is typed, and what they show is seen: they cannot rot.
@Suite("A page for people") struct DocumentTests {
    @Test("The tutorial goes from an empty folder to a first push on one's own nginx")
    func tutorial() async throws {
        let arena = try await Arena.made { $0.isTrusted = false }
        var reader = Reader(arena, as: .alice) { _ in arena.folder.file("home/alice") }
        // What `init` writes for /etc is this world's.
        reader.events["the paths of init"] = { arena in
            let place = "home/alice/certificates/countersign.yaml"
            let text = try arena.folder.readText(place)
            try arena.folder.write(
                text.replacing("/etc/countersign/keys", with: arena.folder.file("private")), to: place)
        }
        try await reader.read("docs/tutorial.md")
        #expect(try await arena.served() != arena.old.leaf)
    }

    @Test("A how-to does what it says", arguments: try ExampleTests.names(in: "docs/how-to").filter(Surroundings.has))
    func howTo(name: String) async throws {
        let arena = try await Self.team(Surroundings.setting(name))
        var reader = Reader(arena, as: .alice) { arena.clone(of: $0) }
        Self.events(&reader)
        let surroundings = try await Surroundings(of: name, &reader)
        try await reader.read("docs/how-to/\(name)")
        withExtendedLifetime(surroundings) {}
    }

    /// What happens meanwhile, of which pages tell.
    static func events(_ reader: inout Reader) {
        reader.events["changed by hand"] = { arena in
            let byHand = try await arena.authority.issue("by-hand-\(UUID().uuidString.lowercased())", days: 60)
            try arena.folder.write(byHand.chain, to: "slot/shop.crt")
            try arena.folder.write(byHand.key, to: "slot/shop.key", mode: 0o600)
            try await run(arena.nginx.reload)
            try arena.keep(keyOf: byHand)
        }
        reader.events["a change was pushed"] = { arena in
            try await arena.renew()
            let digest = try await arena.digest()
            try await arena.approve(digest)
            try await arena.implement(digest)
            try await arena.countersign(["reconcile", "--repo", arena.clone(of: .gateway)], as: .gateway, exits: 0)
        }
        reader.events["the CA issues what was asked for"] = { arena in
            let request = try arena.folder.readText("home/gateway/shop.csr")
            let issued = try await arena.authority.sign(request, "asked-for", days: 46)
            try arena.folder.write(issued.chain, to: "home/alice/new/issued.pem")
        }
        reader.events["a wrong change was pushed"] = { arena in
            try await arena.renew(days: 60)
            let digest = try await arena.digest()
            try await arena.approve(digest)
            try await arena.implement(digest)
            try await arena.countersign(["reconcile", "--repo", arena.clone(of: .gateway)], as: .gateway, exits: 0)
        }
        reader.events["the gateway's state is lost"] = { arena in
            try FileManager.default.removeItem(
                atPath: "\(arena.folder.file("home/gateway"))/.state/countersign/\(arena.repositoryID)")
        }
        reader.events["a change that waits"] = { try await $0.renew() }
        reader.events["a channel is declared"] = { arena in
            try arena.folder.write("#!/bin/sh\ncat >>\"$0.heard\"\n", to: "tell", mode: 0o755)
            try arena.edit("countersign.yaml") { text in
                text.replacing(
                    "  branch: main\n",
                    with: "  branch: main\n  channels:\n    pager: {command: [\(arena.folder.file("tell")), pki]}\n")
            }
        }
    }

    /// Everybody has trusted the first commit, and alice has a new certificate with its key at home.
    static func team(_ change: (inout Arena.Setting) -> Void = { _ in }) async throws -> Arena {
        let arena = try await Arena.made(change)
        // As on a host of its own: state is where it is by default.
        let state = "\(arena.folder.file("home/gateway"))/.state/countersign"
        try FileManager.default.createDirectory(
            atPath: state, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        try FileManager.default.moveItem(atPath: arena.state(of: .gateway), toPath: "\(state)/\(arena.repositoryID)")
        for actor in [Arena.Actor.alice, .bob, .dave] {
            try await arena.countersign(
                ["trust", arena.trusted, "--repo", arena.clone(of: actor)], as: actor, exits: 0)
        }
        try await arena.countersign(["reconcile", "--repo", arena.clone(of: .gateway)], as: .gateway, exits: 0)
        try await eventually("the next second") { Int64(Date().timeIntervalSince1970) > arena.old.issued }
        let renewed = try await arena.authority.issue("renewed", days: 47)
        for actor in ["alice", "gateway"] {
            try arena.folder.write(renewed.chain, to: "home/\(actor)/new/shop.pem")
            try arena.folder.write(renewed.key, to: "home/\(actor)/new/shop.key", mode: 0o600)
        }
        return arena
    }
}
