// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Declarations
import Operations
import Planning
import Rendering
import Testing
import Vocabulary

@Suite("The verdict, which the exit code says,") struct VerdictTests {
    @Test("of a plan is nothing, changes, or refused by a limit")
    func plan() {
        func verdict(_ plan: Plan) -> Verdict { Verdict(of: Example.report(plan)) }
        #expect(verdict(Example.plan()) == .nothing)
        #expect(verdict(Example.twoToPush) == .changes)
        #expect(verdict(Example.blocked) == .changes)
        #expect(verdict(Example.plan([Example.order("a", action: .adopt)])) == .changes)
        #expect(
            verdict(Example.plan([Example.order("a", state: .rejected), Example.order("b", state: .cancelled)]))
                == .nothing)
        #expect(verdict(Example.plan([Example.order("a")], exceeded: true)) == .limited)
        #expect(Verdict(of: Example.report(Example.plan(), policyChange: Example.policyChange)) == .changes)
    }

    func pass(_ plan: Plan, _ outcomes: Outcome..., problems: [UserError] = [], isTipValid: Bool = true) -> Verdict {
        let pushes = outcomes.map {
            PassReport.Push(
                workOrder: Example.digest("x"), connector: Example.name("a"), device: Example.name("d"), outcome: $0,
                proof: "")
        }
        let tip = PlanReport.InvalidTip(commit: Example.commit("i"), diagnostics: [])
        return Verdict(
            of: PassReport(
                plan: Example.report(plan, invalidTip: isTipValid ? nil : tip), pushes: pushes, recovered: [],
                statusCommit: nil,
                newRecords: 0, problems: problems, dryRun: false))
    }

    @Test("of a pass is an error before a failed push before what waits")
    func order() {
        #expect(pass(Example.plan(), .completed, .adopted) == .nothing)
        #expect(pass(Example.twoToPush, .completed) == .changes)
        #expect(pass(Example.twoToPush, .completed, .rolledBack(message: "")) == .pushFailed)
        #expect(pass(Example.twoToPush, .rolledBack(message: ""), problems: [UserError("X", "y")]) == .failed)
        #expect(pass(Example.plan(), .rolledBack(message: ""), isTipValid: false) == .failed)
    }

    @Test("of a pass with open adopt orders alone is nothing; with anything blocked or unseen it waits")
    func adopt() {
        #expect(pass(Example.plan([Example.order("a", action: .adopt)])) == .nothing)
        let block = Block(.noApprover, "x")
        #expect(
            pass(Example.plan([Example.order("a", state: .blocked(block), action: .adopt, blocks: [block])]))
                == .changes)
        #expect(pass(Example.plan(connectors: [Example.view("a", sync: .unknown(since: nil))])) == .changes)
        #expect(pass(Example.plan(), .candidateRefused(message: "", token: nil)) == .nothing)
    }
}
