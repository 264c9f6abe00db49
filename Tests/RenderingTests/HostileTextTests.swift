// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Approvals
import Declarations
import Operations
import Planning
import Rendering
import Testing
import Vocabulary

/// Whatever stands in a certificate, a comment, a path or an answer from a device.
private let hostile =
    "\u{1b}[2J\u{202e}\u{9b}31m\u{0}\r\n\u{2028}|`x` </code><img src=x> @alice [a](http://b) **b**\u{7}"

/// The text outside of code spans, as CommonMark finds them: a row of backticks closes with the next one as long.
private func withoutCodeSpans(_ page: String) -> String {
    var (rest, outside) = (page[...], "")
    while let start = rest.firstIndex(of: "`") {
        outside += rest[..<start]
        let fence = rest[start...].prefix { $0 == "`" }
        rest = rest[fence.endIndex...]
        var search = rest
        while let close = search.firstIndex(of: "`") {
            let run = search[close...].prefix { $0 == "`" }
            search = search[run.endIndex...]
            if run.count == fence.count { break }
        }
        rest = search
    }
    return outside + rest
}

@Suite("Text from outside") struct HostileTextTests {
    static var report: PlanReport {
        let block = Block(.keyMismatch, hostile)
        var order = Example.order("a", state: .blocked(block), blocks: [block])
        order.notes = [hostile]
        order.comment = hostile
        order.deviceKind = hostile
        order.policy?.reason = hostile
        order.installsFacts?.issuer = hostile
        order.installsFacts?.dnsNames = [hostile]
        order.requesters.people[Example.name("alice")]?.what = hostile
        order.requesters.unknown = .init(commit: Example.commit("u"), what: hostile)
        order.judgement.levels[0].name = hostile
        var given = Example.given("bob", comment: hostile)
        given.key = hostile
        order.judgement.levels[0].given = [given]
        order.judgement.refused = [.init(commit: Example.commit("r"), refusal: Refusal(.malformed, hostile))]
        order.judgement.tombstone = .rejected(by: Example.name("bob"), commit: Example.commit("t"), comment: hostile)
        order.history.outcome = .rolledBack(message: hostile)
        let answer = EndpointObservation(
            endpoint: .init(address: hostile, port: 443, serverName: hostile), address: hostile,
            answer: .failed(code: hostile, detail: hostile))
        let plan = Example.plan(
            [order, Example.order("rejected", state: .rejected)],
            drift: [
                Drift(
                    connector: Example.name("a"), device: Example.name("d"), declared: nil, found: .nothing, since: nil,
                    files: [hostile])
            ],
            connectors: [
                Example.view("a", sync: .outOfSync(.changedOnDevice), workOrder: order.digest, served: [answer]),
                Example.view("b", state: hostile),
            ],
            refused: [.init(commit: Example.commit("r"), refusal: Refusal(.unsigned, hostile))])
        var change = Example.policyChange
        change.changes = [hostile]
        var report = Example.report(
            plan, policyChange: change, notices: [hostile],
            invalidTip: .init(
                commit: Example.commit("i"),
                diagnostics: [Diagnostic(at: SourcePosition(file: hostile), hostile, rule: "syntax")]))
        report.repositoryName = hostile
        report.refName = hostile
        return report
    }

    static var pages: [(String, String)] {
        let report = report, style = Style(width: 80, isVerbose: true), order = report.plan.workOrders[0]
        let push = PassReport.Push(
            workOrder: Example.digest("a"), connector: Example.name("a"), device: Example.name("d"),
            outcome: .rolledBack(message: hostile), proof: hostile)
        let pass = PassReport(
            plan: report, pushes: [push], recovered: [push], statusCommit: nil, newRecords: 0,
            problems: [UserError(hostile, hostile, hint: hostile)], dryRun: true)
        var preview = ApprovalPreview(
            person: Example.name("bob"), key: hostile, groups: [], decision: .approve, level: hostile,
            implementation: .manual,
            subject: .workOrders(report.plan.workOrders))
        preview.comment = hostile
        preview.acknowledgements = [.endpointDown(hostile)]
        return [
            ("plan", PlanText.render(report, style)), ("status", StatusText.render(report, style)),
            ("tree", TopologyText.render(.init(report), of: [Example.name("a"), Example.name("b")], style)),
            ("topology", TopologyText.render(ViewsExample.subject(report, said: hostile), style)),
            ("verify", VerifyText.render(ViewsExample.verified(report, said: hostile), style)),
            ("verify page", VerifyText.markdown(ViewsExample.verified(report, said: hostile))),
            ("report", ReportText.render(ViewsExample.reported(report, said: hostile), style)),
            ("report page", ReportText.markdown(ViewsExample.reported(report, said: hostile))),
            ("resource", ShowText.render([ViewsExample.resource(said: hostile)], style)),
            ("explain", ExplainText.render(.workOrder(order), now: Example.now, style)),
            ("request", ExplainText.render(.request(report.plan.requests[0], [order]), now: Example.now, style)),
            ("pass", PassText.render(pass, style)), ("problems", PassText.problems(pass, style)),
            ("preview", preview.render(now: Example.now, style)),
            ("error", ErrorText.render(UserError(hostile, hostile, hint: hostile), style)),
            ("diagnostics", DiagnosticsText.render(report.invalidTip?.diagnostics ?? [], commit: nil, style)),
            ("markdown", PlanMarkdown.render(report)),
        ]
    }

