// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestKit
import Testing
import Vocabulary

/// Servers that somebody has run for years, and nobody has declared.
@Suite("An estate that is brought in") struct EstateTests {
    /// A dozen sites on each of nginx, haproxy and apache; of nginx's, two under certbot.
    private struct Estate {
        let folder: TemporaryFolder
        let nginx: OwnServer
        let haproxy: OwnServer
        let apache: OwnServer
        static let numbers = 1...12

        init(_ authority: CertificateAuthority) async throws {
            let folder = try TemporaryFolder("estate")
            self.folder = folder
            let names = ["n", "h", "a"].map { kind in Self.numbers.map { "\(kind)\($0)" } }
            let (folders, underCertbot) = (["n", "h", "a"].map { folder.path + "/" + $0 }, ["n1", "n2"])
            for place in folders {
                try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
            }
            for name in names.flatMap(\.self) {
                let issued = try await authority.issue(name, days: 60, names: ["\(name).example.com"])
                let tls = "\(name.prefix(1))/tls/\(name)"
                if name.hasPrefix("h") {
                    try folder.write(issued.key + issued.chain, to: tls + ".pem", mode: 0o600)
                } else if underCertbot.contains(name) {
                    try folder.write(issued.chain, to: "letsencrypt/archive/\(name)/fullchain1.pem")
                    try folder.write(issued.key, to: "letsencrypt/archive/\(name)/privkey1.pem", mode: 0o600)
                    try folder.makeFolder("letsencrypt/live/\(name)")
                    for file in ["fullchain", "privkey"] {
                        try FileManager.default.createSymbolicLink(
                            atPath: folder.file("letsencrypt/live/\(name)/\(file).pem"),
                            withDestinationPath: "../../archive/\(name)/\(file)1.pem")
                    }
                } else {
                    try folder.write(issued.chain, to: tls + ".crt")
                    try folder.write(issued.key, to: tls + ".key", mode: 0o600)
                }
            }
            let live = folder.file("letsencrypt/live")
            nginx = try await OwnServer.nginx(in: try TemporaryFolder("nginx"), serving: names[0]) { name in
                underCertbot.contains(name)
                    ? ("\(live)/\(name)/fullchain.pem", "\(live)/\(name)/privkey.pem")
                    : (folder.file("n/tls/\(name).crt"), folder.file("n/tls/\(name).key"))
            }
            let (h, a) = (try TemporaryFolder("haproxy"), try TemporaryFolder("apache"))
            for (place, target) in [("h", h), ("a", a)] {
                try FileManager.default.moveItem(atPath: folder.file("\(place)/tls"), toPath: target.file("tls"))
            }
            haproxy = try await OwnServer.haproxy(in: h, serving: names[1])
            apache = try await OwnServer.apache(in: a, serving: names[2])
        }

        var configurations: [String] {
            [nginx, haproxy, apache].flatMap { ["--config", $0.configuration] }
        }
    }

    @Test("is seen of mail and database servers, too: the places that their configurations name, and what is served by STARTTLS")
    func mailAndDatabase() async throws {
        let arena = try await Arena.made()
        try await arena.reconcile(exits: 0)
        var servers: [String: OwnServer] = [:]
        for kind in ["postfix", "dovecot", "postgresql"] {
            let folder = try TemporaryFolder(kind)
            let issued = try await arena.authority.issue(kind, days: 60)
            try folder.write(issued.chain, to: "tls/shop.crt")
            let key = try folder.write(issued.key, to: "tls/shop.key", mode: 0o600)
            if kind == "postgresql" { try await run("chown", "postgres", key) }
            servers[kind] =
                switch kind {
                case "postfix": try await OwnServer.postfix(in: folder)
                case "dovecot": try await OwnServer.dovecot(in: folder)
                default: try await OwnServer.postgresql(in: folder)
                }
        }
        let answer = try await arena.countersign(
            arena.globals(of: .gateway) + ["discover", "--format", "json"]
                + servers.values.flatMap { ["--config", $0.configuration] }, as: .gateway, exits: 0
        ).json
        let devices = answer["devices"]?.array ?? []
        #expect(devices.compactMap { $0["kind"]?.string }.sorted() == ["dovecot", "postfix", "postgresql"], "\(answer)")
        let spoken = ["postfix": ["smtp", "tls"], "dovecot": ["imap", "pop3", "tls"], "postgresql": ["postgres"]]
        for device in devices {
            let kind = try #require(device["kind"]?.string)
            let server = try #require(servers[kind])
            let slots = device["slots"]?.array ?? []
            #expect(device["error"] == .null && slots.count == 1, "\(device)")
            #expect(slots.first?["certificate"]?.string == server.folder.file("tls/shop.crt"))
            #expect(slots.first?["mode"] == "0600")
            // And nothing where dovecot would listen only if submission were switched on.
            let endpoints = slots.first?["endpoints"]?.array ?? []
            let ports = Set(server.ports.values.map { Int64($0) })
            #expect(Set(endpoints.compactMap { $0["port"]?.integer }) == ports, "\(endpoints)")
            #expect(endpoints.allSatisfy { $0["verdict"] == "matched" }, "\(endpoints)")
            #expect(Set(endpoints.compactMap { $0["protocol"]?.string }).sorted() == spoken[kind], "\(endpoints)")
        }
    }

