// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Operations
import Planning
import Processes
import Reconciler
import TestKit
import Testing
import Vocabulary

@Suite("The Push Validation Report") struct ReportStoryTests {
    private static func midnight(after time: Timestamp) -> Timestamp {
        Timestamp(secondsSince1970: (time.secondsSince1970 / 86_400 + 1) * 86_400)
    }

    @Test("is written to the status branch once a day, with what failed and since when, and later ones are compared with it")
    func daily() async throws {
        let (timeline, renewed, digest) = try await Timeline.asked()
        let arena = timeline.arena
        try await timeline.approve(digest)
        try await timeline.implement(digest)
        try await timeline.expectPushed()
        func files() async throws -> [String] {
            let tip = try await arena.statusTip().required
            let listed = try await run("git", "--git-dir", arena.origin, "ls-tree", "-r", "--name-only", tip, "reports/")
            return listed.outputText.split(separator: "\n").map(String.init)
        }
        try await timeline.pass()
        #expect(try await files().isEmpty)

        // The first pass of the next day tells of this one.
        let tomorrow = Self.midnight(after: timeline.start)
        try timeline.move(toTime: tomorrow - 1)
        try await timeline.pass()
        #expect(try await files().isEmpty)
        try timeline.move(toTime: tomorrow)
        try await timeline.pass()
        let first = try await files()
        #expect(first.count == 1 && first[0].hasPrefix("reports/20") && first[0].hasSuffix(".json"), "\(first)")
        try timeline.move(toTime: tomorrow + .hours(1))
        try await timeline.pass()
        #expect(try await files() == first)
        let text = try await run("git", "--git-dir", arena.origin, "show", "\(try await arena.statusTip().required):\(first[0])")
        let figures = try JSONValue(parsing: text.output)
        #expect(figures["total"] == 1 && figures["successful"] == 1)
        #expect(figures["shares"]?["deviceKind"]?.array?.first?["name"] == "nginx")
        #expect(figures["shares"]?["policy"]?.array?.first?["name"] == "default")
        #expect(figures["endpoints"]?["matched"] == 1)

        // Whoever asks for a report sees the trend; the page is one file without a script.
        let asked = try await arena.countersign(
            as: .bob, "report", "--since", "2020-01-01T00:00:00Z", "--format", "json", exits: 0
        ).json
        #expect(asked["trend"]?.array?.map { $0["successfulPercent"] } == [100])
        #expect(asked["shares"]?["certificate"]?.array?.first?["name"]?.string == Arena.certificate)
        let page = try await arena.countersign(
            as: .bob, "report", "--since", "2020-01-01T00:00:00Z", "--format", "html", exits: 0
        ).output
        #expect(page.hasPrefix("<!doctype html>") && page.contains("default-src 'none'; style-src 'sha256-"))
        #expect(!page.contains("<script") && !page.contains(" style=") && !page.contains("src=") && !page.contains("href="))
        #expect(page.contains(String(renewed.leaf.prefix(8))) && page.contains("100 %"))

        // Somebody else's certificate is served the day after: the push counts as failed from then on, since that day.
        let stray = try await arena.authority.issue("stray", days: 5)
        let second = tomorrow + .days(1)
        try timeline.move(toTime: second)
        try arena.folder.write(stray.chain, to: "slot/shop.crt")
        try arena.folder.write(stray.key, to: "slot/shop.key", mode: 0o600)
        try await run(arena.nginx.reload)
        try await eventually("nginx serves it") { try await timeline.serves(stray) }
        let drifted = try await timeline.pass()
        #expect(drifted.plan.plan.drift.count == 1)
        let after = try await arena.countersign(
            as: .bob, "report", "--since", "2020-01-01T00:00:00Z", "--format", "json", exits: 0
        ).json
        #expect(after["summary"]?["failed"] == 1)
        #expect(after["failures"]?.array?.first?["reason"]?.string?.contains("another certificate is served") == true)
        let shown = try await arena.countersign(as: .bob, "report", "--since", "2020-01-01T00:00:00Z", exits: 0).output
        #expect(shown.contains("−100 points against 100 % of 1 in the report until"), "\(shown)")
    }
}
