// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Connectors
import Declarations
import Foundation
import Operations
import Planning
import Synchronization
import TLSProbe
import TestKit
import Testing
import Vocabulary

@testable import Reconciler

/// What every server must stand: the same steps, against the real one, by the same push that the reconciler does.
struct ServerStory: Sendable {
    let server: OwnServer
    let slot: Slot
    let endpoints: [Endpoint]
    var bench: Bench
    let authority: CertificateAuthority
    let old: IssuedCertificate
    let new: IssuedCertificate

    /// - Parameters:
    ///   - start: starts the server; `tls/shop.*` lie there already.
    ///   - bundle: whether the slot is one file.
    init(
        bundle: Bool = false, owner: String? = nil, start: (TemporaryFolder) async throws -> OwnServer,
        declared: (OwnServer) throws -> DeviceSpec.Server, endpoints: (OwnServer) -> [Endpoint]
    ) async throws {
        let folder = try TemporaryFolder("server")
        authority = try await CertificateAuthority(in: folder)
        old = try await authority.issue("old", days: 20)
        new = try await authority.issue("new", days: 80)
        slot = Self.slot("shop", in: folder, bundle: bundle, owner: owner)
        try folder.makeFolder("tls")
        try await Self.put(old, in: slot)
        server = try await start(folder)
        self.endpoints = endpoints(server)
        bench = try await Bench(in: folder, server: try declared(server), settle: .standard)
    }

    static func slot(_ label: String, in folder: TemporaryFolder, bundle: Bool, owner: String? = nil) -> Slot {
        Slot(
            files: bundle
                ? .bundle(folder.file("tls/\(label).pem"))
                : .pair(certificate: folder.file("tls/\(label).crt"), privateKey: folder.file("tls/\(label).key")),
            owner: owner)
    }

