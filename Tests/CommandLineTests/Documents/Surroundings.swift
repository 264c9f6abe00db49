// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestKit

/// What a page speaks of beside the team and its shop: a forge, a mail server, a state directory by its usual name. Ends with its owner.
final class Surroundings {
    private let forge: PlayedForge?
    private let stunnel: OwnServer?

    static func setting(_ page: String) -> @Sendable (inout Arena.Setting) -> Void {
        { $0.hasRecipient = page == "key-rotation.md" }
    }

    /// Whether this machine has what the page speaks of.
    static func has(_ page: String) -> Bool {
        page != "device-kind.md" || OwnServer.program("/usr/bin/stunnel4") != nil && geteuid() == 0
    }

    init(of page: String, _ reader: inout Reader) async throws {
        let arena = reader.arena
        reader.words += [
            ("/usr/share/doc/countersign/examples", ExampleTests.root.appending(path: "examples").path),
            ("/var/lib/countersign/state", "\(arena.folder.file("home/gateway"))/.state/countersign/\(arena.repositoryID)"),
        ]
        forge = page == "pull-requests.md" ? try await Self.forge(&reader) : nil
        stunnel = page == "device-kind.md" ? try await Self.stunnel(&reader) : nil
        reader.events["alice has the public halves of the gateway's next keys"] = { arena in
            for name in ["recorder.pub", "recipient.pem"] where arena.folder.exists("home/gateway/next/\(name)") {
                try arena.folder.write(try arena.folder.readText("home/gateway/next/\(name)"), to: "home/alice/\(name)")
            }
        }
    }

    private static func forge(_ reader: inout Reader) async throws -> PlayedForge {
        let forge = try await PlayedForge(in: reader.arena.folder)
        reader.words += [
            ("https://api.github.com", forge.address + "/github"), ("github-actions[bot]", "countersign-bot"),
            ("https://gitlab.example.com", forge.address + "/gitlab"), ("https://forgejo.example.com", forge.address + "/forgejo"),
        ]
        reader.events["alice opens the pull request"] = { arena in
            guard let head = try await arena.tip(of: "renew-shop") else { throw FixtureError("there is no such branch") }
            try await forge.show(head)
            try arena.folder.write("sesame\n", to: "home/bob/forge-token", mode: 0o600)
        }
        return forge
    }

    private static func stunnel(_ reader: inout Reader) async throws -> OwnServer {
        let folder = try TemporaryFolder("stunnel")
        try folder.write(reader.arena.old.chain, to: "tls/shop.crt")
        try folder.write(reader.arena.old.key, to: "tls/shop.key", mode: 0o600)
        let server = try await OwnServer.stunnel(in: folder)
        reader.words += [
            ("/usr/local/lib/countersign", folder.file("lib")), ("/etc/stunnel/stunnel.conf", server.configuration),
            ("/usr/local/sbin/reload-stunnel", server.reload[0]), ("/etc/stunnel/tls", folder.file("tls")),
            ("port: 8443", "port: \(server.ports["shop"] ?? 0)"),
        ]
        return server
    }
}
