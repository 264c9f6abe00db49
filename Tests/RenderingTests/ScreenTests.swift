// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Approvals
import Declarations
import Operations
import Planning
import Rendering
import Testing
import Vocabulary

@Suite("The status on a terminal") struct StatusTextTests {
    static var report: PlanReport {
        var plan = Example.twoToPush
        let served = EndpointObservation(
            endpoint: .init(address: "shop", port: 443, serverName: "shop.example.com"), address: "fd00::5",
            answer: .served(leaf: Example.old, chain: []))
        let down = EndpointObservation(
            endpoint: .init(address: "10.0.0.5", port: 443), address: "10.0.0.5",
            answer: .failed(code: "Refused", detail: "connection refused"))
        plan.connectors = [
            Example.view("z", state: "Completed"),
            Example.view(
                "edge-1-shop", sync: .outOfSync(.notInstalled), colour: .orange,
                workOrder: Example.twoToPush.workOrders[0].digest, served: [served, down]),
        ]
        return Example.report(plan)
    }

    @Test("has the worst first, words beside each colour, and the CERT+ column")
    func table() {
        #expect(
            StatusText.render(Self.report, Style()) == PlanTextTests.header + """

                connector    device  certificate       colour                      CERT+        sync                       work order
                edge-1-shop  edge-1  shop-example-com  orange: 46 days left        Out of Sync  Out of Sync: NotInstalled  REQ-3XCBJ52V WO-WYPRPAD5 Push-Requested
                z            edge-1  shop-example-com  green: valid, 46 days left  In Sync      In Sync                    Completed

                2 connectors: 1 In Sync, 1 Out of Sync
                next: countersign approve REQ-3XCBJ52V

                """)
    }

    @Test("shows the tree of a certificate, down to what each address serves")
    func tree() {
        #expect(
            TopologyText.render(
                .init(Self.report), of: [Example.name("edge-1-shop"), Example.name("z")], Style()) == """
                    shop-example-com  4cd9cf1d  orange: 46 days left  issuer CN=Example CA 2
                    ├─ edge-1-shop  orange: 46 days left        Out of Sync: NotInstalled  REQ-3XCBJ52V WO-WYPRPAD5 Push-Requested, "Renew shop before the sale"
                    │  ├─ [fd00::5]:443 shop.example.com  1614e39e served
                    │  └─ 10.0.0.5:443                    Refused: connection refused
                    └─ z            green: valid, 46 days left  In Sync                    Completed

                    """)
    }

    @Test("shows every state, sync and colour by words that nobody mistakes for another")
    func words() {
        let colours = Set(StatusColour.allCases.map { ColourWords.words($0, notAfter: nil, now: Example.now).plain })
        #expect(colours.count == StatusColour.allCases.count)
        let names = [
            "Requested", "PushReviewInProgress", "Scheduled", "ReadyToImplement", "Implementing", "Completed",
            "Blocked",
            "Rejected", "Cancelled", "Expired", "ScheduleMissed", "Superseded", "PushFailed", "RolledBack",
            "RollbackFailed",
            "UnknownEffect",
        ]
        #expect(Set(names.map(StateWords.title)).count == names.count)
        #expect(StateWords.title("PushReviewInProgress") == "Push-Review In Progress")
        #expect(SyncWords.words(.inSyncUnapproved, now: Example.now).plain == "In Sync, Unapproved")
        #expect(SyncWords.words(.unknown(since: nil), now: Example.now).plain == "Unknown (never observed)")
        #expect(SyncWords.certPlusWords(.unknown(since: nil)).plain == "Out of Sync")
    }
}

