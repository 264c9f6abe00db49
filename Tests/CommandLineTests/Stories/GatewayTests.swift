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
        // When the candidate is checked and when it is made live, everything lies there: a witness in nginx's place writes down
        // who could read a key, and every argv.
        let place = try TemporaryFolder("witness")
        let witness = try place.write(
            """
            #!/bin/sh
            cd '\(place.path)'
            grep -rlZ 'PRIVATE KEY' "$(cat slot)" | xargs -0 -r stat -c 'key %a %n' >>seen
            find "$(cat slot)" -name .countersign -type d -printf 'folder %m %p\\n' >>seen
            cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' >>argv
            case "$1" in /*) ;; *) set -- "$(cat nginx)" "$@" ;; esac
            exec "$@"

            """, to: "witness", mode: 0o755)
        let arena = try await Arena.made {
            $0.binary = witness
            $0.reloadThrough = [witness]
        }
        try place.write(arena.folder.file("slot"), to: "slot")
        try place.write(arena.nginx.binary, to: "nginx")
        try await arena.reconcile(exits: 0)
        let renewed = try await arena.renew()
        let digest = try await arena.digest()
        try await arena.approve(digest)
        try await arena.implement(digest)
        // Whatever umask it is started with.
        let result = try await outcome(
            of: ["sh", "-c", "umask 0; exec \"$0\" \"$@\"", arena.binary, "reconcile", "-v"]
                + arena.globals(of: .gateway),
            environment: arena.environment(of: .gateway))
        #expect(result.succeeded, "\(result.outputText)\(result.errorText)")
        #expect(try await arena.served() == renewed.leaf)

        let seen = try place.readText("seen").split(separator: "\n").map { $0.split(separator: " ", maxSplits: 2) }
        #expect(seen.contains { $0[0] == "key" && $0[2].contains("/.countersign/") })
        #expect(seen.contains { $0[0] == "key" && $0[2] == arena.slot.key })
        #expect(seen.contains { $0[0] == "folder" })
        for entry in seen { #expect((Int(entry[1], radix: 8) ?? 0o777) & 0o077 == 0, "\(entry)") }

        // Of the PKCS#8 of a P-256 key, bytes 36 to 67 are the secret: the second line of its base64 holds most of it. (The
        // first begins alike for all, and the third is the public key, which stands in the certificate.)
        let raw = try CertificateAuthority.der(ofPEM: renewed.key)[36..<68]
        let line = String(renewed.key.split(separator: "\n")[2])
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
            for secret in [Data(line.utf8), Data(raw), Data(raw.map { String(format: "%02x", $0) }.joined().utf8)] {
                #expect(data.range(of: secret) == nil, "\(place)")
            }
        }
        // The search itself finds a key where there is one.
        #expect(Data(try arena.folder.read("slot/shop.key")).range(of: Data(line.utf8)) != nil)
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
        #expect(
            try CertificateAuthority.der(ofPEM: String(decoding: slot[0], as: UTF8.self))
                == CertificateAuthority.der(ofPEM: whole.chain))
        #expect(
            try CertificateAuthority.der(ofPEM: String(decoding: slot[1], as: UTF8.self))
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

    @Test("pushes nothing with a state that was set back: what was signed could have been used already")
    func stateSetBack() async throws {
        let (arena, _, digest) = try await Arena.asked()
        let (state, copy) = (arena.state(of: .gateway), arena.folder.file("state/copy"))
        try FileManager.default.copyItem(atPath: state, toPath: copy)
        try await arena.approve(digest)
        try await arena.reconcile(exits: 2)  // writes a status commit that the copy knows nothing of
        try FileManager.default.removeItem(atPath: state)
        try FileManager.default.moveItem(atPath: copy, toPath: state)
        try await arena.implement(digest)
        let tip = try await arena.statusTip()
        let answer = try await arena.countersign(as: .gateway, "reconcile", exits: 1)
        #expect(answer.errors.contains("the journal does not know it"), "\(answer)")
        #expect(try await arena.served() == arena.old.leaf)
        #expect(try await arena.statusTip() == tip)
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
