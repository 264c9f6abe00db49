// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
internal import Planning
internal import Vocabulary

/// What a person sees who opens the branch on the forge: the worst hundred first.
struct StatusReadme {
    static let most = 100
    let text: String

    init(_ content: StatusContent) {
        var lines = ["# Zone \(Markdown.text(content.zone.text))", ""]
        for notice in content.notices { lines += ["**\(Markdown.text(notice))**", ""] }
        for slots in content.plan.emergenciesWhole {
            guard let emergency = slots.first else { continue }
            let others = slots.count > 1 ? " and \(slots.count - 1) more" : ""
            let people = emergency.facts.people.map(\.text).joined(separator: ", ")
            lines += [
                "**EMERGENCY, not reviewed:** \(emergency.workOrder.id) on \(Markdown.text(emergency.facts.connector.text))\(others), pushed "
                    + "\(emergency.facts.at) by \(Markdown.text(people)): \(Markdown.text(emergency.facts.reasons.joined(separator: "; ")))",
                "",
            ]
        }
        lines += [Self.counts(content), ""]
        if let tip = content.history.acceptedTip { lines += ["Accepted tip: `\(tip.hex)`", ""] }
        if let tip = content.invalidTip {
            lines += ["**The tip `\(tip.hex)` is not valid**: `countersign validate` says why.", ""]
        }
        lines += Self.workOrders(content.plan) + Self.connectors(content.plan)
        lines += ["Written by `countersign reconcile`, signed by the zone's recorder. Edits are undone.", ""]
        text = lines.joined(separator: "\n")
    }

    private static func counts(_ content: StatusContent) -> String {
        let connectors = content.plan.connectors
        let counts = Dictionary(grouping: connectors, by: \.sync.name).mapValues(\.count)
        let parts = ["InSync", "OutOfSync", "Unknown", "Unbound"].compactMap { name in
            counts[name].map { "\($0) \(name)" }
        }
        let open = content.plan.workOrders.count
        return "\(connectors.count) connectors: \(parts.isEmpty ? "none" : parts.joined(separator: ", ")); "
            + "\(open) open work order\(open == 1 ? "" : "s")."
    }

    private static func workOrders(_ plan: Plan) -> [String] {
        guard !plan.workOrders.isEmpty else { return [] }
        let orders = plan.workOrders.sorted {
            ($0.connector.text, $0.digest?.hex ?? "") < ($1.connector.text, $1.digest?.hex ?? "")
        }
        var lines = [
            "## Work orders", "", "| work order | connector | certificate | action | state | waits for |",
            "|---|---|---|---|---|---|",
        ]
        for order in orders.prefix(most) {
            let waits = order.blocks.first.map { $0.code.rawValue } ?? missing(order)
            lines.append(
                row([
                    order.digest?.id ?? "", order.connector.text, order.certificate?.text ?? "", order.action.rawValue,
                    order.state.name, waits,
                ]))
        }
        return lines + more(orders.count) + [""]
    }

    private static func missing(_ order: WorkOrder) -> String {
        guard let level = order.judgement.levels.first(where: { !$0.isComplete }) else { return "" }
        return "\(level.name): \(level.given.count) of \(level.needed)"
    }

    private static func connectors(_ plan: Plan) -> [String] {
        guard !plan.connectors.isEmpty else { return [] }
        let views = plan.connectors.sorted { ($0.colour, rank($0), $0.connector) < ($1.colour, rank($1), $1.connector) }
        var lines = [
            "## Connectors", "", "| connector | device | certificate | colour | sync | state | valid until |",
            "|---|---|---|---|---|---|---|",
        ]
        for view in views.prefix(most) {
            let sync = view.sync.reason.map { "\(view.sync.name) (\($0))" } ?? view.sync.name
            lines.append(
                row([
                    view.connector.text, view.device.text, view.certificate?.text ?? "", view.colour.rawValue, sync,
                    view.state ?? "", view.notAfter?.description ?? "",
                ]))
        }
        return lines + more(views.count) + [""]
    }

    private static func rank(_ view: ConnectorView) -> Int {
        switch view.sync {
        case .outOfSync: 0
        case .unknown: 1
        case .unbound: 2
        case .inSyncUnapproved: 3
        case .inSync: 4
        }
    }

    private static func row(_ cells: [String]) -> String {
        "| " + cells.map { $0.isEmpty ? "" : Markdown.text($0) }.joined(separator: " | ") + " |"
    }

    private static func more(_ count: Int) -> [String] {
        count > most ? ["", "… and \(count - most) more."] : []
    }
}
