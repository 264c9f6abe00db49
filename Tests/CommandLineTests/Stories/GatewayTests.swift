// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Processes
import TestKit
import Testing
import Vocabulary

@Suite("The gateway") struct GatewayTests {
    @Test("shows a private key to nobody: not on the device, in git, in its journal, nor in what it prints")
    func secrecy() async throws {
        // The reload is the moment when everything lies there: it writes down who could read what, and every argv.
        let place = try TemporaryFolder("witness")
        let witness = try place.write(
            """
            #!/bin/sh
            find "$1" -printf '%m %y %p\\n' >"$2/files"
            cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' >"$2/argv"
            shift 2
            exec "$@"

            """, to: "witness", mode: 0o755)
        let arena = try await Arena.made { setting in
            setting.reloadThrough = [witness, "SLOT", place.path]
        }
        try await arena.reconcile(exits: 0)
        let renewed = try await arena.renew()
        let digest = try await arena.digest()
        try await arena.approve(digest)
        try await arena.implement(digest)
        // Whatever umask it is started with.
        let result = try await outcome(
            of: ["sh", "-c", "umask 0; exec \"$0\" \"$@\"", arena.binary, "reconcile", "-v"] + arena.globals(of: .gateway),
            environment: arena.environment(of: .gateway))
        #expect(result.succeeded, "\(result.outputText)\(result.errorText)")
        #expect(try await arena.served() == renewed.leaf)

        let files = try place.readText("files").split(separator: "\n").map { $0.split(separator: " ", maxSplits: 2) }
        #expect(files.contains { $0[2].contains("/.countersign") })
        for file in files where file[1] == "f" && !file[2].hasSuffix(".crt") {
            let isOpen = (Int(file[0], radix: 8) ?? 0o777) & 0o077 != 0
            #expect(!isOpen || !file[2].hasSuffix(".key"), "\(file)")
        }
        for folder in files where folder[1] == "d" && folder[2].contains("/.countersign") {
            #expect((Int(folder[0], radix: 8) ?? 0o777) & 0o077 == 0, "\(folder)")
        }

        // Lines of the key's own base64, without the first, which all P-256 keys share; and its bytes.
        let lines = renewed.key.split(separator: "\n").filter { !$0.hasPrefix("-----") }.dropFirst().map(String.init)
        let raw = try CertificateAuthority.der(ofPEM: renewed.key)[36..<68]
        #expect(lines.count == 2 && raw.count == 32)
        let objects = try await run(
            ["git", "--git-dir", arena.origin, "cat-file", "--batch", "--batch-all-objects"],
            environment: arena.environment(of: .gateway))
        var spoken: [(String, [UInt8])] = [
            ("standard output", result.output), ("standard error", result.errorOutput), ("git", objects.output),
            ("argv", try place.read("argv")),
        ]
        for tree in ["state", "clones", "nginx"] {
            for path in FileManager.default.enumerator(atPath: arena.folder.file(tree))?.allObjects as? [String] ?? [] {
                if let bytes = FileManager.default.contents(atPath: arena.folder.file("\(tree)/\(path)")) {
                    spoken.append(("\(tree)/\(path)", Array(bytes)))
                }
            }
        }
        #expect(spoken.count > 20)
        for (place, bytes) in spoken {
            let data = Data(bytes)
            for secret in lines.map({ Data($0.utf8) }) + [Data(raw)] {
                #expect(data.range(of: secret) == nil, "\(place)")
            }
        }
        // The search itself finds a key where there is one.
        #expect(Data(try arena.folder.read("slot/shop.key")).range(of: Data(lines[0].utf8)) != nil)
    }

    @Test("is one at a time: a second pass on the same state says so and does nothing")
    func twoAtOnce() async throws {
        // The first pass is held in the middle of its reload, until somebody writes into the pipe.
        let place = try TemporaryFolder("hold")
        let hold = try place.write(
            """
            #!/bin/sh
            : >"$1/reloading"
            cat "$1/pipe" >/dev/null
            shift
            exec "$@"

            """, to: "hold", mode: 0o755)
        try await run("mkfifo", place.file("pipe"))
        let (arena, renewed, _) = try await Arena.signed { $0.reloadThrough = [hold, place.path] }
        async let first = arena.countersign(as: .gateway, "reconcile")
        try await eventually("the first pass reloads") { place.exists("reloading") }
        let refused = try await arena.refusal(as: .gateway, "reconcile")
        #expect(refused.code == "JournalBusy")
        #expect(refused.said.contains("another reconcile"))
        // Looking is no pass.
        try await arena.countersign(as: .gateway, "status", exits: 0)
        try await run("sh", "-c", "echo go >\"$0\"", place.file("pipe"))
        #expect(try await first.code == 0)
        #expect(try await arena.served() == renewed.leaf)
    }

