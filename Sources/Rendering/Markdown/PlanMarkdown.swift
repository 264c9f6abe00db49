// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
internal import Declarations
package import Operations
internal import Planning
internal import Vocabulary

/// A plan in a pull request: the answer, a table, warnings, a block to copy, everything else folded.
package enum PlanMarkdown {
    /// GitHub takes 65,536 characters in a comment; other forges more.
    package static let limit = 65_000
    private static let rowsInSight = 50
    private static let digestsToCopy = 100

    package static func render(_ report: PlanReport) -> String {
        var page = BoundedMarkdown()
        page.lines = ["**\(answer(report.plan))**", ""]
        page.lines += warningsFirst(report)
        let open = report.plan.workOrders.filter { $0.action != .adopt || !$0.waits }
        if !open.isEmpty {
            let rows = open.map { row($0, now: report.now) }
            page.lines += Markdown.heading(columns) + rows.prefix(rowsInSight) + [""]
            if rows.count > rowsInSight {
                page.lines += ["\(rows.count - rowsInSight) more are folded below.", ""]
                page.folded.append(
                    .init(
                        title: "More work orders", heading: Markdown.heading(columns),
                        lines: Array(rows.dropFirst(rowsInSight))))
            }
        }
        page.lines += warnings(report)
        page.lines += toCopy(report)
        page.lines += ["For commit \(Markdown.code(report.change.hex)).", ""]
        page.folded += details(report)
        return page.rendered(limit: limit)
    }

    /// `2 certificates on 2 devices wait for 2 signatures`.
    private static func answer(_ plan: Plan) -> String {
        let sum = PlanSummary(of: plan)
        func count(_ number: Int, _ word: String) -> String { "\(number) \(word)\(number == 1 ? "" : "s")" }
        let waiting = plan.workOrders.filter { $0.waits && $0.action != .adopt }
        guard waiting.isEmpty else {
            let certificates = Set(waiting.compactMap(\.certificate)).count, devices = Set(waiting.map(\.device)).count
            let what = "\(count(max(certificates, 1), "certificate")) on \(count(devices, "device"))"
            let verb = max(certificates, 1) == 1 ? "waits" : "wait"
            let missing = waiting.reduce(0) { $0 + $1.judgement.levels.reduce(0) { $0 + $1.missing } }
            return missing == 0
                ? "\(what) \(verb) for the time to come" : "\(what) \(verb) for \(count(missing, "signature"))"
        }
        if sum.blocked > 0 { return "\(count(sum.blocked, "work order")) blocked, nothing else to do" }
        if sum.push > 0 { return "\(count(sum.push, "work order")) signed, nothing waits for people" }
        return sum.adopt > 0 ? "Nothing to push, \(sum.adopt) to adopt" : "Nothing to do"
    }

    private static let columns = ["work order", "connector", "device", "from → to", "valid to", "needs"]

    private static func row(_ order: WorkOrder, now: Timestamp) -> String {
        let needs: String =
            switch order.state {
            case .requested, .pushReviewInProgress: needs(order)
            case .blocked(let block): "× **\(block.code.rawValue)** \(Markdown.code(block.message))"
            default: Markdown.code(StateWords.words(order.state, now: now).plain)
            }
        return Markdown.row([
            order.digest.map { Markdown.code($0.id) } ?? "no ID yet", Markdown.code(order.connector.text),
            "\(Markdown.code(order.device.text)) (\(Markdown.code(order.deviceKind)))",
            Markdown.code(CertificateWords.change(order, Style()).plain),
            order.installsFacts.map { TimeWords.day($0.notAfter) } ?? "–", needs,
        ])
    }

    private static func needs(_ order: WorkOrder) -> String {
        order.judgement.levels.map { level in
            let given = level.given.map { "✓ \(Markdown.code($0.person.text))" }.joined(separator: ", ")
            let missing = level.isComplete ? "" : "\(level.missing) of \(Markdown.code(LevelWords.approvers(level)))"
            return "\(Markdown.code(level.name)): " + [given, missing].filter { !$0.isEmpty }.joined(separator: ", ")
        }.joined(separator: "; ")
    }

    /// What stands before all else: who decides is about to change.
    private static func warningsFirst(_ report: PlanReport) -> [String] {
        var lines: [String] = []
        for emergency in report.plan.emergencies {
            let people = emergency.facts.people.map(\.text).joined(separator: ", ")
            lines += [
                "**EMERGENCY, not reviewed:** \(Markdown.code(emergency.workOrder.id)) on \(Markdown.code(emergency.facts.connector.text)), pushed by \(Markdown.code(people)): \(Markdown.code(emergency.facts.reasons.joined(separator: "; ")))",
                "",
            ]
        }
        if report.trust.isTrial { lines += ["Trial policy: one person decides alone.", ""] }
        if let change = report.policyChange {
            lines.append(
                "**Policy change** \(Markdown.code(change.digest.id)), not in force; the old set still decides:")
            lines += [""] + change.changes.prefix(50).map { "- \(Markdown.code($0))" }
            if change.changes.count > 50 { lines.append("- … \(change.changes.count - 50) more") }
            let needs = LevelWords.standing(change.judgement?.levels ?? []).plain
            lines += ["", "\(StateWords.title(change.state.name)): \(Markdown.code(needs))", ""]
        }
        return lines
    }

    private static func warnings(_ report: PlanReport) -> [String] {
        var lines: [String] = []
        for order in report.plan.workOrders {
            for note in order.notes {
                lines.append("- ⚠ \(Markdown.code(order.connector.text)): \(Markdown.code(note))")
            }
        }
        for drift in report.plan.drift {
            let declared = drift.declared?.short ?? "nothing"
            let found = CertificateWords.holding(drift.found, Style())
            lines.append(
                "- ! \(Markdown.code(drift.connector.text)): declared \(Markdown.code(declared)), found \(Markdown.code(found))"
            )
        }
        if report.plan.limits.exceeded { lines.append("- × \(LimitWords.standing(report.plan.limits).plain)") }
        if let tip = report.invalidTip {
            lines.append(
                "- × commit \(Markdown.code(tip.commit.short)) has \(tip.diagnostics.count) mistakes; the last valid one stays in force"
            )
        }
        lines += report.notices.map { "- \(Markdown.code($0))" }
        guard lines.count > 50 else { return lines.isEmpty ? [] : lines + [""] }
        return lines.prefix(50) + ["- … \(lines.count - 50) more", ""]
    }

    /// Commit and digests only: never text from the branch, which anyone could have named to run something.
    private static func toCopy(_ report: PlanReport) -> [String] {
        let signable = report.plan.workOrders.filter { $0.signingCommand != nil && $0.action != .adopt }
        var lines: [String] = []
        for verb in ["approve", "implement"] {
            let digests = signable.filter { $0.signingCommand == verb }.compactMap(\.digest)
            guard !digests.isEmpty else { continue }
            // A request is one signature; so many digests would fill the page.
            let ids =
                digests.count <= digestsToCopy
                ? digests.map(\.description)
                : Set(signable.filter { $0.signingCommand == verb }.compactMap(\.request?.id)).sorted()
            lines.append(
                "git fetch origin \(report.change.hex) && countersign \(verb) \(ids.prefix(digestsToCopy).joined(separator: " ")) --ref \(report.change.hex)"
            )
        }
        return lines.isEmpty ? [] : ["```sh"] + lines + ["```", ""]
    }

    private static func details(_ report: PlanReport) -> [BoundedMarkdown.Part] {
        var parts: [BoundedMarkdown.Part] = []
        let orders = report.plan.workOrders.compactMap { order in
            order.digest.map { digest in
                let policy =
                    order.policy.map { "policy \(Markdown.code($0.name.text)) v\($0.version)" } ?? "no policy matches"
                let leaf = order.installs.map { ", leaf \(Markdown.code($0.leaf.hex))" } ?? ""
                return "- \(Markdown.code(digest.id)) \(Markdown.code(digest.description)), \(policy)\(leaf)"
            }
        }
        if !orders.isEmpty { parts.append(.init(title: "Digests and policies", lines: orders)) }
        let refused = report.plan.workOrders.flatMap(\.judgement.refused) + report.plan.refused
        if !refused.isEmpty {
            parts.append(
                .init(
                    title: "Refused records",
                    lines: refused.map {
                        "- \(Markdown.code($0.commit.short)) **\($0.refusal.code.rawValue)** \(Markdown.code($0.refusal.message))"
                    }))
        }
        let diagnostics = report.invalidTip?.diagnostics ?? []
        if !diagnostics.isEmpty {
            parts.append(.init(title: "Mistakes", lines: diagnostics.map { "- \(Markdown.code($0.description))" }))
        }
        parts.append(
            .init(
                title: "Numbers",
                lines: [
                    "- \(PlanText.summary(report.plan).plain)",
                    "- plan \(Markdown.code(report.plan.digest.description))",
                    "- trust set \(Markdown.code(report.trust.digest.description))",
                ]))
        return parts
    }
}
