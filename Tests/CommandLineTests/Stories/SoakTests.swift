// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import Processes
import TestKit
import Testing
import Vocabulary

/// How long, how wide and by which chances: `scripts/soak` says so in the environment. Without it a short form for every test run.
private struct SoakPlan {
    let seconds: Int
    /// Servers of each kind but PostgreSQL, of which there is one.
    let servers: Int
    let slotsOfServer: Int
    let seed: UInt64

    init() {
        let environment = ProcessInfo.processInfo.environment
        func number(_ name: String, _ usual: Int) -> Int { environment[name].flatMap { Int($0) } ?? usual }
        seconds = number("COUNTERSIGN_SOAK_SECONDS", 15)
        let connectors = number("COUNTERSIGN_SOAK_CONNECTORS", 9)
        servers = max(1, connectors / 40)
        slotsOfServer = max(2, (connectors - 1) / (2 * servers))
        seed = UInt64(number("COUNTERSIGN_SOAK_SEED", Int.random(in: 0..<1_000_000)))
    }
}

private enum Weather {
    case renewal, approval, implementation, crash, gitServer, hang, mending

    static let deck: [Weather] = [
        .renewal, .renewal, .approval, .approval, .approval, .implementation, .implementation, .implementation, .crash, .crash,
        .gitServer, .gitServer, .hang, .mending,
    ]
}

/// The same numbers for the same seed (Steele, Lea and Flood, "Fast splittable pseudorandom number generators").
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}

/// Real servers, a git server that people and the service reach by ssh, and a service that is killed and begun again.
private final class SoakWorld {
    struct Place {
        var certificate: String
        var files: [String]
        var port: UInt16
        var servedBy: [String]
    }
    let arena: Arena
    let git: GitServer
    private let folders: [TemporaryFolder]
    let servers: [OwnServer]
    let places: [String: Place]
    /// By certificate: the leaf that is declared.
    private(set) var declared: [String: IssuedCertificate]
    private(set) var running: Running
    private(set) var crashes = 0
    private(set) var memory: [[Int]] = [[]]
    private var issued = 0

    static let certificates = ["soak-a", "soak-b", "soak-c"]

