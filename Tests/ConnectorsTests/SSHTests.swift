// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization
import TestKit
import Testing
import Vocabulary

@testable import Connectors
@testable import Declarations
@testable import Planning

extension SSHServer {
    func connection(knownHosts: String? = nil, become: Bool = false) -> SSHConnection {
        let address = DeviceSpec.SSH(
            host: host, port: Int(port), user: "root", knownHosts: "devices/known_hosts", become: become)
        return SSHConnection(
            address, knownHosts: Array((knownHosts ?? knownHost).utf8), connectLimit: .seconds(60), program: client)
    }
}

/// How a device is reached.
enum Way: String, CaseIterable, Sendable {
    case here, ssh
    static let all = Way.allCases

    func transport() async throws -> any Transport {
        switch self {
        case .here: LocalTransport()
        case .ssh: SSHTransport(try await Self.shared.value.connection)
        }
    }

    private struct Shared: Sendable {
        var server: SSHServer
        var folder: TemporaryFolder
        var connection: SSHConnection
    }

    /// One for the whole process: a static value has no end, hence `atexit`.
    private static let shared = Task {
        let folder = try TemporaryFolder("sshd")
        let server = try await SSHServer(in: folder)
        let shared = Shared(server: server, folder: folder, connection: server.connection())
        Self.last.withLock { $0 = shared }
        atexit {
            Way.last.withLock { last in
                last?.server.stop()
                last?.connection.drop()
                last?.folder.remove()
            }
        }
        return shared
    }
    private static let last = Mutex<Shared?>(nil)
}

