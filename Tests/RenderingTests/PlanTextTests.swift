// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Approvals
import Declarations
import Operations
import Planning
import Rendering
import Testing
import Vocabulary

@Suite("A plan on a terminal") struct PlanTextTests {
    static let header = "edge-certs  main at 9738018, trust set of 2026-11-02, observed 12 s ago\n"
    static let heading = """
        REQ-3XCBJ52V  shop-example-com  renewal, new leaf 4cd9cf1d, valid to 2027-01-09 (46 days)
                      requested by alice: "Renew shop before the sale"

        """

    func text(_ report: PlanReport, _ style: Style = Style()) -> String { PlanText.render(report, style) }

    @Test("says that there is nothing to do, and names no next command")
    func nothing() {
        #expect(text(Example.report(Example.plan(unchanged: 300))) == Self.header + "\nNothing to do, 300 unchanged\n")
    }

    @Test("shows what will happen, who signed, who is needed, and the next command")
    func twoToPush() {
        #expect(
            text(Example.report(Example.twoToPush)) == Self.header + "\n" + Self.heading + """
                  ~ edge-1-shop  nginx  edge-1  1614e39e → 4cd9cf1d  WO-WYPRPAD5  needs approve (pki), implement (netops)
                  ~ edge-2-shop  nginx  edge-2  1614e39e → 4cd9cf1d  WO-ZMN2E6TY  approve ✓ bob · needs implement (netops)

                2 to push, 296 unchanged · 2 of 300 would change (under 1 %, limit 30 %)
                next: countersign approve REQ-3XCBJ52V

                """)
    }

    @Test("says what is wrong and where to look, and who is needed meanwhile")
    func blocked() {
        #expect(
            text(Example.report(Example.blocked)) == Self.header + "\n" + Self.heading + """
                  × lb-shop  nginx  lb-1  nothing  → 4cd9cf1d  WO-K0SVHEKJ  KeyMismatch: the private key declared for it belongs to another certificate
                      needs approve (pki), implement (netops)

                0 to push, 1 blocked, 296 unchanged · 1 of 300 would change (under 1 %, limit 30 %)
                next: countersign explain WO-K0SVHEKJ

                """)
    }

    @Test("has no ID for a slot that nobody has looked at, and says who must look")
    func unobserved() {
        let block = Block(.unobserved, "nobody has looked at this slot yet")
        let plan = Example.plan([Example.order("new", state: .blocked(block), blocks: [block], isObserved: false)])
        let shown = text(Example.report(plan, observation: .none))
        #expect(shown.contains("never observed\n"))
        #expect(shown.contains("  no ID yet  Unobserved: nobody has looked at this slot yet\n"))
        #expect(shown.hasSuffix("next: countersign reconcile\n"))
    }

    @Test("shows refused records with code and sentence, under their work order and at the end")
    func refused() {
        var order = Example.order("edge-1-shop")
        order.judgement.refused = [
            .init(commit: Example.commit("x"), refusal: Refusal(.selfApproval, "alice asked for it"))
        ]
        let stray = Judgement.RefusedRecord(
            commit: Example.commit("y"), refusal: Refusal(.staleDigest, "no open work order has it"))
        let shown = text(Example.report(Example.plan([order], refused: [stray])))
        #expect(shown.contains("      refused 2d71164  SelfApproval: alice asked for it\n"))
        #expect(
            shown.contains(
                "Refused: records that fit no open work order\n  \(Example.commit("y").short)  StaleDigest: "))
    }

    @Test("shows what was changed by hand, since when, where the declared one is still served, and how to put it back")
    func drift() {
        let order = Example.order("edge-1-shop", action: .restore)
        let endpoint = { EndpointObservation(endpoint: .init(address: $0, port: 443), address: $0, answer: $1) }
        var plan = Example.plan(
            [order],
            drift: [
                Drift(
                    connector: Example.name("edge-1-shop"), device: Example.name("edge-1"), declared: Example.old,
                    found: .certificate(leaf: Example.new), since: Example.time("2026-11-24T08:12:00Z"),
                    files: ["/tls/a.crt"])
            ])
        plan.connectors = [
            Example.view(
                "edge-1-shop",
                served: [
                    endpoint("10.0.0.5", .served(leaf: Example.old, chain: [])),
                    endpoint("10.0.0.6", .served(leaf: Example.new, chain: [])),
                ])
        ]
        #expect(
            text(Example.report(plan)).contains(
                """
                Drift
                  ! edge-1-shop  nginx  edge-1  declared 1614e39e, found 4cd9cf1d since 08:12 UTC today; what is declared is still served on 1 of 2 addresses
                      changed: /tls/a.crt
                      countersign adopt edge-1-shop to keep it
                      sign WO-WYPRPAD5 to put it back

                1 to push, 1 drifted, 296 unchanged
                """))
    }

    @Test("says first that who decides is about to change, and that the old set still decides")
    func policyChange() {
        let shown = text(Example.report(Example.twoToPush, policyChange: Example.policyChange, isTrial: true))
        #expect(
            shown.hasPrefix(
                Self.header + """
                    trial policy: one person decides alone

                    POL-1YAJ4J53  policy change, not in force: f796e2f2 → bc21ae4f; the old set still decides
                      Group pki: mallory joins
                      Device edge-1: reload runs "sh -c x"
                      needs policyChange (2 of pki)
                      next: countersign approve POL-1YAJ4J53

                    REQ-
                    """))
    }

    @Test("has one line for all that is to be adopted")
    func adopt() {
        let plan = Example.plan(
            (1...12).map { Example.order("c-\($0)", action: .adopt, replaces: .certificate(leaf: Example.new)) })
        let shown = text(Example.report(plan))
        #expect(
            shown.contains(
                "12 to adopt: they hold what is wanted, but nobody signed for it: countersign approve REQ-3XCBJ52V\n"))
        #expect(!shown.contains("c-7"))
        #expect(shown.contains("0 to push, 12 to adopt"))
    }

    @Test("says that observations come from the status branch, and since when nothing was heard")
    func fromStatus() {
        let source = PlanReport.ObservationSource.statusBranch(
            commit: Example.commit("s"), at: Example.time("2026-11-23T18:00:00Z"))
        #expect(
            text(Example.report(Example.plan(), observation: source))
                .contains("from the status of dmz at 043a718, not heard since 2026-11-23 18:00 UTC"))
    }

    @Test("says what must be acknowledged above a limit")
    func limit() {
        let shown = text(Example.report(Example.plan([Example.order("a")], exceeded: true)))
        #expect(shown.contains("above the limit of 30 % or 50; the last level has to acknowledge \"changes 1\""))
    }

    @Test("stays within the width of the terminal, with what is needed on a line of its own", arguments: [60, 80, 100])
    func width(columns: Int) {
        let shown = text(Example.report(Example.twoToPush), Style(width: columns))
        #expect(shown.split(separator: "\n").allSatisfy { $0.count <= columns })
        #expect(shown.contains("approve ✓ bob · needs implement (netops)"))
    }

    @Test("shows all digits and why the policy matched when asked for details")
    func verbose() {
        let shown = text(Example.report(Example.twoToPush), Style(isVerbose: true))
        #expect(shown.contains(Example.new.hex))
        #expect(shown.contains("      policy default v3: only match\n"))
        #expect(shown.contains("plan sha256:"))
    }
}

@Suite("The next command") struct NextStepTests {
    @Test("is to sign the lowest incomplete level, whatever is left over is for reconcile")
    func order() {
        func next(_ orders: WorkOrder...) -> String? { NextStep.command(for: Example.plan(orders)) }
        let window = Window(start: Example.now, end: Example.now + .hours(4))
        let signed = Example.levels([Example.given("bob")], [Example.given("dave")])
        #expect(next(Example.order("a")) == "countersign approve REQ-3XCBJ52V")
        #expect(
            next(Example.order("a", levels: Example.levels([Example.given("bob")])))
                == "countersign implement REQ-3XCBJ52V")
        #expect(next(Example.order("a", state: .readyToImplement(window), levels: signed)) == "countersign reconcile")
        #expect(next(Example.order("a", state: .scheduled(window), levels: signed)) == nil)
        #expect(
            next(Example.order("a", state: .scheduleMissed(window), levels: signed))
                == "countersign implement REQ-3XCBJ52V")
        #expect(next(Example.order("a", levels: [Example.levels()[1]])) == "countersign approve REQ-3XCBJ52V")
        #expect(next(Example.order("a", state: .rejected)) == nil)
        #expect(next() == nil)
    }
}
