// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Operations
internal import Planning
package import Vocabulary

/// What one pass of `reconcile` did, and what is still open.
package enum PassText {
    package static func render(_ pass: PassReport, _ style: Style) -> String {
        var page = Page(style)
        page.add(ReportHeader.line(pass.plan))
        for line in ReportHeader.standing(pass.plan) { page.add(line) }
        if pass.dryRun { page.add("\("dry run", .caution): nothing was pushed, signed or written") }
        if let accepted = pass.accepted {
            page.space()
            page.add("\("✓", .good) \(accepted.id, .strong)  policy change, in force from now on")
        }
        if let change = pass.plan.policyChange {
            page.space()
            page.add(PolicyChangeWords.lines(change, now: pass.plan.now, style))
        }
        let rows = [pass.recovered, pass.pushes].map { $0.map(row) }
        let table = Table(indent: 2, fitting: rows.joined())
        for (title, rows) in zip(["Brought to an end, left open by an earlier pass", "Pushed"], rows)
        where !rows.isEmpty {
            page.space()
            page.add("\(title, .strong)")
            page.add(table.lines(rows, in: style))
        }
        page.space()
        if pass.newRecords > 0 {
            page.add("\(pass.newRecords) new \(pass.newRecords == 1 ? "record" : "records") seen")
        }
        if let commit = pass.statusCommit { page.add("status written: \(commit.short)") }
        PlanText.addBody(pass.plan, to: &page, style)
        return page.rendered
    }

    private static func row(_ push: PassReport.Push) -> Table.Row {
        let isGood = OutcomeWords.message(push.outcome) == nil
        return Table.Row(
            cells: [
                isGood ? "\("✓", .good)" : "\("×", .bad)", "\(push.connector)", "\(push.device)",
                "\(push.workOrder.id)",
                OutcomeWords.words(push.outcome),
            ], below: push.proof.isEmpty ? [] : ["\(push.proof)"])
    }

    package static func words(_ phase: PassReport.Phase) -> String {
        switch phase {
        case .fetch: "fetching"
        case .recover: "finishing what an earlier pass began"
        case .observe: "observing devices and endpoints"
        case .push: "pushing"
        case .write: "writing status"
        }
    }

    /// What went wrong without ending the pass: for standard error.
    package static func problems(_ pass: PassReport, _ style: Style) -> String {
        pass.problems.map { ErrorText.render($0, style) }.joined()
    }
}

/// `reconcile --format json`: the plan as it stands after the pass, and what was done.
package enum PassJSON {
    package static func value(_ pass: PassReport) -> JSONValue {
        [
            "formatVersion": "1", "repository": .string(pass.plan.repositoryID), "zone": .string(pass.plan.zone.text),
            "change": .text(pass.plan.change), "dryRun": .bool(pass.dryRun),
            "pushes": .array(pass.pushes.map(push)), "recovered": .array(pass.recovered.map(push)),
            "accepted": .orNull(pass.accepted.map { .string($0.id) }), "newRecords": .number(pass.newRecords),
            "statusCommit": .orNull(pass.statusCommit.map { .text($0) }),
            "problems": .array(pass.problems.map(ErrorJSON.member)), "plan": PlanJSON.value(pass.plan),
            "took": .object(
                pass.took.reduce(into: [:]) { $0[$1.key.rawValue] = .integer(milliseconds($1.value)) }),
        ]
    }

    static func milliseconds(_ duration: Duration) -> Int64 { max(0, Int64(duration / .milliseconds(1))) }

    static func push(_ push: PassReport.Push) -> JSONValue {
        [
            "workOrder": .string(push.workOrder.id), "digest": .text(push.workOrder),
            "connector": .string(push.connector.text), "device": .string(push.device.text),
            "outcome": .string(OutcomeWords.name(push.outcome)),
            "message": .orNull(OutcomeWords.message(push.outcome).map { .string($0) }), "proof": .string(push.proof),
        ]
    }
}