    init(_ plan: SoakPlan) async throws {
        var (folders, servers): ([TemporaryFolder], [OwnServer]) = ([], [])
        let arena = try await Arena.made { setting in
            setting.isTrusted = false
            setting.repository = ["limits: {maxChanged: 100000, maxChangedPercent: 100, floor: 100000}"]
        }
        var declared: [String: IssuedCertificate] = [:]
        for name in Self.certificates {
            declared[name] = try await arena.authority.issue(name, days: 20, names: ["\(name).example.com"])
        }
        var (devices, connectors, places): ([String], [String], [String: Place]) = ([], [], [:])
        func add(_ device: String, _ slot: String, _ files: [String], _ port: UInt16, _ name: String, postgres: Bool = false) {
            let connector = "\(device)-\(slot)"
            let pair =
                files.count == 1
                ? "bundle: \"\(files[0])\""
                : "certificate: \"\(files[0])\", privateKey: \"\(files[1])\""
            connectors.append(
                """
                apiVersion: countersign/v1
                kind: AppConnector
                metadata: {name: \(connector), labels: {holds: \(name)}}
                spec:
                  device: \(device)
                  slot: {\(pair), \(postgres ? "owner: \"postgres:postgres\", " : "")mode: "0600"}
                  endpoints: [{address: 127.0.0.1, port: \(port), serverName: \(name).example.com\(postgres ? ", protocol: postgres" : "")}]

                """)
            places[connector] = Place(
                certificate: name, files: files, port: port, servedBy: postgres ? ["-starttls", "postgres"] : [])
        }
        func device(_ name: String, _ spec: String, _ server: OwnServer) {
            devices.append(
                """
                apiVersion: countersign/v1
                kind: Device
                metadata: {name: \(name)}
                spec:
                  kind: \(spec)
                  zone: default
                  transport: {local: {}}
                  slotRoots: ["\(server.folder.file("tls"))"]
                  timeouts: {reload: 4s, settle: 4s}
                  settle: {handshakes: 3, quiet: 150ms}

                """)
        }
        func words(_ argv: [String]) -> String { "[" + argv.map { "\"\($0)\"" }.joined(separator: ", ") + "]" }
        var next = 0
        func certificate() -> (String, IssuedCertificate) {
            next += 1
            let name = Self.certificates[next % Self.certificates.count]
            return (name, declared[name] ?? arena.old)
        }
        for number in 0..<plan.servers {
            for kind in ["nginx", "haproxy"] {
                let folder = try TemporaryFolder("soak")
                let slots = (0..<plan.slotsOfServer).map { "slot-\($0)" }
                var names: [String] = []
                for slot in slots {
                    let (name, one) = certificate()
                    names.append(name)
                    if kind == "nginx" {
                        try folder.write(one.chain, to: "tls/\(slot).crt")
                        try folder.write(one.key, to: "tls/\(slot).key", mode: 0o600)
                    } else {
                        try folder.write(one.chain + one.key, to: "tls/\(slot).pem", mode: 0o600)
                    }
                }
                let server =
                    kind == "nginx"
                    ? try await OwnServer.nginx(in: folder, serving: slots)
                    : try await OwnServer.haproxy(in: folder, serving: slots)
                let name = "\(kind)-\(number)"
                device(name, "\(kind)\n  \(kind): {config: \"\(server.configuration)\", reload: \(words(server.reload))}", server)
                for (slot, holds) in zip(slots, names) {
                    let files = kind == "nginx" ? ["tls/\(slot).crt", "tls/\(slot).key"] : ["tls/\(slot).pem"]
                    add(name, slot, files.map(folder.file), server.ports[slot] ?? 0, holds)
                }
                folders.append(folder)
                servers.append(server)
            }
        }
        if let binaries = OwnServer.postgresBinaries, geteuid() == 0 {
            let folder = try TemporaryFolder("soak")
            let (name, one) = certificate()
            try folder.write(one.chain, to: "tls/shop.crt")
            try folder.write(one.key, to: "tls/shop.key", mode: 0o600)
            try await run("chown", "-R", "postgres", folder.file("tls/shop.key"))
            let server = try await OwnServer.postgresql(in: folder)
            device(
                "postgresql-0",
                "postgresql\n  postgresql: {config: \"\(server.configuration)\", reload: \(words(server.reload)), binaries: \"\(binaries)\"}",
                server)
            add(
                "postgresql-0", "shop", [folder.file("tls/shop.crt"), folder.file("tls/shop.key")],
                server.ports["postgres"] ?? 0, name, postgres: true)
            folders.append(folder)
            servers.append(server)
        }
        for (name, one) in declared {
            try arena.keep(keyOf: one)
            try arena.write(one.chain, to: "certificates/\(name).pem")
        }
        try arena.write(devices.joined(separator: "---\n"), to: "soak/devices.yaml")
        try arena.write(connectors.joined(separator: "---\n"), to: "soak/connectors.yaml")
        let bindings = Self.certificates.map { name in
            """
            apiVersion: countersign/v1
            kind: Certificate
            metadata: {name: \(name)}
            spec: {chain: certificates/\(name).pem, privateKey: {file: "\(arena.folder.file("private"))/{spki}.key"}}
            ---
            apiVersion: countersign/v1
            kind: Binding
            metadata: {name: \(name)}
            spec: {certificate: \(name), selector: {matchLabels: {holds: \(name)}}}

            """
        }
        try arena.write(bindings.joined(separator: "---\n"), to: "soak/bindings.yaml")
        try await arena.trust(try await arena.commit("Declare what is to be shaken"))
        (self.arena, self.folders, self.servers) = (arena, folders, servers)
        (self.places, self.declared) = (places, declared)
        git = try await GitServer(arena)
        running = try await Running(arena, interval: 1)
    }

    // MARK: what happens

    func renew(_ name: String) async throws {
        issued += 1
        let new = try await arena.authority.issue("\(name)-\(issued)", days: 30 + issued % 300, names: ["\(name).example.com"])
        try arena.keep(keyOf: new)
        try arena.write(new.chain, to: "certificates/\(name).pem")
        declared[name] = new
        try await arena.git(.alice, "add", "-A")
        try await arena.git(.alice, ["commit", "-q", "-m", "Renew \(name)"])
        await publish()
    }

    /// Where the server is away, a later one brings it.
    func publish() async { _ = try? await arena.git(.alice, "push", "-q", "origin", "HEAD:main") }

    /// Some of what this actor could sign; how many there were.
    @discardableResult
    func sign(as actor: Arena.Actor, most: Int, _ chance: inout SplitMix) async -> Int {
        guard let plan = try? await arena.plan(as: actor, exits: nil) else { return 0 }
        let states = actor == .bob ? ["Requested", "Expired"] : ["PushReviewInProgress", "ScheduleMissed"]
        let digests = (plan["workOrders"]?.array ?? []).filter { states.contains($0["state"]?.string ?? "") }
            .compactMap { $0["digest"]?.string }
        let some = digests.shuffled(using: &chance).prefix(most)
        guard !some.isEmpty else { return 0 }
        _ = try? await arena.countersign(
            arena.globals(of: actor) + [actor == .bob ? "approve" : "implement"] + some + ["--yes"], as: actor)
        return digests.count
    }

    func crash() async throws {
        try await running.crash()
        crashes += 1
        memory.append([])
        running = try await Running(arena, interval: 1, isAgain: true)
    }

    /// Resident memory of the service now, in KiB.
    func measure() {
        guard let id = try? Running.processID(arena),
            let status = try? String(contentsOfFile: "/proc/\(id)/status", encoding: .utf8),
            let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmRSS:") }),
            let number = line.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
        else { return }
        memory[memory.count - 1].append(number)
    }