    @Test("never reaches a terminal or a page with a control character in it")
    func noControls() {
        for (name, page) in Self.pages {
            #expect(!page.unicodeScalars.contains { $0 != "\n" && Shown.isDangerous($0) }, "\(name)")
            #expect(page.contains("\\u{1b}[2J"), "\(name) left it out altogether")
        }
    }

    @Test("is shown with its own colour codes escaped, inside ours")
    func coloured() {
        let page = PlanText.render(Self.report, Style(isColoured: true))
        let plain = page.replacing(/\u{1b}\[[0-9;]+m/, with: "")
        #expect(!plain.unicodeScalars.contains { $0 != "\n" && Shown.isDangerous($0) })
        #expect(plain == PlanText.render(Self.report, Style()))
    }

    @Test("stands in code spans only, in markdown")
    func markdown() {
        let page = PlanMarkdown.render(Self.report)
        // Without code spans, nothing of it is left that a forge would make anything of.
        let rest = withoutCodeSpans(page)
        for trick in ["<img", "</code>", "@alice", "](http", "**b**"] { #expect(!rest.contains(trick), "\(trick)") }
        #expect(page.contains("<img"))
    }

    @Test("does not end a cell of a markdown table")
    func tables() {
        let page = PlanMarkdown.render(Self.report)
        let rows = page.split(separator: "\n").filter { $0.hasPrefix("| ") }
        #expect(rows.count >= 3)
        for row in rows { #expect(row.replacing("\\|", with: "").count { $0 == "|" } == 7, "\(row)") }
    }

    @Test("is not in the block that people copy: only commits and digests are")
    func copied() throws {
        let page = PlanMarkdown.render(Example.report(Example.twoToPush))
        let block = try #require(page.split(separator: "```").dropFirst().first)
        for line in block.split(separator: "\n").dropFirst() {
            #expect(
                try
                    /git fetch origin [0-9a-f]{40} && countersign (approve|implement)( sha256:[0-9a-f]{64})+ --ref [0-9a-f]{40}/
                    .wholeMatch(in: line) != nil)
        }
    }
}

@Suite("A plan in a pull request") struct PlanMarkdownTests {
    @Test("begins with the answer")
    func answer() {
        #expect(PlanMarkdown.render(Example.report(Example.plan())).hasPrefix("**Nothing to do**\n"))
        #expect(
            PlanMarkdown.render(Example.report(Example.twoToPush))
                .hasPrefix("**1 certificate on 2 devices waits for 3 signatures**\n"))
        #expect(
            PlanMarkdown.render(Example.report(Example.blocked)).hasPrefix(
                "**1 work order blocked, nothing else to do**\n"))
    }

    @Test(
        "says in the answer that who decides is about to change, and gives the command that signs it, with the full digest"
    )
    func policyChange() {
        let change = Example.policyChange
        let page = PlanMarkdown.render(Example.report(Example.plan(), policyChange: change))
        #expect(page.hasPrefix("**A policy change waits for 2 signatures**\n"))
        #expect(page.contains("&& countersign approve \(change.digest.description) --ref "))
        let both = PlanMarkdown.render(Example.report(Example.twoToPush, policyChange: change))
        #expect(
            both.hasPrefix(
                "**A policy change waits for 2 signatures; 1 certificate on 2 devices waits for 3 signatures**\n"))
    }

    @Test("signs by full digests only, however many there are, and leaves none out in silence")
    func manyToSign() {
        let orders = (1...250).map { Example.order("connector-\($0)", device: "device-\($0)") }
        let page = PlanMarkdown.render(Example.report(Example.plan(orders)))
        #expect(!page.contains("countersign approve REQ-"))
        #expect(page.contains("What signs the rest is folded below: 1 more command."))
        for order in orders.prefix(200) { #expect(page.contains("\(order.digest?.description ?? "?") ")) }
    }

    @Test("stays below the limit where every message is as long as somebody could make it")
    func longMessages() {
        var orders = (1...300).map { Example.order("connector-\($0)", device: "device-\($0)") }
        for index in orders.indices { orders[index].notes = [String(repeating: "`long` ", count: 3_000)] }
        var change = Example.policyChange
        change.changes = (1...300).map { _ in String(repeating: "x", count: 5_000) }
        let page = PlanMarkdown.render(Example.report(Example.plan(orders), policyChange: change))
        #expect(page.utf8.count <= PlanMarkdown.limit)
        #expect(page.hasPrefix("**A policy change waits for 2 signatures; "))
    }

    @Test("stays below the limit and says how many lines it left out", arguments: [200, 3000])
    func bounded(count: Int) {
        let orders = (1...count).map { Example.order("connector-\($0)", device: "device-\($0)") }
        let page = PlanMarkdown.render(Example.report(Example.plan(orders)))
        #expect(page.utf8.count <= PlanMarkdown.limit)
        #expect(page.contains(/… \d+ lines left out/) == (count > 200 || page.utf8.count > 64_000))
        #expect(page.contains("| `WO-"))
        #expect(page.contains("\n- trust set "))
    }
}