@Suite("A device over ssh", .enabled(if: geteuid() == 0, "sshd lets root in as root")) struct SSHTests {
    let folder: TemporaryFolder
    let server: SSHServer

    init() async throws {
        folder = try TemporaryFolder("ssh")
        server = try await SSHServer(in: folder)
    }

    private func error(_ connection: SSHConnection) async -> DeviceError? {
        do {
            _ = try await SSHTransport(connection).perform([.list("/")], within: .seconds(60))
            return nil
        } catch {
            return error
        }
    }

    @Test("is not spoken to with a host key that is unknown, or other than the repository's") func hostKeys()
        async throws
    {
        let unknown = await error(server.connection(knownHosts: ""))
        #expect(unknown?.code == .denied)
        #expect(unknown?.detail.contains("no host key of it is in devices/known_hosts") == true)
        let other = try await SSHKey("other", in: folder)
        let changed = await error(server.connection(knownHosts: "[\(server.host)]:\(server.port) \(other.key)\n"))
        #expect(changed?.code == .denied)
        #expect(changed?.detail.contains("its host key is not the one in devices/known_hosts") == true)
        #expect(await error(server.connection()) == nil)
        server.stop()
        try await eventually(within: .seconds(60)) { !folder.exists("ssh/sshd.pid") }
        #expect(await error(server.connection())?.code == .unreachable)
    }

    @Test("is worked on as another user by sudo, which never asks") func become() async throws {
        let results = try await SSHTransport(server.connection(become: true)).perform(
            [.run(["sh", "-c", "echo $SUDO_USER"], input: nil, outputLimit: 100)], within: .seconds(60))
        guard case .ran(0, let output, _, _) = results[0] else {
            Issue.record("\(results)")
            return
        }
        #expect(output == Array("root\n".utf8))
    }

    @Test("keeps no folder and no socket here, and hears nothing of a secret in its arguments") func leftovers()
        async throws
    {
        let connection = server.connection()
        let path = try #require(try connection.arguments().first { $0.hasPrefix("ControlPath=") }?.dropFirst(12))
        let place = String(path.dropLast(2))
        try folder.makeFolder(".countersign")
        let key = folder.file(".countersign/key")
        let secret = "MHcCAQEEIBkqhkiG9w0"
        let results = try await SSHTransport(connection).perform(
            [
                .write(key, Place.secret(secret), Ownership(owner: nil, mode: 0o600)),
                .run(["sh", "-c", "cat /proc/[0-9]*/cmdline"], input: nil, outputLimit: 1 << 22),
            ], within: .seconds(60))
        guard case .ran(_, let output, _, _) = results[1] else { return }
        #expect(String(decoding: output, as: UTF8.self).contains("exec(f.read"))
        #expect(!String(decoding: output, as: UTF8.self).contains(secret))
        #expect(try folder.readText(".countersign/key") == secret)
        #expect(FileManager.default.fileExists(atPath: place + "/m"))
        let mode = try FileManager.default.attributesOfItem(atPath: place)[.posixPermissions] as? Int
        #expect(mode == 0o700)
        connection.drop()
        #expect(!FileManager.default.fileExists(atPath: place))
    }

    @Test("that hangs costs its own time limit, and the next call is answered") func hang() async throws {
        let transport = SSHTransport(server.connection())
        _ = try await transport.perform([.list("/")], within: .seconds(60))
        let start = ContinuousClock.now
        let error = await #expect(throws: DeviceError.self) {
            try await transport.perform(
                [.run(["sh", "-c", "trap '' TERM; sleep 600"], input: nil, outputLimit: 10)], within: .milliseconds(200)
            )
        }
        #expect(error?.code == .timedOut)
        #expect(ContinuousClock.now - start < .seconds(60))
        _ = try await transport.perform([.list("/")], within: .seconds(60))
    }

    /// Whatever was done before the connection was lost, the next pass leads it to a whole pair.
    @Test("whose connection is lost at any step has a whole pair after the next pass", arguments: [false, true])
    func lost(undoes: Bool) async throws {
        let (old, new) = (try await Pair(), try await Pair())
        let connection = server.connection()
        var points = 0
        // Every step takes minutes: each fifth, others with undo than without; all of them with COUNTERSIGN_TESTS_THOROUGH=1.
        let isThorough = ProcessInfo.processInfo.environment["COUNTERSIGN_TESTS_THOROUGH"] == "1"
        for stop in stride(from: undoes && !isThorough ? 2 : 0, to: 1_000, by: isThorough ? 1 : 5) {
            let place = try Place()
            try place.put(old)
            let batch = place.batch(
                try place.candidate(new, place.slot(), expects: .certificate(leaf: old.leaf)))
            let slots = batch.candidates.map(\.slot)
            let next = try place.driver(through: SSHTransport(connection))
            let losing = LosingTransport.Counter(before: stop)
            let first = try place.driver(through: LosingTransport(wrapping: SSHTransport(connection), losing))
            let failed: DeviceError?
            do throws(DeviceError) {
                try await first.install(try await first.stage(batch, fence: 1), fence: 1)
                failed = nil
            } catch {
                failed = error
            }
            guard losing.lostBefore != nil else { break }
            #expect(failed?.code == .unreachable, "lost before step \(stop)")
            points += 1
            if undoes {
                try await next.undo(batch.id, slots: slots, fence: 2)
            } else {
                do throws(DeviceError) {
                    try await next.install(try await next.stage(batch, fence: 2), fence: 2)
                } catch {
                    // It was lost in the middle of the switch: what was begun is undone first, as recovery does.
                    #expect(error.code == .failed, "lost before step \(stop): \(error)")
                    try await next.undo(batch.id, slots: slots, fence: 2)
                    try await next.clean(batch.id, slots: slots, fence: 2)
                    var again = batch
                    again.id = BatchID("00000000000000bb")
                    try await next.install(try await next.stage(again, fence: 2), fence: 2)
                }
            }
            let pair = undoes ? old : new
            #expect(try place.folder.read("tls/shop.crt") == pair.certificate, "lost before step \(stop)")
            #expect(try place.folder.read("tls/shop.key") == pair.privateKey, "lost before step \(stop)")
            let seen = try await next.observe(slots, unlessStill: nil)
            #expect(seen.slots?.first?.holding == .certificate(leaf: pair.leaf), "lost before step \(stop)")
            try await next.clean(batch.id, slots: slots, fence: 2)
        }
        #expect(points >= (isThorough ? 10 : 3))
    }

    /// Everything that a push does, in the order in which the reconciler does it.
    @Test(
        "takes five round trips for a push from the look before it on, for a hundred slots as for one",
        arguments: [1, 100])
    func roundTrips(count: Int) async throws {
        let (old, new) = (try await Pair(), try await Pair())
        let place = try Place()
        let candidates = try (0..<count).map { number in
            let name = "shop-\(number)"
            try place.put(old, as: name)
            return try place.candidate(new, place.slot(name), expects: .certificate(leaf: old.leaf), name)
        }
        let batch = Batch(id: BatchID("00000000000000aa"), candidates: candidates)
        let slots = candidates.map(\.slot)
        let log = place.folder.file("reloads")
        let driver = try place.driver(
            through: SSHTransport(server.connection()), reload: ["sh", "-c", "echo reload >> '\(log)'"])
        let before = server.calls
        _ = try await driver.observe(slots, unlessStill: nil)
        let (staged, verdicts) = try await driver.prepare(batch, fence: 1)
        _ = try await driver.switchOver(staged, fence: 1)
        try await driver.clean(batch.id, slots: slots, fence: 1)
        let seen = try await driver.observe(slots, unlessStill: nil)
        #expect(server.calls - before == 5)
        #expect(verdicts.values.allSatisfy { $0 == .accepted } && verdicts.count == count)
        #expect(seen.slots?.count == count)
        #expect(seen.slots?.allSatisfy { $0.holding == .certificate(leaf: new.leaf) } == true)
        #expect(seen.leftovers == .none)
        #expect(try place.folder.readText("reloads") == "reload\n")
        let kept = place.folder.file("tls/.countersign/_previous/\(old.leaf.hex)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: kept).sorted() == ["certificate", "privateKey"])
    }
}
