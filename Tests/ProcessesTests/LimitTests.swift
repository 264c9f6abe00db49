// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Processes
import Synchronization
import TestKit
import Testing
import Vocabulary

@Suite("A child process beyond its limits") struct LimitTests {
    private func isAlive(_ pid: Int32) -> Bool {
        // A zombie that nobody reaps, as in a container without init, is as good as gone.
        guard kill(pid, 0) == 0, let state = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else {
            return false
        }
        return state.drop { $0 != ")" }.dropFirst(2).first != "Z"
    }

    private func error(_ command: Command) async throws -> ProcessError {
        try #require(await #expect(throws: ProcessError.self) { try await command.run() })
    }

    @Test("is refused for output over the limit, on each of the two", arguments: ["", " >&2"])
    func outputLimit(redirection: String) async throws {
        var command = Command("sh", ["-c", "yes countersign\(redirection)"], deadline: .seconds(30))
        (command.outputLimit, command.errorLimit) = (1000, 1000)
        let error = try await error(command)
        #expect(error.code == .outputLimit)
        #expect(error.detail.contains(redirection.isEmpty ? "standard output" : "standard error"))
    }

    @Test("may say exactly as much as the limit") func exactLimit() async throws {
        let command = Command("printf", ["%s", "12345"], outputLimit: 5, deadline: .seconds(30))
        #expect(try await command.run().outputText == "12345")
        #expect(
            try await error(Command("printf", ["%s", "123456"], outputLimit: 5, deadline: .seconds(30))).code
                == .outputLimit)
    }

    @Test("is ended at the deadline with all of its group, even those that ignore TERM")
    func deadline() async throws {
        let folder = try TemporaryFolder()
        let script = "(trap '' TERM; while :; do sleep 0.05; done) & echo $! > \(folder.file("pid")); wait"
        // On a busy machine the shell may not come so far at first.
        for seconds in [1, 5, 30] where !folder.exists("pid") {
            let error = try await error(
                Command("sh", ["-c", script], deadline: .seconds(seconds), grace: .milliseconds(100)))
            #expect(error.code == .deadline)
        }
        let pid = try #require(Int32(try folder.readText("pid").dropLast()))
        try await eventually("the grandchild has ended") { !isAlive(pid) }
    }

    @Test("is ended at the deadline though it has closed its outputs") func closedOutputs() async throws {
        let error = try await error(
            Command("sh", ["-c", "exec >&- 2>&-; sleep 60"], deadline: .milliseconds(300)))
        #expect(error.code == .deadline)
    }

    @Test("ends when its task is cancelled") func cancellation() async throws {
        let folder = try TemporaryFolder()
        let script =
            "trap 'exit 0' TERM; echo $$ > \(folder.file("new")); mv \(folder.file("new")) \(folder.file("pid")); "
            + "while :; do sleep 0.05; done"
        let task = Task { try await Command("sh", ["-c", script], deadline: .seconds(60)).run() }
        try await eventually("the child runs") { folder.exists("pid") }
        task.cancel()
        let error = await #expect(throws: ProcessError.self) { try await task.value }
        #expect(error?.code == .cancelled)
        let pid = try #require(Int32(try folder.readText("pid").dropLast()))
        try await eventually("the child has ended") { !isAlive(pid) }
    }

    @Test("is not started at all by a task that is cancelled already") func cancelledBefore() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("made")
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            _ = try await Command("touch", [path], deadline: .seconds(60)).run()
        }
        task.cancel()
        let error = await #expect(throws: ProcessError.self) { try await task.value }
        #expect(error?.code == .cancelled)
        #expect(!folder.exists("made"))
    }

    @Test("is not found", arguments: ["countersign-no-such-program", "/no/such/program", "./sh", ""])
    func notFound(program: String) async throws {
        #expect(try await error(Command(program, [], deadline: .seconds(30))).code == .notFound)
    }

    @Test("cannot work in a folder that is not there") func noDirectory() async throws {
        let command = Command("true", [], directory: "/no/such/folder", deadline: .seconds(30))
        #expect(try await error(command).code == .noDirectory)
    }

    @Test("is not started with a NUL in an argument") func nul() async throws {
        #expect(try await error(Command("true", ["a\0b"], deadline: .seconds(30))).code == .notStarted)
    }

    @Test("never shows its arguments or its input in an error") func errors() async throws {
        let secret = "hunter2"
        var command = Command("sleep", ["60", secret], input: .bytes(Array(secret.utf8)), deadline: .milliseconds(50))
        command.program = "sh"
        command.arguments = ["-c", "sleep 60 # \(secret)"]
        #expect(!(try await error(command)).description.contains(secret))
    }

    @Test("has a session of its own, so that nothing in it can ask at our terminal") func ownSession() async throws {
        // proc(5): pid (comm) state ppid pgrp session
        let script = "set -- $(cut -d ' ' -f 1,5,6 /proc/$$/stat); echo $1 $2 $3"
        let text = try await Command("sh", ["-c", script], deadline: .seconds(30)).run().outputText
        let ids = text.split(whereSeparator: \.isWhitespace)
        #expect(ids.count == 3 && Set(ids).count == 1)
    }

    @Test("stays in our process group where the terminal is shared") func sharedTerminal() async throws {
        let command = Command(
            "sh", ["-c", "cut -d ' ' -f 5 /proc/$$/stat; cat"], input: .bytes([0x61]), deadline: .seconds(30),
            terminal: .shared)
        let result = try await command.run()
        #expect(result.outputText == "\(getpgrp())\na")
        #expect(result.errorOutput.isEmpty)
    }

    @Test("is ended at the deadline where the terminal is shared, and we are not") func sharedDeadline() async throws {
        let command = Command("sleep", ["60"], deadline: .milliseconds(200), terminal: .shared)
        #expect(try await error(command).code == .deadline)
    }
}
