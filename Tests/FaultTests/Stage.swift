// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Processes
import Synchronization
import TestKit
import Vocabulary

/// A world in which everything is signed and the next pass pushes; as often as one likes, since it can be set back to there.
final class Stage: Sendable {
    let arena: Arena
    /// What is signed and not yet pushed.
    let new: IssuedCertificate
    let digest: String
    let variant: Variant
    private let tools: TemporaryFolder
    private let slotBefore = Mutex<[SlotFile]>([])

    /// How the slot's two files change.
    enum Variant: String, Sendable { case rename, link }

    /// The program that reloads nginx.
    var reload: String { tools.file("reload") }

    private init(
        _ arena: Arena, _ new: IssuedCertificate, _ digest: String, _ variant: Variant, _ tools: TemporaryFolder
    ) {
        (self.arena, self.new, self.digest, self.variant, self.tools) = (arena, new, digest, variant, tools)
    }

    static func make(_ variant: Variant = .rename, reach: Arena.Reach = .local) async throws -> Stage {
        let tools = try TemporaryFolder("faults")
        // Counts reloads, then does it.
        let reload = try tools.write(
            """
            #!/bin/sh
            echo reload >>'\(tools.file("reloads"))'
            exec "$(cat '\(tools.file("binary"))')" -c "$(cat '\(tools.file("configuration"))')" -s reload

            """, to: "reload", mode: 0o755)
        let arena = try await Arena.make(Built.countersign) { setting in
            setting.reload = [reload]
            setting.reach = reach
            setting.device = [
                "timeouts: {connect: 2s, check: 10s, reload: 10s, settle: 4s}",
                "settle: {handshakes: 3, quiet: 100ms}",
            ]
        }
        try tools.write(arena.nginx.binary, to: "binary")
        try tools.write(arena.nginx.configuration, to: "configuration")
        try arena.folder.makeFolder("tmp")
        // As on most machines: what keeps others out is each file's own mode.
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: arena.folder.file("slot"))
        try arena.edit("shop.yaml") { text in
            text.replacing("mode: \"0600\"", with: "mode: \"0600\", switch: \(variant)")
        }
        try await arena.commit("Say how the files are switched")
        try await arena.reconcile(exits: 0)
        let new = try await arena.renew()
        let digest = try await arena.digest()
        try await arena.approve(digest)
        try await arena.implement(digest)
        let stage = Stage(arena, new, digest, variant, tools)
        try await stage.copy(from: arena.folder.path, to: tools.makeFolder("kept"))
        return stage
    }

    /// All that a pass changes.
    private static let changing = ["state/gateway", "slot", "origin.git", "clones/gateway", "tmp"]

    private func copy(from: String, to: String) async throws {
        let script = """
            set -eu; from=$1; to=$2; shift 2
            for one in "$@"; do rm -rf "$to/$one"; mkdir -p "$to/$(dirname "$one")"; cp -a "$from/$one" "$to/$one"; done
            """
        try await run(["/bin/sh", "-c", script, "copy", from, to] + Self.changing)
    }

    /// As it was before the push, with an nginx that knows the old certificate only.
    func reset() async throws {
        // Ended and begun again: after a reload, old and new workers would answer side by side for a while.
        arena.nginx.stop()
        try await copy(from: tools.file("kept"), to: arena.folder.path)
        try tools.write("", to: "reloads")
        let slot = try arena.slotFiles()
        slotBefore.withLock { $0 = slot }
        try await eventually("nginx ends") { arena.nginx.processID == nil }
        let log = arena.folder.file("nginx/error.log")
        try await eventually("nginx starts") {
            try await outcome(of: [arena.nginx.binary, "-e", log, "-c", arena.nginx.configuration]).succeeded
        }
    }

    /// The very files from before: same inode, mode, bytes and time. Where paths have become links, they lead there.
    var isSlotUntouched: Bool { get throws { try arena.slotFiles() == slotBefore.withLock { $0 } } }
    var reloads: Int { get throws { try tools.readText("reloads").split(separator: "\n").count } }

    // MARK: passes

    struct Disturbance: Sendable {
        /// `absence`: the device is away from the beginning.
        enum Kind: String, Sendable { case kill, failure, outage, absence, loss }
        /// A number, or how the name of a point begins.
        var point: String
        var kind: Kind
        init(point: Int, kind: Kind) { (self.point, self.kind) = (String(point), kind) }
        init(at name: String, kind: Kind) { (point, self.kind) = (name, kind) }
    }

    struct DisturbedPass: Sendable {
        var status: ProcessResult.Status
        /// What `reconcile --format json` prints; nil where it did not come to that.
        var report: JSONValue?
        var said: String
        /// The points it passed, the one that was disturbed included.
        var points: [String]

        func outcomes(_ member: String) -> [String] {
            (report?[member]?.array ?? []).compactMap { $0["outcome"]?.string }
        }
        func passed(_ point: String) -> Bool { points.contains { $0.hasPrefix(point) } }
    }

    func pass(_ disturbance: Disturbance? = nil) async throws -> DisturbedPass {
        let stop = disturbance.map { ["--stop", $0.point, "--by", $0.kind.rawValue] } ?? []
        let result = try await outcome(
            of: [Built.reconcileWithFaults] + arena.globals(of: .gateway) + ["--points", tools.file("points")] + stop,
            environment: arena.environment(of: .gateway).merging(["TMPDIR": arena.folder.file("tmp")]) { $1 })
        return DisturbedPass(
            status: result.status, report: try? JSONValue(parsing: result.output), said: result.errorText,
            points: try tools.readText("points").split(separator: "\n").map(String.init))
    }

    struct Pass: Sendable {
        var code: Int32
        var report: JSONValue
        func outcomes(_ member: String) -> [String] {
            (report[member]?.array ?? []).compactMap { $0["outcome"]?.string }
        }
        var orders: [JSONValue] { report["plan"]?["workOrders"]?.array ?? [] }
    }

    /// The command itself, undisturbed.
    func reconcile() async throws -> Pass {
        let answer = try await arena.countersign(as: .gateway, "reconcile", "--format", "json")
        return Pass(code: answer.code, report: try answer.json)
    }
}

/// What was built beside this test bundle.
enum Built {
    static let countersign = path("countersign")
    static let reconcileWithFaults = path("reconcile-with-faults")

    private static func path(_ name: String) -> String {
        let bundle = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        return bundle.deletingLastPathComponent().appending(path: name).path
    }
}
