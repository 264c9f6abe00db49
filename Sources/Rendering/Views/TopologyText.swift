// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
package import Operations
package import Planning
package import Vocabulary

/// Certificate → connectors → endpoints, with colour, sync state, request and work order beside each.
package enum TopologyText {
    /// What stands under one certificate, or under none.
    package struct Subject: Sendable {
        package var report: PlanReport
        package var inventory: Inventory
        package var endings: [ConnectorName: Ending]

        package init(_ report: PlanReport, inventory: Inventory = Inventory(), endings: [ConnectorName: Ending] = [:]) {
            (self.report, self.inventory, self.endings) = (report, inventory, endings)
        }
    }

    /// The trees of all certificates, or of one, and last what is bound to none.
    package static func render(_ subject: Subject, only name: CertificateName? = nil, _ style: Style) -> String {
        var page = Page(style)
        page.add(ReportHeader.line(subject.report))
        for line in ReportHeader.standing(subject.report) { page.add(line) }
        let tree = Tree(subject, style)
        var shown: Set<ConnectorName> = []
        for item in subject.inventory.items where name == nil || item.name == name {
            page.space()
            page.add(tree.lines(of: item))
            shown.formUnion(item.connectors + item.unbound)
        }
        let rest = subject.report.plan.connectors.filter { $0.certificate == nil && !shown.contains($0.connector) }
        if name == nil, !rest.isEmpty {
            page.space()
            page.add("\("no certificate bound", .strong)")
            page.add(tree.branches(rest.map(\.connector), []))
        }
        if name == nil, subject.inventory.items.isEmpty, rest.isEmpty {
            page.space()
            page.add("No certificate is declared yet.")
        }
        for line in ReportHeader.problems(subject.report) {
            page.space()
            page.add(line)
        }
        return page.rendered
    }

    /// The trees of the certificates of these connectors, with these connectors only.
    package static func render(_ subject: Subject, of connectors: Set<ConnectorName>, _ style: Style) -> String {
        var page = Page(style)
        let chosen = subject.report.plan.connectors.filter { connectors.contains($0.connector) }
        let tree = Tree(subject, style)
        for (certificate, views) in CertificateGroup.groups(chosen) {
            page.space()
            page.add(tree.heading(certificate, views))
            let old = certificate.flatMap { subject.inventory[$0] }?.replaced.filter {
                connectors.contains($0.connector)
            }
            page.add(tree.branches(views.map(\.connector), old ?? []))
        }
        return page.rendered
    }
}

/// One tree after another, looked up by name.
private struct Tree {
    let subject: TopologyText.Subject
    let style: Style
    let orders: OrderIndex
    let views: [ConnectorName: ConnectorView]

    init(_ subject: TopologyText.Subject, _ style: Style) {
        (self.subject, self.style) = (subject, style)
        orders = OrderIndex(subject.report.plan)
        views = Dictionary(subject.report.plan.connectors.map { ($0.connector, $0) }) { first, _ in first }
    }

    private var now: Timestamp { subject.report.now }

    func lines(of item: Inventory.Item) -> [Text] {
        let chosen = (item.connectors + item.unbound).compactMap { views[$0] }
        var lines = [heading(item.name, chosen)]
        if chosen.isEmpty, let note = RevocationWords.line(item.revocation, now: now) { lines.append("   " + note) }
        lines += branches(item.connectors + item.unbound, item.replaced, more: item.elsewhere)
        if !item.hasConnector { lines += NoConnector.lines(item, style) }
        return lines
    }

    func heading(_ certificate: CertificateName?, _ views: [ConnectorView]) -> Text {
        guard let certificate else { return "\("no certificate bound", .strong)" }
        let item = subject.inventory[certificate]
        let order = views.lazy.compactMap { orders[$0] }.first { $0.installs != nil }
        let leaf = item?.leaf ?? order?.installs?.leaf ?? views.lazy.compactMap { $0.holding?.leaf }.first
        let facts = item?.facts ?? order?.installsFacts
        var line: Text = "\(certificate, .strong)"
        if let leaf { line += "  \(CertificateWords.fingerprint(leaf, style))" }
        if let worst = views.min(by: { $0.colour < $1.colour }) {
            line += "  \(ColourWords.words(worst.colour, notAfter: worst.notAfter, now: now))"
        } else if let colour = item?.colour {
            line += "  \(ColourWords.words(colour, notAfter: item?.notAfter, now: now))"
        }
        if let facts { line += "  issuer \(facts.issuer)" }
        if let item, !item.isDeclared { line += "  \("not declared any more", .caution)" }
        return line
    }

