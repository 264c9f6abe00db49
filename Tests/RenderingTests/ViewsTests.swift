// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Declarations
import Operations
import Planning
import Rendering
import Testing
import Vocabulary

@Suite("The topology") struct TopologyTests {
    @Test(
        "has connectors, endpoints, old leaves, request and work order under each certificate, and says what has no connector"
    )
    func tree() {
        #expect(
            TopologyText.render(ViewsExample.subject(ViewsExample.report), Style()) == PlanTextTests.header + """

                shop-example-com  4cd9cf1d  green: valid, 46 days left
                ├─ edge-1-shop   green: valid, 46 days left  In Sync                              REQ-3XCBJ52V WO-MK1YT159 Completed 08:42 UTC today by bob
                │  ├─ 10.0.0.5:443 shop.example.com  4cd9cf1d served
                │  └─ 10.0.0.5:443 shop.example.com  refused: connection refused
                └─ old 1614e39e  orange: 10 days left        Out of Sync: Superseded by 4cd9cf1d  on edge-1-shop since 08:42 UTC today

                spare-example-com  4cd9cf1d  blue: 46 days left
                └─ no connector
                   to push it, add a Binding: {apiVersion: countersign/v1, kind: Binding, metadata: {name: spare-example-com}, spec: {certificate: spare-example-com, connectors: [CONNECTOR]}}

                """)
    }

    @Test("of one certificate shows no other")
    func one() {
        let shown = TopologyText.render(
            ViewsExample.subject(ViewsExample.report), only: Example.name("spare-example-com"), Style())
        #expect(!shown.contains("edge-1-shop"))
        #expect(shown.contains("no connector"))
    }

    @Test("says why a push went wrong, beside its state")
    func failed() {
        let shown = TopologyText.render(
            ViewsExample.subject(ViewsExample.report, said: "nginx refused the reload"), Style())
        #expect(shown.contains("Rolled Back 08:42 UTC today by bob: nginx refused the reload"))
    }

    @Test("fits a narrow terminal", arguments: [60, 80, 100])
    func fits(width: Int) {
        let shown = TopologyText.render(ViewsExample.subject(ViewsExample.report), Style(width: width))
        for line in shown.split(separator: "\n") where !line.contains("{") {
            #expect(line.unicodeScalars.count <= width, "\(line)")
        }
    }
}

@Suite("The inventory") struct CertificatesTests {
    @Test("lists certificates and what they replaced, the worst first")
    func table() {
        #expect(
            CertificatesText.render(
                ViewsExample.report, ViewsExample.inventory(ViewsExample.report.plan), Style()) == PlanTextTests.header
                    + """

                    certificate        leaf      valid to    key  issuer  colour                      installations
                    spare-example-com  4cd9cf1d  2027-01-09               blue: 46 days left          no connector
                    shop-example-com   4cd9cf1d  2027-01-09               green: valid, 46 days left  edge-1-shop In Sync
                      old              1614e39e  2026-12-04               orange: 10 days left        edge-1-shop Out of Sync: Superseded by 4cd9cf1d

                    2 certificates declared, 1 with no connector, 1 old leaf superseded
                    next: countersign topology spare-example-com says how to attach spare-example-com

                    """)
    }

    @Test("has old leaves as installations that are Superseded, and a hint where there is no connector")
    func json() throws {
        let value = CertificatesJSON.value(ViewsExample.report, ViewsExample.inventory(ViewsExample.report.plan))
        let shop = try #require(value["certificates"]?.array?.first)
        let installations = try #require(shop["installations"]?.array)
        #expect(installations.map { $0["leaf"] } == [.string(Example.new.hex), .string(Example.old.hex)])
        #expect(installations.map { $0["sync"] } == ["InSync", "OutOfSync"])
        #expect(installations[1]["syncReason"] == "Superseded")
        #expect(installations[1]["supersededBy"] == .string(Example.new.hex))
        let spare = try #require(value["certificates"]?.array?.last)
        #expect(spare["state"] == "NoConnector")
        #expect(spare["hint"]?.string?.contains("certificate: spare-example-com") == true)
    }
}

