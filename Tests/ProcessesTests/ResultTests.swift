// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Processes
import TestKit
import Testing
import Vocabulary

@Suite("A child process that ends by itself") struct ResultTests {
    private func shell(_ script: String, input: Command.Input = .none) -> Command {
        Command("sh", ["-c", script], input: input, deadline: .seconds(30))
    }

    @Test("gives back its status, both outputs and how long it took") func outputs() async throws {
        let result = try await shell("printf out; printf err >&2; exit 3").run()
        #expect(result.status == .exited(3))
        #expect(result.outputText == "out")
        #expect(result.errorText == "err")
        #expect(result.duration > .zero)
        #expect(!result.succeeded)
    }

    @Test("may end by a signal") func signal() async throws {
        #expect(try await shell("kill -9 $$").run().status == .signalled(9))
    }

    @Test("reads all of its input, more than a pipe holds", arguments: [false, true])
    func input(secret: Bool) async throws {
        let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let input: Command.Input =
            secret ? .secret(bytes.withUnsafeBytes { SecretBytes(copying: $0) }) : .bytes(bytes)
        let result = try await Command("cat", [], input: input, deadline: .seconds(30)).run()
        #expect(result.output == bytes)
    }

    @Test("need not read its input") func inputIgnored() async throws {
        let input = Command.Input.bytes([UInt8](repeating: 0x61, count: 1 << 20))
        #expect(try await shell("exec 0<&-; exit 0", input: input).run().succeeded)
    }

    @Test("gets the variables that are added and not those that are taken away") func environment() async throws {
        let result = try await Command(
            "env", [], environment: ["COUNTERSIGN_ADDED": "a b", "HOME": nil], deadline: .seconds(30)
        ).run()
        let lines = Set(result.outputText.split(separator: "\n"))
        #expect(lines.contains("COUNTERSIGN_ADDED=a b"))
        #expect(!lines.contains { $0.hasPrefix("HOME=") })
        #expect(lines.contains { $0.hasPrefix("PATH=") })
    }

    @Test("works in the folder it is given") func directory() async throws {
        let folder = try TemporaryFolder()
        let result = try await Command("pwd", ["-P"], directory: folder.path, deadline: .seconds(30)).run()
        #expect(result.outputText == folder.path + "\n")
    }

    @Test("gets its arguments as they are, never through a shell") func arguments() async throws {
        let result = try await Command("printf", ["%s|", "$HOME", "a b", "'; exit 1"], deadline: .seconds(30)).run()
        #expect(result.outputText == "$HOME|a b|'; exit 1|")
    }

    @Test("is not waited for longer than itself where it leaves another behind") func leftBehind() async throws {
        let start = ContinuousClock.now
        let result = try await shell("sleep 20 & echo $!").run()
        #expect(ContinuousClock.now - start < .seconds(15))
        let pid = try #require(Int32(result.outputText.dropLast()))
        #expect(kill(pid, SIGKILL) == 0, "it was left alone")
    }

    @Test("runs many at a time") func many() async throws {
        let sum = try await withThrowingTaskGroup(of: Int.self) { group in
            for index in 0..<50 {
                group.addTask {
                    let input = Command.Input.bytes(Array(String(index).utf8))
                    let result = try await Command("cat", [], input: input, deadline: .seconds(60)).run()
                    return Int(result.outputText) ?? -1000
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(sum == 1225)
    }
}
