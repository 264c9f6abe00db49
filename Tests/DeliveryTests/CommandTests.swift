// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Declarations
import Delivery
import Foundation
import Journal
import Planning
import TestKit
import Testing
import Vocabulary

@Suite("A command as a channel") struct CommandChannelTests {
    @Test("gets the message on standard input and its own arguments as they are declared")
    func input() async throws {
        let folder = try TemporaryFolder("command")
        let program = try folder.write(
            "#!/bin/sh\nprintf '%s\\n' \"$@\" >'\(folder.file("argv"))'\ncat >'\(folder.file("input"))'\n", to: "page",
            mode: 0o755)
        var outbox = try Outbox(in: folder, ["pager": ChannelSpec(.command([program, "--team", "$(id); pki"]))])
        try await outbox.post(["edge-1-shop"], on: "pager")
        #expect(try await outbox.deliver().map(\.error) == [nil])
        #expect(try folder.readText("argv") == "--team\n$(id); pki\n")
        let message = try JSONValue(parsing: Array(try folder.readText("input").utf8))
        #expect(message["alerts"]?.array?.first?["subject"] == "edge-1-shop" && message["zone"] == "default")
    }

    @Test("that fails, hangs, floods or is not there is tried again, and says why")
    func fails() async throws {
        let folder = try TemporaryFolder("command")
        func script(_ name: String, _ body: String) throws -> String {
            try folder.write("#!/bin/sh\n\(body)\n", to: name, mode: 0o755)
        }
        var channels = ["gone": ChannelSpec(.command([folder.file("gone")]), timeout: 5)]
        channels["fails"] = ChannelSpec(
            .command([try script("fails", "printf 'no\\033[2J way\\nmore' >&2; exit 3")]), timeout: 5)
        channels["hangs"] = ChannelSpec(.command([try script("hangs", "exec sleep 600")]), timeout: 1)
        channels["floods"] = ChannelSpec(.command([try script("floods", "exec yes")]), timeout: 5)
        var outbox = try Outbox(in: folder, channels)
        for name in channels.keys { try await outbox.post(["edge-1-shop"], on: name) }
        let results = try await outbox.deliver()
        let errors = Dictionary(
            uniqueKeysWithValues: results.map { ($0.dispatch.channel.text, $0.error?.detail ?? "") })
        #expect(errors["fails"]?.hasSuffix("exit status 3: no\\u{1b}[2J way") == true, "\(errors)")
        #expect(errors["hangs"]?.contains("not done after") == true, "\(errors)")
        #expect(errors["floods"]?.contains("bytes of standard output") == true, "\(errors)")
        #expect(errors["gone"]?.contains("not found") == true, "\(errors)")
        let standings = try await outbox.journal.channelStandings()
        #expect(standings.count == 4 && standings.allSatisfy { $0.waiting == 1 && $0.failure != nil })
    }

    @Test("that is declared no more leaves nothing behind")
    func undeclared() async throws {
        let folder = try TemporaryFolder("command")
        var outbox = try Outbox(
            in: folder, ["gone": ChannelSpec(.command(["/bin/false"])), "stays": ChannelSpec(.command(["/bin/true"]))])
        try await outbox.post(["edge-1-shop"], on: "gone")
        _ = try await outbox.deliver()
        let gone = try #require(ChannelName("gone"))
        outbox.book.channels[gone] = nil
        try await outbox.post(["edge-1-shop"], on: "stays")
        #expect(try await outbox.journal.channelStandings().map(\.channel.text) == ["stays"])
    }
}
