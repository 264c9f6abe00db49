// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Processes
import TestKit
import Testing
import Vocabulary

/// `countersign run` on the gateway of an arena, ended by its own process id.
struct Running {
    private let arena: Arena
    private let process: Task<ProcessResult, any Error>

    /// - Parameter isAgain: what it says comes after what one before it said.
    init(_ arena: Arena, interval: Int? = nil, options: [String] = [], isAgain: Bool = false) async throws {
        self.arena = arena
        let former = isAgain ? try Self.processID(arena) : 0
        // Into a file, so that it can be followed.
        let arguments =
            ["sh", "-c", "exec \"$@\" \(isAgain ? ">>" : ">") \"$0\"", arena.folder.file("run.log"), arena.binary]
            + arena.globals(of: .gateway)
            + ["run", "--format", "json"] + (interval.map { ["--interval", String($0)] } ?? []) + options
        let environment = arena.environment(of: .gateway)
        process = Task { try await outcome(of: arguments, environment: environment, deadline: .seconds(7_200)) }
        try await eventually(within: .seconds(60), "its process id") {
            let id = try Self.processID(arena)
            return id > 0 && id != former
        }
    }

    static func processID(_ arena: Arena) throws -> Int32 {
        Int32(try arena.folder.readText("state/gateway/run.lock").split(separator: "\n").first ?? "") ?? 0
    }

    func wake() async throws { try await arena.countersign(as: .gateway, "wake", exits: 0) }

    /// TERM; what it said, a JSON object a line.
    func stop() async throws -> (status: ProcessResult.Status, events: [JSONValue]) {
        kill(try Self.processID(arena), SIGTERM)
        return (try await process.value.status, try events())
    }

    /// KILL, in the middle of whatever it does.
    func crash() async throws {
        kill(try Self.processID(arena), SIGKILL)
        _ = try await process.value
    }

    /// What it has said so far.
    func events() throws -> [JSONValue] {
        try arena.folder.readText("run.log").split(separator: "\n").map { try JSONValue(parsing: Array($0.utf8)) }
    }
}

@Suite("The reconciler as a service") struct RunTests {
    @Test("pushes what is signed as soon as a hook wakes it, alone on its state, and ends properly when it is told to")
    func woken() async throws {
        let arena = try await Arena.made()
        let running = try await Running(arena, interval: 3600)
        try await eventually(within: .seconds(60), "the first status") { try await arena.statusTip() != nil }
        let second = try await arena.countersign(as: .gateway, "run", "--format", "json", exits: 1)
        #expect(second.output.contains("AlreadyRunning"))

        let renewed = try await arena.renew()
        let digest = try await arena.digest()
        try await arena.approve(digest)
        try await arena.implement(digest)
        #expect(try await arena.served() == arena.old.leaf)
        try await running.wake()
        try await eventually(within: .seconds(60), "the push") { try await arena.served() == renewed.leaf }
        try await eventually(within: .seconds(60), "its status") {
            let status = try await arena.status()
            return status["connectors"]?.array?.first?["sync"] == "InSync"
        }

        let (status, events) = try await running.stop()
        #expect(status == .exited(0))
        #expect(events.first?["event"] == "began")
        #expect(events.last?["event"] == "stopped")
        let pushes = events.flatMap { $0["pushes"]?.array ?? [] }
        #expect(pushes.count == 1 && pushes.first?["outcome"] == "Completed")
        #expect(events.contains { $0["reasons"]?.array == ["wake"] })
        let refused = try await arena.refusal(as: .gateway, "wake")
        #expect(refused.code == "NotRunning")
    }

    @Test("reads its configuration again when it is told to, and keeps the former one where that is wrong")
    func reloaded() async throws {
        let arena = try await Arena.made()
        try arena.folder.write("interval: 3600\n", to: "run.yaml")
        let running = try await Running(arena, options: ["--config", arena.folder.file("run.yaml")])
        func passes() throws -> Int { try running.events().count { $0["event"] == "passed" } }
        try await eventually(within: .seconds(60), "the first pass") { try passes() == 1 }
        try arena.folder.write("intervall: 1\n", to: "run.yaml")
        kill(try Running.processID(arena), SIGHUP)
        try await eventually(within: .seconds(60), "a pass for the signal") { try passes() == 2 }
        try arena.folder.write("interval: 1\n", to: "run.yaml")
        kill(try Running.processID(arena), SIGHUP)
        try await eventually(within: .seconds(60), "passes by themselves") { try passes() >= 5 }
        let reloads = try await running.stop().events.filter { $0["event"] == "reloaded" }
        #expect(reloads.count == 2)
        #expect(reloads.first?["error"]?["message"]?.string?.contains("run.yaml:1:1: error: run has no option") == true)
        #expect(reloads.last?["error"] == .null)
    }

    @Test("pushes at the time that was signed, without anybody waking it")
    func scheduled() async throws {
        let arena = try await Arena.made()
        let running = try await Running(arena, interval: 3600)
        try await eventually(within: .seconds(60), "the first status") { try await arena.statusTip() != nil }
        let renewed = try await arena.renew()
        let digest = try await arena.digest()
        try await arena.approve(digest)
        let start = Int64(time(nil)) + 12
        try await arena.countersign(
            as: .dave, "implement", digest, "--at", "\(Timestamp(secondsSince1970: start))", "--yes", exits: 0)
        try await running.wake()
        try await eventually(within: .seconds(60), "that it knows of the window") {
            try await arena.status()["workOrders"]?.array?.first?["state"] == "Scheduled"
        }
        try await eventually(within: .seconds(90), "the push") { try await arena.served() == renewed.leaf }
        let events = try await running.stop().events
        let push = try #require(events.first { $0["pushes"]?.array?.isEmpty == false })
        // Told after the pass, which began with the window and not before it.
        let told = try #require(push["time"]?.string.flatMap { Timestamp(rfc3339: $0) })
        let began = told.secondsSince1970 * 1000 - (push["milliseconds"]?.integer ?? 0)
        #expect(began >= (start - 1) * 1000)
        #expect(began < (start + 1) * 1000, "within a second of its start")
        #expect(push["reasons"] == [])
    }

    @Test("goes on when the git server has been away, and says that it was")
    func serverAway() async throws {
        let arena = try await Arena.made()
        let running = try await Running(arena, interval: 1)
        try await eventually(within: .seconds(60), "the first status") { try await arena.statusTip() != nil }
        let renewed = try await arena.renew()
        let digest = try await arena.digest()
        let away = arena.origin + ".away"
        try FileManager.default.moveItem(atPath: arena.origin, toPath: away)
        try await running.wake()
        try await eventually(within: .seconds(60), "that it says so") {
            try running.events().contains { event in
                (event["problems"]?.array ?? []).contains { $0["code"]?.string?.hasPrefix("Git") == true }
            }
        }
        try FileManager.default.moveItem(atPath: away, toPath: arena.origin)
        try await arena.approve(digest)
        try await arena.implement(digest)
        try await eventually(within: .seconds(60), "the push") { try await arena.served() == renewed.leaf }
        let (status, events) = try await running.stop()
        #expect(status == .exited(0))
        #expect(events.filter { $0["event"] == "passed" }.count > 1)
    }
}
