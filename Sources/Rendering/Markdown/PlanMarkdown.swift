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
    /// How many rows, warnings and changes stand in sight; fewer where each is so long that they would not fit.
    private static let rowsInSight = [50, 20, 8, 3]
    /// Digests in one command.
    private static let digestsToCopy = 100
    /// Characters of one message in sight.
    private static let longest = 400

    package static func render(_ report: PlanReport) -> String {
        for rows in rowsInSight.dropLast() {
            let page = page(report, inSight: rows)
            if page.isInSight(below: limit) { return page.rendered(limit: limit) }
        }
        return page(report, inSight: rowsInSight.last ?? 1).rendered(limit: limit)
    }

    private static func page(_ report: PlanReport, inSight most: Int) -> BoundedMarkdown {
        var page = BoundedMarkdown()
        page.lines = ["**\(answer(report))**", ""]
        page.lines += warningsFirst(report, most)
        let open = report.plan.workOrders.filter { $0.action != .adopt || !$0.waits }
        if !open.isEmpty {
            let rows = open.map { row($0, now: report.now) }
            page.lines += Markdown.heading(columns) + rows.prefix(most) + [""]
            if rows.count > most {
                page.lines += ["\(rows.count - most) more are folded below.", ""]
                page.folded.append(
                    .init(
                        title: "More work orders", heading: Markdown.heading(columns),
                        lines: Array(rows.dropFirst(most))))
            }
        }
        page.lines += warnings(report, most)
        let commands = toCopy(report)
        if let first = commands.first {
            page.lines += ["```sh", first] + commands.dropFirst().prefix(1) + ["```", ""]
        }
        if commands.count > 2 {
            page.lines += ["What signs the rest is folded below: \(count(commands.count - 2, "more command")).", ""]
            page.folded.append(
                .init(title: "More to sign", lines: commands.dropFirst(2).map { "    " + $0 }))
        }
        page.lines += ["For commit \(Markdown.code(report.change.hex)).", ""]
        page.folded += details(report)
        return page
    }

    /// `2 certificates on 2 devices wait for 2 signatures`; before it what is wrong with the whole, and who decides.
    private static func answer(_ report: PlanReport) -> String {
        var parts: [String] = []
        if let tip = report.invalidTip {
            parts.append("The branch has \(count(tip.diagnostics.count, "mistake")), and nothing new is pushed from it")
        }
        if let change = report.policyChange {
            let missing = change.judgement?.levels.reduce(0) { $0 + $1.missing } ?? 0
            parts.append(
                missing > 0
                    ? "A policy change waits for \(count(missing, "signature"))"
                    : "A policy change is \(StateWords.title(change.state.name))")
        }
        let rest = answer(report.plan)
        if parts.isEmpty || rest != nothing { parts.append(rest) }
        return parts.joined(separator: "; ")
    }

    private static let nothing = "Nothing to do"

    private static func count(_ number: Int, _ word: String) -> String { "\(number) \(word)\(number == 1 ? "" : "s")" }

    private static func answer(_ plan: Plan) -> String {
        let sum = PlanSummary(of: plan)
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
        return sum.adopt > 0 ? "Nothing to push, \(sum.adopt) to adopt" : nothing
    }

    private static let columns = ["work order", "connector", "device", "from → to", "valid to", "needs"]

    private static func row(_ order: WorkOrder, now: Timestamp) -> String {
        let needs: String =
            switch order.state {
            case .requested, .pushReviewInProgress: needs(order)
            case .blocked(let block): "× **\(block.code.rawValue)** \(Markdown.code(short(block.message)))"
            default: Markdown.code(StateWords.words(order, now: now).plain)
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

    private static func short(_ text: String) -> String {
        text.count <= longest ? text : text.prefix(longest) + "…"
    }

    /// What stands before all else: who decides is about to change.
    private static func warningsFirst(_ report: PlanReport, _ most: Int) -> [String] {
        var lines: [String] = []
        let emergencies = report.plan.emergenciesWhole
        for slots in emergencies.prefix(most) {
            guard let emergency = slots.first else { continue }
            let others = slots.count > 1 ? " and \(slots.count - 1) more" : ""
            let people = emergency.facts.people.map(\.text).joined(separator: ", ")
            lines += [
                "**EMERGENCY, not reviewed:** \(Markdown.code(emergency.workOrder.id)) on \(Markdown.code(emergency.facts.connector.text))\(others), pushed by \(Markdown.code(short(people))): \(Markdown.code(short(emergency.facts.reasons.joined(separator: "; "))))",
                "",
            ]
        }
        if emergencies.count > most {
            lines += ["… and \(emergencies.count - most) more emergencies that nobody has reviewed", ""]
        }
        if report.trust.isTrial { lines += ["Trial policy: one person decides alone.", ""] }
        if let change = report.policyChange {
            lines.append(
                "**Policy change** \(Markdown.code(change.digest.id)), not in force; the old set still decides:")
            lines += [""] + change.changes.prefix(most).map { "- \(Markdown.code(short($0)))" }
            if change.changes.count > most {
                lines.append("- … \(change.changes.count - most) more: countersign plan shows all")
            }
            let needs = LevelWords.standing(change.judgement?.levels ?? []).plain
            lines += ["", "\(StateWords.title(change.state.name)): \(Markdown.code(short(needs)))", ""]
        }
        return lines
    }

    private static func warnings(_ report: PlanReport, _ most: Int) -> [String] {
        var lines: [String] = []
        for order in report.plan.workOrders {
            for note in order.notes {
                lines.append("- ⚠ \(Markdown.code(order.connector.text)): \(Markdown.code(short(note)))")
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
        lines += report.notices.map { "- \(Markdown.code(short($0)))" }
        guard lines.count > most else { return lines.isEmpty ? [] : lines + [""] }
        return lines.prefix(most) + ["- … \(lines.count - most) more", ""]
    }

    /// Commit and full digests only: never text from the branch, which anyone could have named to run something, and no short ID,
    /// which somebody could have made twice.
    private static func toCopy(_ report: PlanReport) -> [String] {
        func command(_ verb: String, _ digests: some Collection<String>) -> String {
            "git fetch origin \(report.change.hex) && countersign \(verb) \(digests.joined(separator: " ")) --ref \(report.change.hex)"
        }
        var commands: [String] = []
        if let change = report.policyChange, PolicyChangeWords.next(change) != nil {
            commands.append(command("approve", [change.digest.description]))
        }
        for verb in ["approve", "implement"] {
            let digests = report.plan.workOrders.filter { $0.signingCommand == verb && $0.action != .adopt }
                .compactMap { $0.digest?.description }
            for start in stride(from: 0, to: digests.count, by: digestsToCopy) {
                commands.append(command(verb, digests[start..<min(start + digestsToCopy, digests.count)]))
            }
        }
        return commands
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
