// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
package import Operations
package import Planning
internal import Vocabulary

/// How everything stands: every connector, the worst first, or the tree below some of them.
package enum StatusText {
    package static func render(_ report: PlanReport, _ style: Style) -> String {
        var page = Page(style)
        page.add(ReportHeader.line(report))
        for line in ReportHeader.standing(report) { page.add(line) }
        if let change = report.policyChange {
            page.space()
            page.add(PolicyChangeWords.lines(change, now: report.now, style))
        }
        page.space()
        addTable(report, to: &page, style)
        for line in ReportHeader.problems(report) {
            page.space()
            page.add(line)
        }
        page.space()
        page.add(count(report.plan.connectors))
        if let next = NextStep.command(for: report.plan) { page.add("next: \(next, .strong)") }
        return page.rendered
    }

    private static func addTable(_ report: PlanReport, to page: inout Page, _ style: Style) {
        guard !report.plan.connectors.isEmpty else { return page.add("No connector is declared yet.") }
        let heading = Table.Row(
            cells: ["connector", "device", "certificate", "colour", "CERT+", "sync", "work order"].map {
                "\($0, .faint)"
            })
        let orders = OrderIndex(report.plan)
        let rows = report.plan.connectors.sorted(by: isWorse).map { view in
            Table.Row(cells: [
                "\(view.connector)", "\(view.device)", view.certificate.map { "\($0)" } ?? "none bound",
                ColourWords.words(view.colour, notAfter: view.notAfter, now: report.now),
                SyncWords.certPlusWords(view.sync), SyncWords.words(view.sync, now: report.now),
                orders.words(view, now: report.now),
            ], below: RevocationWords.line(view.revocation, now: report.now).map { [$0] } ?? [])
        }
        let table = Table(fitting: [heading] + rows)
        page.add(table.lines([heading] + rows, in: style))
    }

    package static func isWorse(_ left: ConnectorView, _ right: ConnectorView) -> Bool {
        func rank(_ view: ConnectorView) -> Int { SyncWords.certPlus(view.sync) == "InSync" ? 1 : 0 }
        return (left.colour, rank(left), left.connector) < (right.colour, rank(right), right.connector)
    }

    /// `300 connectors: 296 In Sync, 3 Out of Sync, 1 Unknown`.
    private static func count(_ views: [ConnectorView]) -> Text {
        let counts = Dictionary(grouping: views) { SyncWords.name($0.sync) }.mapValues(\.count)
        let parts = [
            ("InSync", "In Sync"), ("OutOfSync", "Out of Sync"), ("Unknown", "Unknown"), ("Unbound", "Unbound"),
        ]
        .compactMap { name, words -> Text? in counts[name].map { "\($0) \(words)" } }
        return "\(views.count) \(views.count == 1 ? "connector" : "connectors")"
            + (parts.isEmpty ? "" : ": \(parts.joined(separator: ", "))")
    }
}

/// The open work orders of a plan, by digest.
struct OrderIndex {
    private let orders: [WorkOrderDigest: WorkOrder]

    init(_ plan: Plan) {
        orders = Dictionary(plan.workOrders.compactMap { order in order.digest.map { ($0, order) } }) { first, _ in
            first
        }
    }

    subscript(view: ConnectorView) -> WorkOrder? { view.workOrder.flatMap { orders[$0] } }

    /// `REQ-… WO-… Completed`: the open work order's state with its times and reason, else the last one's.
    func words(_ view: ConnectorView, now: Timestamp) -> Text {
        let ids = [view.request?.id, view.workOrder?.id].compactMap(\.self).joined(separator: " ")
        let state: Text =
            if let order = self[view] {
                StateWords.words(order, now: now)
            } else {
                view.state.map { "\(StateWords.title($0), StateWords.tint($0) ?? .strong)" } ?? ""
            }
        return ids.isEmpty ? state : "\(ids) \(state)"
    }
}

/// Connectors by the certificate bound to them, in the order of names; those without one last.
enum CertificateGroup {
    static func groups(_ views: [ConnectorView]) -> [(certificate: CertificateName?, views: [ConnectorView])] {
        let groups = Dictionary(grouping: views, by: \.certificate)
        let bound = groups.keys.compactMap(\.self).sorted().map { ($0 as CertificateName?, groups[$0] ?? []) }
        return (bound + (groups[nil].map { [(nil, $0)] } ?? [])).map { name, views in
            (name, views.sorted { $0.connector < $1.connector })
        }
    }
}
