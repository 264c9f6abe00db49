// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Processes
import TestKit
import Vocabulary

/// A world in which there is something of everything to see: pushed, waiting, blocked, rolled back, changed by hand, ending soon, without
/// a connector, and with names that want to be more than text.
struct ShopWindow {
    static let hostile = "<img src=x onerror=document.title='owned'>"
    let arena: Arena
    /// Signed by bob, waits for dave.
    private(set) var waiting = ""
    private(set) var completed = ""
    private(set) var rolledBack = ""

    static func made() async throws -> ShopWindow {
        let arena = try await Arena.made { $0.device = ["timeouts: {settle: 3s}"] }
        var window = ShopWindow(arena: arena)
        try await window.declare()
        try await window.live()
        return window
    }

    private func slot(_ name: String) -> (certificate: String, key: String) {
        (arena.folder.file("slot/\(name).crt"), arena.folder.file("slot/\(name).key"))
    }

    private func fill(_ name: String, _ certificate: IssuedCertificate, at place: String = "slot") throws {
        try arena.folder.write(certificate.chain, to: "\(place)/\(name).crt")
        try arena.folder.write(certificate.key, to: "\(place)/\(name).key", mode: 0o600)
    }

    private func declare() async throws {
        var servers = ""
        for (name, days) in [("api", 8), ("mail", 70), ("legacy", 25), ("wiki", 200)] {
            let certificate = try await arena.authority.issue(name, days: days, names: ["\(name).example.com"])
            try arena.keep(keyOf: certificate)
            try fill(name, certificate)
            try arena.write(certificate.chain, to: "certificates/\(name).pem")
            try arena.write(declaration(name), to: "\(name).yaml")
            var place = slot(name)
            if name == "legacy" {
                // Its server reads from elsewhere: what is pushed is never served.
                try fill(name, certificate, at: "elsewhere")
                place = (arena.folder.file("elsewhere/legacy.crt"), arena.folder.file("elsewhere/legacy.key"))
            }
            servers +=
                "server { listen 127.0.0.1:\(arena.nginx.port) ssl; server_name \(name).example.com; ssl_certificate \(place.certificate); ssl_certificate_key \(place.key); }\n"
        }
        let evil = try await arena.authority.issue("evil", days: 300, names: [Self.hostile, "evil.example.com"])
        try arena.keep(keyOf: evil)
        try arena.write(evil.chain, to: "certificates/evil.pem")
        try arena.write(
            """
            apiVersion: countersign/v1
            kind: Certificate
            metadata: {name: evil-example-com}
            spec: {chain: certificates/evil.pem, privateKey: {file: "\(arena.folder.file("private"))/{spki}.key"}}

            """, to: "evil.yaml")
        try arena.nginx.edit { text in
            let end = text.range(of: "}", options: .backwards)?.lowerBound ?? text.endIndex
            return text[..<end] + servers + text[end...]
        }
        try await run(arena.nginx.reload)
        try await arena.commit("Declare everything else that there is\n\n\(Self.hostile)")
        try await arena.reconcile(exits: nil)
        try await sign(await orders { $0["action"] == "adopt" && $0["connector"] != "edge-1-api" })
        try await arena.reconcile(exits: nil)
    }

    private func declaration(_ name: String) -> String {
        let place = slot(name)
        return """
            apiVersion: countersign/v1
            kind: Certificate
            metadata: {name: \(name)-example-com}
            spec: {chain: certificates/\(name).pem, privateKey: {file: "\(arena.folder.file("private"))/{spki}.key"}}
            ---
            apiVersion: countersign/v1
            kind: AppConnector
            metadata: {name: edge-1-\(name)}
            spec:
              device: edge-1
              slot: {certificate: "\(place.certificate)", privateKey: "\(place.key)", mode: "0600"}
              endpoints: [{address: 127.0.0.1, port: \(arena.nginx.port), serverName: \(name).example.com}]
            ---
            apiVersion: countersign/v1
            kind: Binding
            metadata: {name: \(name)-edge}
            spec: {certificate: \(name)-example-com, connectors: [edge-1-\(name)]}

            """
    }