    @Test("that is killed in the middle of a reload finishes it with the next pass, and pushes it once")
    func killed() async throws {
        let place = try TemporaryFolder("kill")
        let script = try place.write(
            """
            #!/bin/sh
            echo reload >>"$1/reloads"
            if [ ! -e "$1/killed" ]; then : >"$1/killed"; kill -9 "$PPID"; exit 1; fi
            shift
            exec "$@"

            """, to: "kill", mode: 0o755)
        let (arena, renewed, digest) = try await Arena.signed { $0.reloadThrough = [script, place.path] }
        let result = try await outcome(
            of: [arena.binary, "reconcile"] + arena.globals(of: .gateway), environment: arena.environment(of: .gateway))
        #expect(result.status == .signalled(9))
        #expect(try await arena.served() == arena.old.leaf)

        // The files were switched and nothing was proven: it is undone, or brought to its end. Never left between.
        let pass = try await arena.reconcile(exits: nil)
        let ended = try #require(pass["recovered"]?.array?.first)
        #expect(ended["digest"]?.string == digest)
        let served = try await arena.served()
        #expect(served == (ended["outcome"] == "Completed" ? renewed.leaf : arena.old.leaf))
        let slot = try arena.slotFiles().map(\.bytes)
        let whole = ended["outcome"] == "Completed" ? renewed : arena.old
        #expect(try CertificateAuthority.der(ofPEM: String(decoding: slot[0], as: UTF8.self))
            == CertificateAuthority.der(ofPEM: whole.chain))
        #expect(try CertificateAuthority.der(ofPEM: String(decoding: slot[1], as: UTF8.self))
            == CertificateAuthority.der(ofPEM: whole.key))
        #expect(try place.readText("reloads") == "reload\nreload\n" || ended["outcome"] != "Completed")
    }

    @Test("pushes nothing while the origin cannot be reached, and says so")
    func unreachableOrigin() async throws {
        let (arena, renewed, _) = try await Arena.signed()
        let live = try arena.slotFiles()
        try FileManager.default.moveItem(atPath: arena.origin, toPath: arena.origin + ".away")
        let answer = try await arena.countersign(as: .gateway, "reconcile", exits: 1)
        #expect(answer.errors.contains("countersign: fetch from origin: "), "\(answer)")
        #expect(try arena.slotFiles() == live)
        #expect(try await arena.served() == arena.old.leaf)
        let refused = try await arena.refusal(as: .bob, "plan")
        #expect(refused.code == "GitUnreachable")

        try FileManager.default.moveItem(atPath: arena.origin + ".away", toPath: arena.origin)
        try await arena.reconcile(exits: 0)
        #expect(try await arena.served() == renewed.leaf)
    }

    @Test("still pushes nothing where it had seen all signatures before the origin went away")
    func unreachableAfterSeen() async throws {
        let (arena, renewed, digest) = try await Arena.asked()
        let other = try await arena.authority.issue("other", days: 5)
        try arena.folder.write(other.key, to: "private/\(renewed.spki).key", mode: 0o600)
        try await arena.approve(digest)
        try await arena.implement(digest)
        try await arena.reconcile(exits: 2)  // everything seen; only the right key is missing
        try arena.keep(keyOf: renewed)
        try FileManager.default.moveItem(atPath: arena.origin, toPath: arena.origin + ".away")
        try await arena.countersign(as: .gateway, "reconcile", exits: 1)
        // A revocation could have been waiting there.
        #expect(try await arena.served() == arena.old.leaf)
    }

    @Test("shows with --dry-run what it would do, and does none of it")
    func dryRun() async throws {
        let (arena, _, _) = try await Arena.signed()
        let (live, tip) = (try arena.slotFiles(), try await arena.statusTip())
        let pass = try await arena.countersign(as: .gateway, "reconcile", "--dry-run", "--format", "json").json
        #expect(pass["dryRun"] == true)
        #expect(pass["pushes"] == [])
        #expect(pass["newRecords"] == 2)
        #expect(try arena.slotFiles() == live)
        #expect(try await arena.statusTip() == tip)
        try await arena.reconcile(exits: 0)
    }
}