    @Test("by what discover proposes, one policy change, and one signature at each level")
    func broughtIn() async throws {
        let arena = try await Arena.made()
        let estate = try await Estate(arena.authority)
        try await arena.reconcile(exits: 0)
        let proposal = arena.clone(of: .gateway) + "/found"
        let answer = try await arena.countersign(
            arena.globals(of: .gateway) + ["discover", "--propose", proposal, "--format", "json"]
                + estate.configurations, as: .gateway, exits: 0
        ).json
        let devices = answer["devices"]?.array ?? []
        #expect(devices.compactMap { $0["kind"]?.string }.sorted() == ["apache", "haproxy", "nginx"])
        for device in devices {
            #expect(device["slots"]?.array?.count == 12, "\(device["kind"]?.string ?? "")")
            #expect(device["declared"] == false && device["error"] == .null && device["unclear"] == [])
            for slot in device["slots"]?.array ?? [] {
                #expect(slot["endpoints"]?.array?.contains { $0["verdict"] == "matched" } == true, "\(slot)")
                #expect(slot["mode"] == "0600")
            }
        }
        #expect(answer["summary"]?["managedByOthers"] == 2)
        #expect(answer["proposal"]?["left"] == [])
        #expect(answer["proposal"]?["monitored"]?.array?.first?["managedBy"] == "certbot")
        #expect(answer["proposal"]?["policyChange"]?.array?.count == 4)
        #expect(answer["proposal"]?["declarations"]?.array?.count == 36 * 4)
        let again = try await arena.refusal(as: .gateway, "discover", "--propose", proposal)
        #expect(again.code == "NotEmpty")

        // Alice takes it over: devices first, by a change of their own.
        try await bring(proposal + "/policy-change", into: "found/policy-change", "Bring our servers in", arena)
        try await arena.reconcile(exits: 2)
        let change = try await arena.changeDigest()
        for actor in [Arena.Actor.bob, .dave] { try await arena.approve(change, as: actor) }
        try await arena.reconcile(exits: 0)
        try await bring(proposal + "/declarations", into: "found/declarations", "Declare what our servers hold", arena)
        try await arena.reconcile(exits: 0)
        let orders = try await arena.plan(as: .bob, exits: nil)["workOrders"]?.array ?? []
        #expect(orders.count == 37, "those, and the shop's")
        #expect(orders.allSatisfy { $0["action"] == "adopt" && $0["state"] == "Requested" && $0["blocks"] == [] })

        let before = try Self.files(below: [estate.folder.path, estate.haproxy.folder.path, estate.apache.folder.path])
        let digests = orders.compactMap { $0["digest"]?.string }
        for (actor, verb) in [(Arena.Actor.bob, "approve"), (.dave, "implement")] {
            let signed = try await arena.countersign(
                arena.globals(of: actor) + [verb] + digests + ["--yes", "--format", "json"], as: actor, exits: 0)
            #expect(try signed.json["commit"]?.string != nil, "one record: \(signed)")
        }
        try await arena.reconcile(exits: 0)
        let status = try await arena.status()
        let connectors = status["connectors"]?.array ?? []
        #expect(connectors.filter { $0["sync"] == "InSync" && $0["syncReason"] == .null }.count == 37)
        #expect(try await arena.plan(exits: nil)["workOrders"]?.array?.isEmpty == true)
        #expect(
            try Self.files(below: [estate.folder.path, estate.haproxy.folder.path, estate.apache.folder.path]) == before
        )

        // Nothing is left to propose, and what has not changed is not read again.
        let later = try await arena.countersign(
            as: .gateway, "discover", "--format", "json", exits: nil
        ).json
        let mine = (later["devices"]?.array ?? []).filter { $0["declared"] == true }
        #expect(mine.count == 5)
        #expect(mine.allSatisfy { $0["error"] == .null })
        #expect(mine.flatMap { $0["slots"]?.array ?? [] }.allSatisfy { $0["connector"] != .null })
        let unchanged = try await arena.countersign(as: .gateway, "discover", "edge-1", "--format", "json", exits: 0)
            .json
        #expect(unchanged["devices"]?.array?.first?["unchangedSince"]?.string != nil)
        #expect(unchanged["devices"]?.array?.count == 1)
        #expect(try await arena.refusal(as: .gateway, "discover", "edge-2").said.contains("did you mean edge-1?"))
        #expect(try await arena.refusal(as: .bob, "discover").code == "NotGateway")
    }

    private func bring(_ from: String, into place: String, _ message: String, _ arena: Arena) async throws {
        let target = arena.clone(of: .alice) + "/" + place
        try FileManager.default.createDirectory(
            atPath: (target as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try FileManager.default.copyItem(atPath: from, toPath: target)
        try await arena.git(.alice, "add", "-A")
        try await arena.git(.alice, ["commit", "-q", "-m", message])
        try await arena.git(.alice, "push", "-q", "origin", "HEAD:main")
    }

    /// Every file with its bytes and when it was last written.
    private static func files(below folders: [String]) throws -> [String: String] {
        var all: [String: String] = [:]
        for folder in folders {
            for name in FileManager.default.enumerator(atPath: folder)?.compactMap({ $0 as? String }) ?? []
            where name.hasSuffix(".pem") || name.hasSuffix(".crt") || name.hasSuffix(".key") {
                let file = try SlotFile("\(folder)/\(name)")
                all["\(folder)/\(name)"] =
                    "\(file.inode) \(file.seconds).\(file.nanoseconds) \(Hex.encode(FileDigest(hashing: file.bytes).bytes))"
            }
        }
        return all
    }
}