    private mutating func live() async throws {
        _ = try await arena.renew()
        completed = try await one("edge-1-shop")
        try await sign([completed])
        try await arena.reconcile(exits: nil)

        let legacy = try await arena.authority.issue("legacy-new", days: 90, names: ["legacy.example.com"])
        try arena.keep(keyOf: legacy)
        try arena.write(legacy.chain, to: "certificates/legacy.pem")
        try await arena.commit("Renew legacy")
        try await arena.reconcile(exits: nil)
        rolledBack = try await one("edge-1-legacy")
        try await sign([rolledBack])
        try await arena.reconcile(exits: 4)

        let (wiki, stranger) = (
            try await arena.authority.issue("wiki-new", days: 90, names: ["wiki.example.com", "docs.example.com"]),
            try await arena.authority.issue("stranger", days: 40, names: ["mail.example.com"])
        )
        try arena.folder.write(stranger.key, to: "private/\(wiki.spki).key", mode: 0o600)
        try arena.write(wiki.chain, to: "certificates/wiki.pem")
        let next = try await arena.authority.issue("next", days: 90, names: [Arena.host, "m.\(Arena.host)"])
        try arena.keep(keyOf: next)
        try arena.write(next.chain, to: "certificates/shop.pem")
        try arena.edit("shop.yaml") {
            $0.replacing(
                "  chain: certificates/shop.pem\n",
                with: "  chain: certificates/shop.pem\n  dropsNames: [www.\(Arena.host)]\n")
        }
        try await arena.commit("Renew shop and wiki <b>now</b>")
        try fill("mail", stranger)
        try await arena.reconcile(exits: nil)
        waiting = try await one("edge-1-shop")
        try await arena.countersign(as: .bob, "approve", waiting, "--yes", "-m", "Agreed. \(Self.hostile)", exits: 0)
        try await arena.reconcile(exits: nil)
    }

    private func orders(_ isMeant: (JSONValue) -> Bool) async throws -> [String] {
        try await arena.plan(as: .bob, exits: nil)["workOrders"]?.array?.filter(isMeant).compactMap {
            $0["digest"]?.string
        } ?? []
    }

    private func one(_ connector: String) async throws -> String {
        let found = try await orders { $0["connector"]?.string == connector }
        guard found.count == 1 else { throw FixtureError("\(found.count) work orders of \(connector)") }
        return found[0]
    }

    private func sign(_ digests: [String]) async throws {
        for (actor, verb) in [(Arena.Actor.bob, "approve"), (.dave, "implement")] {
            try await arena.countersign(
                arena.globals(of: actor) + [verb] + digests + ["--yes", "-m", "Agreed with netops."], as: actor,
                exits: 0)
        }
    }
}

/// What a web server answers, asked by curl.
struct Fetched {
    var status: Int
    /// Lower-case names.
    var headers: [String: String]
    var body: String
}

/// `countersign run` with its pages.
struct Served {
    let running: Running
    let url: String

    /// - Parameter isWell: whether its first pass can be made.
    init(_ arena: Arena, interval: Int = 3600, isWell: Bool = true, _ options: [String] = []) async throws {
        running = try await Running(arena, interval: interval, options: ["--listen", "0"] + options)
        let running = running
        var found: String?
        try await eventually(within: .seconds(90), "that it listens") {
            found = try running.events().first { $0["event"] == "listening" }?["url"]?.string
            return found != nil
        }
        url = String((found ?? "").dropLast())
        try await eventually(within: .seconds(120), "the first pass") {
            try running.events().contains { $0["event"] == "passed" || !isWell && $0["event"] == "failed" }
        }
    }

    func get(_ path: String, _ options: String...) async throws -> Fetched { try await Self.get(url + path, options) }

    static func get(_ url: String, _ options: [String]) async throws -> Fetched {
        let result = try await outcome(of: ["curl", "-sS", "-i", "--path-as-is", "--max-time", "60"] + options + [url])
        guard result.succeeded else { throw FixtureError("curl \(url): \(result.errorText)") }
        let halves = result.outputText.replacing("\r\n", with: "\n").split(
            separator: "\n\n", maxSplits: 1, omittingEmptySubsequences: false)
        let lines = (halves.first ?? "").split(separator: "\n")
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let sides = line.split(separator: ":", maxSplits: 1)
            if sides.count == 2 {
                headers[sides[0].lowercased()] = String(sides[1]).trimmingCharacters(in: .whitespaces)
            }
        }
        let code = lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        return Fetched(status: code, headers: headers, body: halves.count > 1 ? String(halves[1]) : "")
    }
}