    static func put(_ issued: IssuedCertificate, in slot: Slot) async throws {
        switch slot.files {
        case .pair(let certificate, let key):
            try Data(issued.chain.utf8).write(to: URL(fileURLWithPath: certificate))
            try Data(issued.key.utf8).write(to: URL(fileURLWithPath: key))
        case .entry(let name): throw FixtureError("\(name): no file")
        case .bundle(let path): try Data((issued.key + issued.chain).utf8).write(to: URL(fileURLWithPath: path))
        }
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: slot.keyPath)
        if let owner = slot.owner { try await run("chown", owner, slot.keyPath) }
    }

    // MARK: steps

    func push(
        _ label: String, _ installs: IssuedCertificate, over replaces: IssuedCertificate?, in other: Slot? = nil,
        at places: [Endpoint]? = nil, patience: Duration = .seconds(40)
    ) async throws -> Outcome {
        var bench = bench
        bench.device.spec.timeouts.settle = patience
        let order = try bench.order(
            label, other ?? slot, installs: installs, replaces: replaces, endpoints: places ?? endpoints)
        return try required(try await bench.push([order]).first)
    }

    /// Every endpoint serves it now.
    func serves(_ issued: IssuedCertificate, at places: [Endpoint]? = nil) async throws -> Bool {
        let leaf = try required(Fingerprint(hex: issued.leaf))
        var plan = ProbePlan()
        for endpoint in places ?? endpoints { plan.add(endpoint, on: bench.device) }
        return await Prober().probe(plan.targets).allSatisfy { $0.isServedEverywhere(leaf) }
    }

    func isObserved() async throws {
        try await eventually(within: .seconds(30), "the server serves") { try await serves(old) }
        let driver = try bench.driver()
        let seen = try await driver.observe([slot], unlessStill: nil)
        let found = try required(seen.slots?.first)
        #expect(found.holding.leaf?.hex == old.leaf)
        #expect(found.key?.hex == old.spki)
        #expect(seen.referenced == nil || seen.referenced == Set([slot.path, slot.keyPath]))
        #expect(try await driver.observe([slot], unlessStill: seen.token).slots == nil, "nothing has changed")
    }

    /// Before anything live changes, and without a reload.
    ///
    /// - Parameter weakToo: also a key that is too short for its library's security level.
    func refusesBadCandidates(weakToo: Bool = true) async throws {
        let (reloads, files) = (server.reloads, try contents())
        var mismatched = new
        mismatched.key = old.key
        // What our own checks let pass, and only the server's own library objects to.
        let weak = try await authority.issue("weak", days: 80, algorithm: "rsa:1024")
        for (label, candidate) in [("mismatched", mismatched), ("weak", weak)].prefix(weakToo ? 2 : 1) {
            let outcome = try await push(label, candidate, over: old)
            guard case .candidateRefused(let message, _) = outcome else {
                Issue.record("\(label): \(outcome)")
                continue
            }
            #expect(!message.isEmpty)
            #expect(!message.contains("PRIVATE KEY"))
        }
        #expect(server.reloads == reloads)
        #expect(try contents() == files)
        #expect(try await serves(old))
        #expect(try bench.ownKeys() == [])
    }

    /// Not one failed handshake from before the push to after it; and from its end on only the new certificate.
    ///
    /// - Parameter saysGoodbye: what this server itself tells some clients, in its own protocol, while it reloads.
    func renewsUnderLoad(saysGoodbye: [String] = []) async throws {
        let (oldLeaf, newLeaf) = (try required(Fingerprint(hex: old.leaf)), try required(Fingerprint(hex: new.leaf)))
        let load = Load(endpoints, bench.device)
        async let answers = load.run()
        try await eventually(within: .seconds(60), "the load runs") { load.count > 20 }
        let watch = KeyWatch([new.key])
        let (outcome, seen) = try await watch.found { try await push("renewal", new, over: old) }
        #expect(outcome == .completed)
        #expect(seen == [], "no process has the key in its arguments or environment")
        #expect(watch.rounds > 1)
        load.markSettled()
        let settled = load.count
        try await eventually(within: .seconds(60), "the load runs on") { load.count > settled + 20 }
        load.end()
        let all = await answers
        let failures = all.before.union(all.after).subtracting([.leaf(oldLeaf), .leaf(newLeaf)]).filter { answer in
            guard case .failed(let failure) = answer else { return true }
            return !saysGoodbye.contains { "\(failure)".contains($0) }
        }
        #expect(failures == [], "no handshake has failed")
        #expect(all.after == [.leaf(newLeaf)])
        // The issuer's own files aside.
        let files = watch.files(below: server.folder.path).filter { !$0.hasPrefix("ca-") }
        #expect(
            files.map { server.folder.path + "/" + $0 } == [slot.keyPath],
            "the key lies in its slot, and in no log, journal or temporary file")
    }

    /// A reload that lies, and one that fails: undone, and proven.
    func undoesWhatIsNotServed(_ behaviours: [OwnServer.Behaviour] = [.lie, .fail]) async throws {
        let (newer, files) = (try await authority.issue("newer", days: 85), try contents())
        for behaviour in behaviours {
            let outcome = try await server.reloading(by: behaviour) {
                try await push("undone-\(behaviour.rawValue)", newer, over: new, patience: .seconds(4))
            }
            guard case .rolledBack = outcome else {
                Issue.record("\(behaviour): \(outcome)")
                continue
            }
            #expect(try contents() == files)
            #expect(try await serves(new))
        }
    }

    /// A place that the configuration names since a moment ago, and where nothing lies.
    func installsFirst(in other: Slot, at places: [Endpoint]) async throws {
        let first = try await authority.issue("first", days: 50)
        #expect(try await push("first", first, over: nil, in: other, at: places) == .completed)
        #expect(try await serves(first, at: places))
        #expect(try await serves(new))
    }

    func contents() throws -> [Data] {
        try [slot.path, slot.keyPath].map { try Data(contentsOf: URL(fileURLWithPath: $0)) }
    }
}

/// A client that makes fresh handshakes with every endpoint, one after another.
final class Load: Sendable {
    enum Answer: Hashable, Sendable {
        case leaf(Fingerprint)
        case failed(HandshakeFailure)
    }
    private struct State {
        var count = 0
        var isSettled = false
        var isOver = false
        var before: Set<Answer> = []
        var after: Set<Answer> = []
    }
    private let state = Mutex(State())
    private let targets: [ProbeTarget]

    init(_ endpoints: [Endpoint], _ device: Device) {
        var plan = ProbePlan()
        for endpoint in endpoints { plan.add(endpoint, on: device) }
        targets = plan.targets
    }

    var count: Int { state.withLock { $0.count } }
    func markSettled() { state.withLock { $0.isSettled = true } }
    func end() { state.withLock { $0.isOver = true } }

    func run() async -> (before: Set<Answer>, after: Set<Answer>) {
        while state.withLock({ !$0.isOver }) {
            let wasSettled = state.withLock { $0.isSettled }
            let answers = await Prober().probe(targets).flatMap(\.addresses).map { entry -> Answer in
                switch entry.outcome {
                case .served(let served): .leaf(served.leaf)
                case .failed(let failure): .failed(failure)
                }
            }
            state.withLock { state in
                state.count += answers.count
                if wasSettled { state.after.formUnion(answers) } else { state.before.formUnion(answers) }
            }
        }
        return state.withLock { ($0.before, $0.after) }
    }
}
