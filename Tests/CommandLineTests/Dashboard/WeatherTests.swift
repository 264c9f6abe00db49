// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import Processes
import TestKit
import Testing
import Vocabulary

/// What a service outlives: it says so in its health, pushes nothing meanwhile, and goes on.
@Suite("A service in whose world something is wrong") struct WeatherTests {
    /// Signed by both, while whatever is wrong keeps it from being pushed.
    private func expectNotPushed(_ arena: Arena, _ served: Served, _ code: String) async throws {
        try await served.running.wake()
        try await eventually(within: .seconds(90), "that it says so") {
            let ready = try await served.get("/health/ready")
            return ready.status == 503 && ready.body.contains(code)
        }
        #expect(try await served.get("/health/live").status == 200)
        #expect(try await arena.served() == arena.old.leaf)
    }

    private func expectPushed(_ arena: Arena, _ served: Served, _ renewed: IssuedCertificate) async throws {
        try await served.running.wake()
        try await eventually(within: .seconds(90), "the push") { try await arena.served() == renewed.leaf }
        try await eventually(within: .seconds(90), "that it is ready") { try await served.get("/health/ready").status == 200 }
        let (status, _) = try await served.running.stop()
        #expect(status == .exited(0))
    }

    private func signed(_ arena: Arena) async throws -> IssuedCertificate {
        let renewed = try await arena.renew()
        try await arena.reconcile(exits: 2)
        let digest = try await arena.digest()
        try await arena.approve(digest)
        try await arena.implement(digest)
        return renewed
    }

    @Test("waits while the name of its git server is not known, and says so") func names() async throws {
        let arena = try await Arena.made()
        try await arena.reconcile(exits: 0)
        let renewed = try await signed(arena)
        try await arena.git(.gateway, "remote", "set-url", "origin", "https://git.example.invalid/shop.git")
        let served = try await Served(arena, isWell: false)
        try await expectNotPushed(arena, served, "Git")
        let problems = try served.running.events().flatMap { $0["problems"]?.array ?? [] }
        #expect(problems.contains { $0["message"]?.string?.contains("git.example.invalid") ?? false })
        try await arena.git(.gateway, "remote", "set-url", "origin", "file://\(arena.origin)")
        try await expectPushed(arena, served, renewed)
    }

    @Test("waits while its disk is full, and says so", .enabled(if: geteuid() == 0, "needs root")) func disk() async throws {
        let arena = try await Arena.made()
        // Its state on a file system of its own, of which nothing is left in the end.
        let (place, aside) = (arena.state(of: .gateway), arena.folder.file("aside"))
        try FileManager.default.moveItem(atPath: place, toPath: aside)
        try FileManager.default.createDirectory(
            atPath: place, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        try await run("mount", "-t", "tmpfs", "-o", "size=24m,mode=700", "tmpfs", place)
        do {
            try await run("cp", "-a", aside + "/.", place)
            let served = try await Served(arena)
            try await eventually(within: .seconds(60), "the first status") { try await arena.statusTip() != nil }
            let filled = try await outcome(of: ["dd", "if=/dev/zero", "of=\(place)/filler", "bs=4096"])
            #expect(!filled.succeeded && filled.errorText.contains("No space left"))
            let renewed = try await arena.renew()
            let digest = try await arena.digest()
            try await arena.approve(digest)
            try await arena.implement(digest)
            try await expectNotPushed(arena, served, "Journal")
            try FileManager.default.removeItem(atPath: place + "/filler")
            try await expectPushed(arena, served, renewed)
        } catch {
            _ = try? await run("umount", "-l", place)
            throw error
        }
        try await run("umount", "-l", place)
    }

    @Test("does not believe a clock that jumps a day ahead until somebody confirms it, and says so") func clock() async throws {
        let arena = try await Arena.made()
        try await arena.reconcile(exits: 0)
        let renewed = try await signed(arena)
        // As if the wall clock had been two days behind at the last pass, in the same uptime.
        let path = "state/gateway/clock"
        let parts = try arena.folder.readText(path).split(separator: " ").map(String.init)
        let then = try #require(Int64(parts[1]))
        try arena.folder.write("\(parts[0]) \(then - 2 * 86_400) \(parts[2])", to: path)
        let served = try await Served(arena, isWell: false)
        try await expectNotPushed(arena, served, "ClockJumpedAhead")
        try FileManager.default.removeItem(atPath: arena.folder.file(path))
        try await expectPushed(arena, served, renewed)
    }
}
