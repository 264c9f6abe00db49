// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Planning
import StatusBranch
import Testing
import Vocabulary

@Suite("The status branch's page for people") struct ReadmeTests {
    private func text(_ content: StatusContent) throws -> String {
        String(decoding: try required(StatusFiles(content).present["README.md"]), as: UTF8.self)
    }

    private func content(_ plan: Plan, notices: [String] = []) throws -> StatusContent {
        StatusContent(
            repository: Gateway.repositoryID, zone: try Sample.name("default"),
            history: try Sample.history(slots: 0..<1),
            plan: plan, finished: [], evidence: [], notices: notices)
    }

    @Test("shows the worst hundred first, and how many more there are") func worstFirst() throws {
        var views = try (0..<150).map { try Sample.view($0) }
        views[140] = try Sample.view(140, sync: .outOfSync(.changedOnDevice), colour: .red)
        views[141] = try Sample.view(141, sync: .unknown(since: Sample.time(3)), colour: .green)
        let text = try text(content(Sample.plan(views)))
        let rows = text.split(separator: "\n").filter { $0.hasPrefix("| connector-") }
        #expect(rows.count == 100)
        #expect(rows[0].contains("connector-140") && rows[0].contains("red"))
        #expect(rows[1].contains("connector-141"))
        #expect(text.contains("… and 50 more."))
        #expect(text.contains("150 connectors: 148 InSync, 1 OutOfSync, 1 Unknown"))
    }

    @Test("lets no text from outside be markdown, HTML, a link, a mention or a line of its own")
    func hostile() throws {
        let hostile =
            "a | b <img src=x onerror=alert(1)> [x](https://evil.example) @bob `c` **d**\nwww.evil.example\u{202e}"
        let view = try Sample.view(0, sync: .outOfSync(.changedOnDevice), colour: .red)
        let text = try text(content(Sample.plan([view]), notices: [hostile]))
        for forbidden in ["<img", "](", "://", "@bob", "`c`", "**d**", "www.evil", "\u{202e}", "a | b"] {
            #expect(!text.contains(forbidden), "\(forbidden)")
        }
        let row = try #require(text.split(separator: "\n").first { $0.hasPrefix("| connector-0") })
        #expect(row.count { $0 == "|" } == 8)
    }
}