@Suite("An explanation") struct ExplainTextTests {
    @Test("says which policy matched, who signed, what is missing, and why each record was refused")
    func workOrder() {
        var order = Example.twoToPush.workOrders[1]
        order.judgement.refused = [
            .init(commit: Example.commit("x"), refusal: Refusal(.selfApproval, "alice asked for it"))
        ]
        #expect(
            ExplainText.render(.workOrder(order), now: Example.now, Style()) == """
                WO-ZMN2E6TY  policy default v3 (only match)
                  replace shop-example-com on edge-2-shop (nginx, edge-2, zone dmz): 1614e39e → 4cd9cf1d
                  Push-Review In Progress
                  approve    1 of 1   ✓ bob, ssh SHA256:bob, 81b637d, first seen 08:58 UTC today
                  implement  0 of 1   missing: one of dave, erin (netops)
                  requested           by alice (certificates/shop.pem in 2f2fc7f)
                  refused    2d71164  SelfApproval: alice asked for it
                next: countersign implement WO-ZMN2E6TY

                """)
    }

    @Test("says beside a record that the reconciler has not seen it yet")
    func unseen() {
        let order = Example.order(
            "a", levels: Example.levels([Example.given("bob", seen: nil, comment: "fine\nby me")]))
        let shown = ExplainText.render(.workOrder(order), now: Example.now, Style())
        #expect(shown.contains("✓ bob, ssh SHA256:bob, 81b637d, not yet seen by the reconciler: \"fine\"\n"))
    }

    @Test("says of each block what lifts it")
    func blocks() {
        func shown(_ code: Block.Code, complete: Bool = false) -> String {
            let levels = complete ? Example.levels([Example.given("bob")], [Example.given("dave")]) : Example.levels()
            let order = Example.order(
                "a", state: .blocked(Block(code, "x")), levels: levels, blocks: [Block(code, "x")])
            return ExplainText.render(.workOrder(order), now: Example.now, Style())
        }
        #expect(shown(.coverageLoss).contains("Only a commit can lift this; it cannot be signed until then."))
        #expect(!shown(.coverageLoss).contains("next:"))
        #expect(shown(.keyMismatch).contains("Signatures count meanwhile."))
        #expect(shown(.endpointDown, complete: true).contains("it is pushed as soon as this is lifted"))
    }

    @Test("of a policy change says that too few people are left")
    func policyChange() {
        let shown = ExplainText.render(.policyChange(Example.policyChange), now: Example.now, Style())
        #expect(shown.contains("policyChange  0 of 2  missing: two of pki, and only bob could\n"))
    }
}

@Suite("Before signing, a person") struct ApprovalPreviewTests {
    @Test("sees who they are, what the signed bytes say, all digits, names lost and gained, and what comes then")
    func shown() {
        var order = Example.order("edge-1-shop")
        order.replacesFacts?.dnsNames = ["shop.example.com", "www.shop.example.com"]
        order.installsFacts?.dnsNames = ["shop.example.com", "new.example.com"]
        var preview = ApprovalPreview(
            person: Example.name("bob"), key: "ssh SHA256:7Qp", groups: [Example.name("pki")], decision: .approve,
            level: "approve", implementation: .manual, subject: .workOrders([order]))
        preview.goodUntil = Example.time("2026-11-27T10:00:00Z")
        #expect(
            preview.render(now: Example.now, Style()) == """
                You are bob (ssh SHA256:7Qp, in pki). You are about to sign level "approve" for:

                  WO-WYPRPAD5  shop-example-com on edge-1-shop (nginx, edge-1, zone dmz)
                               sha256:e7ad8b29a591129e9765fd146c449187152a8725073ff01bfbaf3dda05bf6cb7
                               /etc/nginx/tls/shop.crt, /etc/nginx/tls/shop.key root 0640 · 2 endpoints
                               served at 10.0.0.5:443 shop.example.com, [fd00::5]:443
                               replaces 1614e39e, valid to 2026-12-04 (10 days), with 4cd9cf1d
                               4cd9cf1dd185573085283ae79dceab064ed70ab70f7fdb8ae0a6801dd9bdc49f: valid to 2027-01-09 (46 days), issuer CN=Example CA 2, P-256
                               names: shop.example.com new.example.com   lost: www.shop.example.com   gained: new.example.com
                               key: checked by dmz right before the push

                  then: implement by netops · attended: pushed once that is signed · good until 2026-11-27 10:00 UTC

                """)
    }

    @Test("sees at the last level that the push follows, or its window")
    func last() {
        func terms(_ implementation: ApprovalRecord.Implementation) -> String {
            ApprovalPreview(
                person: Example.name("erin"), key: "k", groups: [], decision: .approve, level: "implement",
                implementation: implementation, subject: .workOrders([Example.order("a")])
            ).render(now: Example.now, Style())
        }
        #expect(terms(.manual).hasSuffix("\n  attended: the next pass pushes it\n"))
        let window = Window(start: Example.time("2026-11-28T21:00:00Z"), end: Example.time("2026-11-29T01:00:00Z"))
        #expect(
            terms(.scheduled(window)).hasSuffix(
                "unattended: pushed between 2026-11-28 21:00 UTC and 2026-11-29 01:00 UTC, never later\n"))
    }
}

