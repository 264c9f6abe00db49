// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Processes
import Rendering
import TestKit
import Testing
import Vocabulary

@testable import countersign

@Suite("Global options") struct ArgumentOrderTests {
    @Test(
        "before the command are read as if they stood behind it",
        arguments: [
            ("--repo x plan --base y", "plan --repo x --base y"),
            ("-v --format=json --ref main explain WO-1", "explain -v --format=json --ref main WO-1"),
            ("plan --repo x", "plan --repo x"),
            ("--trust 3f2c trust 3f2c", "trust --trust 3f2c 3f2c"),
            ("--repo trust plan", "plan --repo trust"),
            ("--color never --version", "--version"),
            ("--repo x help plan", "help plan"),
            ("--bogus plan", "--bogus plan"),
            ("--repo x --bogus plan", "--repo x --bogus plan"),
            ("--repo", "--repo"),
            ("--repo x", "--repo x"),
            ("--repo x approve -- -v", "approve --repo x -- -v"),
            ("", ""),
        ])
    func order(given: String, normalised: String) {
        #expect(
            ArgumentOrder.normalised(given.split(separator: " ").map(String.init)).joined(separator: " ") == normalised)
    }

    @Test("tell that JSON is wanted, even where the rest cannot be parsed")
    func json() {
        #expect(ArgumentOrder.wantsJSON(["plan", "--format", "json", "--bogus"]))
        #expect(ArgumentOrder.wantsJSON(["--format=json"]))
        #expect(!ArgumentOrder.wantsJSON(["plan", "--format", "text"]))
        #expect(!ArgumentOrder.wantsJSON(["explain", "--", "--format", "json"]))
    }
}

@Suite("The command line") struct CommandLineTests {
    @Test("says its version, and only that")
    func version() async throws {
        let result = try await BuiltBinary.run("--version")
        #expect((result.code, result.errors) == (0, ""))
        #expect(result.output == Version.text + "\n")
    }

    @Test("lists every command", arguments: ["--help", "-h", "help"])
    func help(argument: String) async throws {
        let result = try await BuiltBinary.run(argument)
        #expect((result.code, result.errors) == (0, ""))
        for command in [
            "init", "validate", "trust", "recorder", "plan", "approve", "implement", "reject", "revoke", "cancel",
            "explain",
            "reconcile", "status",
        ] {
            #expect(result.output.contains("\n  \(command) "), "\(command)")
        }
    }

    @Test(
        "exits 64 on a usage error and says what is wrong on standard error",
        arguments: [
            ([], "a command is missing"), (["pln"], "did you mean \"plan\"?"), (["plan", "--bogus"], "--bogus"),
            (["--format", "xml", "plan"], "xml"), (["approve"], "ids"), (["explain", "a", "b"], "b"),
            (["approve", "--yes", "WO-7Q3K9D2M"], "full digests only"),
            (["implement", "WO-1", "--until", "2026-11-28T22:00:00Z"], "--until needs --at"),
            (["implement", "WO-1", "--at", "tomorrow"], "tomorrow"),
            (["implement", "WO-1", "--at", "2026-11-28T22:00:00Z", "--until", "2026-11-28T22:00:00Z"], "not after"),
            (["implement", "WO-1", "--acknowledge", "changes -1"], "changes -1"),
        ])
    func usage(arguments: [String], said: String) async throws {
        let result = try await outcome(of: [BuiltBinary.path] + arguments)
        #expect(result.status == .exited(64))
        #expect(result.outputText.isEmpty)
        #expect(result.errorText.hasPrefix("countersign: "))
        #expect(result.errorText.contains(said))
    }

    @Test("says usage errors as JSON on standard output where that was asked for")
    func json() async throws {
        let result = try await BuiltBinary.run("--format", "json", "plan", "--bogus")
        let document = try JSONValue(parsing: Array(result.output.utf8))
        #expect((result.code, result.errors) == (64, ""))
        #expect((document["formatVersion"], document["error"]?["code"]) == ("1", "Usage"))
    }

    @Test("repeats no control characters of its arguments")
    func hostileArguments() async throws {
        for arguments in [["plan", "--\u{1b}[31mx"], ["\u{1b}[31mx"], ["plan", "\u{202e}x"]] {
            let result = try await outcome(of: [BuiltBinary.path] + arguments)
            #expect(result.status == .exited(64))
            #expect(!result.errorText.unicodeScalars.contains { $0 != "\n" && Shown.isDangerous($0) })
        }
    }

    @Test("ends quietly with 141 when nobody reads any more")
    func brokenPipe() async throws {
        // A pipe whose reading end is closed before the child begins: no race with a reader that ends.
        let script = """
            import os, subprocess, sys
            reader, writer = os.pipe()
            os.close(reader)
            child = subprocess.run([sys.argv[1], "--help"], stdout=writer, stderr=subprocess.PIPE)
            print(child.returncode, child.stderr.decode(), end="")
            """
        #expect(try await run("python3", "-c", script, BuiltBinary.path).outputText == "141 ")
    }

    @Test("exits 1 and says so when the output cannot be written")
    func fullDisk() async throws {
        let result = try await outcome(of: ["sh", "-c", "exec \"$0\" --help >/dev/full", BuiltBinary.path])
        #expect(result.status == .exited(1))
        #expect(result.errorText == "countersign: cannot write to standard output: No space left on device\n")
    }
}

@Suite("The exit code") struct ExitStatusTests {
    @Test("of a usage error is EX_USAGE, and a closed pipe is what the signal would have been")
    func codes() {
        #expect(ExitStatus.usage.code == 64)
        #expect(ExitStatus.brokenPipe.code == 128 + 13)
        #expect(
            [Verdict.nothing, .failed, .changes, .limited, .pushFailed].map { ExitStatus($0).code } == [0, 1, 2, 3, 4])
    }
}