    // MARK: how it stands

    func leaf(of place: Place) async throws -> String {
        let answer = try await run(
            ["openssl", "s_client", "-connect", "127.0.0.1:\(place.port)", "-servername", "\(place.certificate).example.com"]
                + place.servedBy)
        return Hex.encode(FileDigest(hashing: try CertificateAuthority.der(ofPEM: answer.outputText)).bytes)
    }

    /// Leaf and key of a place belong together, as openssl sees it.
    func fits(_ place: Place) async throws -> Bool {
        let certificate = try await run(["openssl", "x509", "-in", place.files[0], "-noout", "-pubkey"]).outputText
        let key = try await run(["openssl", "pkey", "-in", place.files.last ?? "", "-pubout"]).outputText
        return certificate == key
    }
}

@Suite("A service in rough weather", .serialized) struct SoakTests {
    @Test(
        "loses no push and makes none twice, tears no pair, keeps its memory, and ends with everything settled",
        .enabled(if: OwnServer.program("/usr/sbin/haproxy") != nil, "needs haproxy"))
    func soak() async throws {
        let plan = SoakPlan()
        print("soak: seed \(plan.seed), \(plan.seconds) s")
        var chance = SplitMix(state: plan.seed)
        let world = try await SoakWorld(plan)
        let arena = world.arena
        try await eventually(within: .seconds(120), "the first status") { try await arena.statusTip() != nil }

        let start = ContinuousClock.now
        let end = start + .seconds(plan.seconds)
        // Then the service lives on, long enough to see that what it holds does not grow.
        let lastCrash = start + .seconds(plan.seconds / 2)
        var isAway = false
        // Dealt from a deck, so that even the shortest run has something of everything.
        var deck: [Weather] = []
        var rounds = 0
        while true {
            if deck.isEmpty {
                if rounds > 0, ContinuousClock.now >= end { break }
                deck = Weather.deck.shuffled(using: &chance)
                rounds += 1
            }
            world.measure()
            switch deck.removeLast() {
            case .renewal: try await world.renew(SoakWorld.certificates.randomElement(using: &chance) ?? "soak-a")
            case .approval: await world.sign(as: .bob, most: Int.random(in: 1...50, using: &chance), &chance)
            case .implementation: await world.sign(as: .dave, most: Int.random(in: 1...50, using: &chance), &chance)
            case .crash: if rounds == 1 || ContinuousClock.now < lastCrash { try await world.crash() }
            case .gitServer:
                isAway.toggle()
                if isAway { world.git.stop() } else { try await world.git.begin() }
            case .hang: try world.servers.randomElement(using: &chance)?.reloads(by: .hang)
            case .mending: for server in world.servers { server.reloadsAgain() }
            }
        }
        // The weather clears: what is left is signed, and everything comes to an end.
        if isAway { try await world.git.begin() }
        for server in world.servers { server.reloadsAgain() }
        await world.publish()
        try await eventually(within: .seconds(300 + plan.seconds), "that everything is settled") {
            await world.sign(as: .bob, most: 1_000, &chance)
            await world.sign(as: .dave, most: 1_000, &chance)
            let status = try await arena.status()
            // The shop's own connector holds what was declared from the beginning, and is signed for like the others.
            let connectors = status["connectors"]?.array ?? []
            let isTold = connectors.count == world.places.count + 1
            return isTold && status["workOrders"]?.array == [] && connectors.allSatisfy { $0["sync"] == "InSync" && $0["syncReason"] == .null }
        }
        let (status, events) = try await world.running.stop()
        #expect(status == .exited(0))

        for (name, place) in world.places.sorted(by: { $0.key < $1.key }) {
            #expect(try await world.leaf(of: place) == world.declared[place.certificate]?.leaf, "\(name)")
            #expect(try await world.fits(place), "\(name) is torn")
        }
        // Every sequence without a hole, every digest ended once, every record used once: by two audits.
        let audit = try await arena.audited(exits: 0)
        let pushes = audit["workOrders"]?.array ?? []
        #expect(pushes.count >= world.places.count)
        #expect(Set(pushes.compactMap { $0["digest"]?.string }).count == pushes.count)

        // Of each life of the service: what it held in its first passes, beside what it held at its end.
        for life in world.memory where life.count >= 12 {
            let (early, late) = (life[2..<6].max() ?? 0, life.suffix(4).min() ?? 0)
            #expect(late < early * 3 / 2 + 32_768, "from \(early) to \(late) KiB")
            print("soak: a life of \(life.count) looks, from \(early) to \(late) KiB")
        }
        #expect(world.crashes > 0)
        let most = world.memory.joined().max() ?? 0
        print("soak: \(pushes.count) pushes, \(world.crashes) crashes, \(events.count) events, at most \(most) KiB resident")
        withExtendedLifetime(world) {}
    }
}