@Suite("A pass on a terminal") struct PassTextTests {
    @Test("says what was pushed with its proof, what failed and how, and what is left")
    func pushes() {
        func push(_ name: String, _ outcome: Outcome, _ proof: String = "") -> PassReport.Push {
            .init(
                workOrder: Example.digest(name), connector: Example.name(name), device: Example.name("edge-1"),
                outcome: outcome,
                proof: proof)
        }
        let report = PassReport(
            plan: Example.report(Example.plan()),
            pushes: [
                push("a", .completed, "5 of 5 handshakes in 180 ms"), push("b", .rolledBack(message: "nginx said no")),
            ],
            recovered: [], statusCommit: Example.commit("s"), newRecords: 2, problems: [], dryRun: false)
        #expect(
            PassText.render(report, Style()) == PlanTextTests.header + """

                Pushed
                  ✓ a  edge-1  WO-SABR24PA  Completed
                      5 of 5 handshakes in 180 ms
                  × b  edge-1  WO-7RHYG5G0  Rolled Back, what was there before is served again: nginx said no

                2 new records seen
                status written: 043a718

                Nothing to do, 296 unchanged

                """)
    }
}

@Suite("Messages") struct MessageTests {
    @Test("of an error are one line, then the hint")
    func error() {
        let error = UserError(
            "NotTrusted", "this repository is not trusted yet",
            hint: "look at commit 3f2c1a9, then: countersign trust 3f2c1a9")
        #expect(
            ErrorText.render(error, Style(width: 40)) == """
                countersign: this repository is not trusted yet
                  look at commit 3f2c1a9, then: countersign trust 3f2c1a9

                """)
    }

    @Test("of diagnostics are sorted, with their place first, and counted")
    func diagnostics() {
        let found = [
            Diagnostic(
                at: .init(file: "b.yaml", line: 7, column: 16), "no Certificate is named \"x\"", rule: "reference"),
            Diagnostic(.warning, at: .init(file: "a.yaml", line: 1, column: 1), "nobody is left", rule: "approvers"),
        ]
        #expect(
            DiagnosticsText.render(found, commit: Example.commit("c"), Style()) == """
                a.yaml:1:1: warning: nobody is left [approvers]
                b.yaml:7:16: error: no Certificate is named "x" [reference]
                commit \(Example.commit("c").short) is not valid: 1 error, 1 warning

                """)
        #expect(DiagnosticsText.render([], commit: nil, Style()) == "what is declared is valid\n")
    }

    @Test("of a trust set are its digest and who decides what, in words")
    func trust() {
        var set = DeclarationSet()
        let position = SourcePosition(file: "people/a.yaml")
        set.people[Example.name("alice")] = Person(
            name: Example.name("alice"),
            spec: PersonSpec(keys: [DeclaredKey(material: .ssh("ssh-ed25519 AAAA alice"))]), raw: [:],
            position: position)
        set.groups[Example.name("pki")] = Group(
            name: Example.name("pki"), spec: GroupSpec(members: [Example.name("alice")]), raw: [:], position: position)
        var policy = ApprovalPolicySpec(levels: [
            .init(name: "approve", approvers: [.group(Example.name("pki"))]),
            .init(name: "implement", approvers: [.person(Example.name("alice"))]),
        ])
        policy.separation.requesterMayApprove = true
        set.policies[Example.name("default")] = ApprovalPolicy(
            name: Example.name("default"), spec: policy, raw: [:], position: position)
        let trust = TrustSet(of: set)
        let shown = TrustShown(trust, commit: Example.commit("c"), wasAlreadyTrusted: false, isTrial: true)
        let text = shown.text(Style())
        #expect(text.hasPrefix("trusted: commit \(Example.commit("c").hex)\ntrust set \(trust.digest)\n"))
        #expect(text.contains("trial policy: one person decides alone\n"))
        #expect(text.contains("  alice  ssh-ed25519 AAAA\n"))
        #expect(
            text.contains(
                "  default v1  priority 0  approve: 1 of pki, then implement: 1 of alice; whoever asks may approve\n"))
        #expect(shown.json["policyDigest"] == .string(trust.digest.description))
        #expect(shown.json["people"] == ["alice"])
    }
}