    /// Siblings stand below each other, each with what its addresses serve.
    func branches(_ connectors: [ConnectorName], _ old: [Inventory.Replaced], more: Int = 0) -> [Text] {
        let views = connectors.compactMap { self.views[$0] }
        let last = views.count + old.count + (more > 0 ? 1 : 0) - 1
        let rows =
            views.enumerated().map { row($1, isLast: $0 == last) }
            + old.enumerated().map { row($1, isLast: views.count + $0 == last) }
        let table = Table(fitting: rows)
        var lines: [Text] = []
        for (index, row) in rows.enumerated() {
            lines += table.lines(row, in: style)
            guard index < views.count else { continue }
            let stem: Text = index == last ? "   " : "│  "
            if let note = RevocationWords.line(views[index].revocation, now: now) { lines.append(stem + note) }
            lines += endpoints(of: views[index], stem: stem)
        }
        if more > 0 { lines.append("└─ and \(more) \(more == 1 ? "connector" : "connectors") in other zones") }
        return lines
    }

    private func row(_ view: ConnectorView, isLast: Bool) -> Table.Row {
        Table.Row(cells: [
            "\(isLast ? "└─ " : "├─ ")\(view.connector)",
            ColourWords.words(view.colour, notAfter: view.notAfter, now: now), SyncWords.words(view.sync, now: now),
            order(view),
        ])
    }

    private func row(_ old: Inventory.Replaced, isLast: Bool) -> Table.Row {
        let colour: Text = old.colour.map { ColourWords.words($0, notAfter: old.notAfter, now: now) } ?? "dates unknown"
        return Table.Row(cells: [
            "\(isLast ? "└─ " : "├─ ")old \(CertificateWords.fingerprint(old.leaf, style))", colour,
            SyncWords.words(old.sync, now: now),
            "on \(old.connector) since \(TimeWords.moment(old.at, now: now))",
        ])
    }

    /// `REQ-… WO-… Completed 10:42 UTC today by bob`, and why a push went wrong.
    private func order(_ view: ConnectorView) -> Text {
        guard orders[view] == nil, let ending = subject.endings[view.connector] else {
            return orders.words(view, now: now) + comment(view)
        }
        let ids = [ending.request?.id, ending.workOrder.id].compactMap(\.self).joined(separator: " ")
        let title = Text(outside: StateWords.title(ending.state), StateWords.tint(ending.state) ?? .strong)
        var line: Text = "\(ids) \(title) \(TimeWords.moment(ending.at, now: now))"
        if !ending.by.isEmpty { line += " by \(ending.by.map(\.text).joined(separator: ", "))" }
        if let message = ending.message { line += ": \(message)" }
        return line
    }

    /// What was said when the push was asked for, in its first line.
    private func comment(_ view: ConnectorView) -> Text {
        guard let said = orders[view]?.comment?.split(separator: "\n").first else { return "" }
        return ", \(quoted(String(said)))"
    }

    private func endpoints(of view: ConnectorView, stem: Text) -> [Text] {
        let rows = view.served.enumerated().map { index, answer in
            Table.Row(cells: [
                "\(stem)\(index == view.served.count - 1 ? "└─ " : "├─ ")\(EndpointWords.place(answer))",
                EndpointWords.served(answer, style),
            ])
        }
        return Table(fitting: rows).lines(rows, in: style)
    }
}

/// "Push to Device" has nowhere to go: said with what to do.
package enum NoConnector {
    static func lines(_ item: Inventory.Item, _ style: Style) -> [Text] {
        let first: Text = "└─ \("no connector", .caution)"
        guard item.isDeclared else { return item.unbound.isEmpty ? [first] : [] }
        return [first]
            + Text(outside: "to push it, add a Binding: " + hint(item.name)).folded(to: style.width, first: 3, rest: 5)
    }

    /// What a Binding for it looks like, in one line.
    package static func hint(_ name: CertificateName) -> String {
        "{apiVersion: countersign/v1, kind: Binding, metadata: {name: \(name)}, spec: {certificate: \(name), connectors: [CONNECTOR]}}"
    }
}

/// One address and what it answered.
package enum EndpointWords {
    package static func place(_ answer: EndpointObservation) -> Text {
        place(answer.endpoint.servedProtocol.rawValue, answer.address, answer.endpoint.port, answer.endpoint.serverName)
    }

    static func place(_ spoken: String, _ address: String, _ port: Int, _ serverName: String?) -> Text {
        let host = address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)"
        return "\(host)\(serverName.map { " \($0)" } ?? "")\(spoken == "tls" ? "" : " \(spoken)")"
    }

    package static func served(_ answer: EndpointObservation, _ style: Style) -> Text {
        switch answer.answer {
        case .served(let leaf, _): "\(CertificateWords.fingerprint(leaf, style)) served"
        case .failed(let code, let detail): "\(code, .bad): \(detail)"
        }
    }
}