@Suite("A verification") struct VerifyViewTests {
    @Test("shows what is wrong first, and counts")
    func text() {
        #expect(
            VerifyText.render(ViewsExample.verified(ViewsExample.report), Style()) == """
                × edge-1-shop  10.0.0.5:443 shop.example.com  refused: connection refused; expected 4cd9cf1d
                ! edge-1-shop  10.0.0.5:443 shop.example.com  1614e39e served, expected 4cd9cf1d
                ✓ edge-1-shop  10.0.0.5:443 shop.example.com  4cd9cf1d served

                3 endpoints: 1 matched, 1 differed, 1 unreachable

                """)
    }

    @Test("has every member of the contract in JSON")
    func json() throws {
        let value = VerifyJSON.value(ViewsExample.verified(ViewsExample.report))
        #expect(value["summary"] == ["total": 3, "matched": 1, "differed": 1, "unreachable": 1])
        let endpoints = try #require(value["endpoints"]?.array)
        #expect(endpoints.map { $0["verdict"] } == ["matched", "differed", "unreachable"])
        for member in [
            "connector", "address", "port", "serverName", "protocol", "expected", "served", "verdict", "reason",
        ] {
            #expect(endpoints.allSatisfy { $0[member] != nil }, "\(member)")
        }
        #expect(endpoints[0]["reason"] == .null)
        #expect(endpoints[2]["reason"]?["code"] == "refused")
    }
}

@Suite("The Push Validation Report") struct PushReportTests {
    @Test("has the share of successful and failed pushes, and each of them")
    func text() {
        #expect(
            ReportText.render(ViewsExample.reported(ViewsExample.report), Style()) == """
                edge-certs  pushes in zone dmz since 2026-11-23 09:00 UTC

                3 pushes: 2 successful (66 %), 1 failed (34 %)

                ✓ 2026-11-23 10:00 UTC  edge-1-shop  shop-example-com  4cd9cf1d  WO-ET9C7B9N Completed, replaced since
                × 2026-11-23 11:00 UTC  edge-1-shop  shop-example-com  4cd9cf1d  WO-7Z2CSZKM Rolled Back, not validated
                    nginx refused the reload
                ✓ 2026-11-24 08:42 UTC  edge-1-shop  shop-example-com  4cd9cf1d  WO-HDDSVC61 Completed, validated: 2 of 2 endpoints serve it

                """)
    }

    @Test("counts a push as failed whose certificate is not served any more")
    func notServed() {
        let pushes = PushReport(
            since: nil, until: Example.now, pushes: [ViewsExample.push("a", "Completed", at: "2026-11-24T08:00:00Z")]
        ) { _ in [ViewsExample.served(Example.new), ViewsExample.served(Example.old)] }
        #expect((pushes.successful, pushes.failed, pushes.share) == (0, 1, 0))
        #expect(pushes.pushes[0].validation == .differed)
        #expect((pushes.pushes[0].matched, pushes.pushes[0].endpoints) == (1, 2))
    }

    @Test("compares only the last push to a slot with what is served there")
    func replaced() {
        let pushes = ViewsExample.reported(ViewsExample.report).pushes
        #expect(pushes.pushes.map(\.validation) == [.replaced, .none, .matched])
        #expect((pushes.successful, pushes.failed, pushes.share) == (2, 1, 66))
    }

    @Test("has no share where there was no push")
    func none() {
        let pushes = PushReport(since: nil, until: Example.now, pushes: []) { _ in [] }
        #expect(pushes.share == nil)
        let shown = ReportText.render(ReportOperation.Report(plan: ViewsExample.report, pushes: pushes), Style())
        #expect(shown.contains("No push."))
    }
}

@Suite("A resource") struct ShowTests {
    @Test("is shown with its place, its spec and what hangs together with it")
    func text() {
        #expect(
            ShowText.render([ViewsExample.resource()], Style()) == """
                Device/edge-1  devices/edge.yaml:3
                  not in force as it is declared here: an approved policy change brings it into force
                  labels  tier: tier
                  spec
                    kind: nginx
                    nginx: {config: /etc/nginx/tier.conf}
                  refers to
                    Zone/default
                  referred to by
                    AppConnector/edge-1-shop (tier)

                """)
    }
}
