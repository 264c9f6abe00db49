// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
package import Operations
package import Planning
internal import Vocabulary

/// The inventory: every certificate that is declared, and the old leaves that are still known, the worst first.
package enum CertificatesText {
    package static func render(_ report: PlanReport, _ inventory: Inventory, _ style: Style) -> String {
        var page = Page(style)
        page.add(ReportHeader.line(report))
        for line in ReportHeader.standing(report) { page.add(line) }
        page.space()
        if inventory.items.isEmpty, inventory.found.isEmpty { page.add("There is no such certificate.") }
        let heading = Table.Row(
            cells: ["certificate", "leaf", "valid to", "key", "issuer", "colour", "installations"].map {
                "\($0, .faint)"
            })
        let rows = inventory.items.isEmpty ? [] : [heading] + sorted(inventory).flatMap { Self.rows($0, report, style) }
        page.add(Table(fitting: rows).lines(rows, in: style))
        addFound(inventory, report, to: &page, style)
        for line in ReportHeader.problems(report) {
            page.space()
            page.add(line)
        }
        page.space()
        page.add(count(inventory))
        if let lonely = inventory.items.first(where: { $0.isDeclared && !$0.hasConnector }) {
            page.add("next: \("countersign topology \(lonely.name)", .strong) says how to attach \(lonely.name)")
        }
        return page.rendered
    }

    package static func sorted(_ inventory: Inventory) -> [Inventory.Item] {
        inventory.items.sorted { ($0.colour ?? .green, $0.name) < ($1.colour ?? .green, $1.name) }
    }

    private static func rows(_ item: Inventory.Item, _ report: PlanReport, _ style: Style) -> [Table.Row] {
        let views = installed(item, report)
        let facts = item.facts
        let worst = views.min { $0.colour < $1.colour }
        let colour: Text =
            item.colour.map { ColourWords.words($0, notAfter: worst?.notAfter ?? item.notAfter, now: report.now) }
            ?? "\("unknown", .caution): the chain cannot be read"
        let row = Table.Row(cells: [
            "\(item.name)", item.leaf.map { "\(CertificateWords.fingerprint($0, style))" } ?? "none",
            item.notAfter.map { "\(TimeWords.day($0))" } ?? "",
            "\(facts.map { CertificateWords.keyType($0.keyType) } ?? "")", "\(facts?.issuer ?? "")", colour,
            installations(item, views, report),
        ], below: RevocationWords.line(item.revocation, now: report.now).map { [$0] } ?? [])
        let old = item.replaced.map { old in
            Table.Row(cells: [
                "  old", "\(CertificateWords.fingerprint(old.leaf, style))",
                old.notAfter.map { "\(TimeWords.day($0))" } ?? "", "", "",
                old.colour.map { ColourWords.words($0, notAfter: old.notAfter, now: report.now) } ?? "dates unknown",
                "\(old.connector) \(SyncWords.words(old.sync, now: report.now))",
            ])
        }
        return [row] + old
    }

    /// What lies on devices and nobody has declared.
    private static func addFound(
        _ inventory: Inventory, _ report: PlanReport, to page: inout Page, _ style: Style
    ) {
        guard !inventory.found.isEmpty else { return }
        page.space()
        page.add("\("Found, and declared by nobody", .strong)")
        let rows = inventory.found.map { found in
            let facts = found.facts
            return Table.Row(cells: [
                "\(facts?.dnsNames.first ?? facts?.subject ?? "unknown")",
                "\(CertificateWords.fingerprint(found.leaf, style))",
                found.notAfter.map { "\(TimeWords.day($0))" } ?? "",
                "\(facts.map { CertificateWords.keyType($0.keyType) } ?? "")", "\(facts?.issuer ?? "")",
                found.colour.map { ColourWords.words($0, notAfter: found.notAfter, now: report.now) }
                    ?? "dates unknown",
                "\(found.places.map(place).joined(separator: ", "))",
            ])
        }
        page.add(Table(fitting: rows).lines(rows, in: style))
    }

    private static func place(_ place: Inventory.Found.Place) -> String {
        let who = place.connector.map { "\($0) on " } ?? ""
        return "\(who)\(place.device) \(place.path)\(place.managedBy.map { " (\($0))" } ?? "")"
    }

    package static func installed(_ item: Inventory.Item, _ report: PlanReport) -> [ConnectorView] {
        let wanted = Set(item.connectors + item.unbound)
        return report.plan.connectors.filter { wanted.contains($0.connector) }
    }

    /// `edge-1-shop In Sync`, or how many are, where there are many.
    private static func installations(_ item: Inventory.Item, _ views: [ConnectorView], _ report: PlanReport) -> Text {
        guard item.hasConnector || !views.isEmpty else { return "\("no connector", .caution)" }
        var parts: [Text] = []
        if views.count <= 3 {
            parts = views.map { "\($0.connector) \(SyncWords.words($0.sync, now: report.now))" }
        } else {
            let good = views.count { SyncWords.name($0.sync) == "InSync" }
            parts = ["\(good) of \(views.count) \("In Sync", good == views.count ? .good : .bad)"]
        }
        if item.elsewhere > 0 { parts.append("\(item.elsewhere) in other zones") }
        return parts.joined(separator: ", ")
    }

    private static func count(_ inventory: Inventory) -> Text {
        let declared = inventory.items.count(where: \.isDeclared)
        let lonely = inventory.items.count { $0.isDeclared && !$0.hasConnector }
        let old = inventory.items.reduce(0) { $0 + $1.replaced.count }
        var line: Text = "\(declared) \(declared == 1 ? "certificate" : "certificates") declared"
        if lonely > 0 { line += ", \(lonely) with \("no connector", .caution)" }
        if old > 0 { line += ", \(old) old \(old == 1 ? "leaf" : "leaves") superseded" }
        if !inventory.found.isEmpty { line += ", \(inventory.found.count) found undeclared" }
        return line
    }

    /// For a page of a forge.
    package static func markdown(_ report: PlanReport, _ inventory: Inventory) -> String {
        var lines = Markdown.heading(["Certificate", "Leaf", "Valid to", "Colour", "Installations"])
        for item in sorted(inventory) {
            let views = installed(item, report)
            let worst = views.min { $0.colour < $1.colour }
            let colour = item.colour.map {
                ColourWords.words($0, notAfter: worst?.notAfter ?? item.notAfter, now: report.now).plain
            }
            lines.append(
                Markdown.row([
                    Markdown.code(item.name.text), Markdown.code(item.leaf?.short ?? ""),
                    item.notAfter.map(TimeWords.day) ?? "–", colour ?? "unknown",
                    Markdown.code(installations(item, views, report).plain),
                ]))
            for old in item.replaced {
                lines.append(
                    Markdown.row([
                        "old", Markdown.code(old.leaf.short), old.notAfter.map(TimeWords.day) ?? "–",
                        old.colour.map { ColourWords.words($0, notAfter: old.notAfter, now: report.now).plain } ?? "–",
                        "\(Markdown.code(old.connector.text)) \(SyncWords.words(old.sync, now: report.now).plain)",
                    ]))
            }
        }
        for found in inventory.found {
            let colour = found.colour.map { ColourWords.words($0, notAfter: found.notAfter, now: report.now).plain }
            lines.append(
                Markdown.row([
                    "found", Markdown.code(found.leaf.short), found.notAfter.map(TimeWords.day) ?? "–", colour ?? "–",
                    Markdown.code(found.places.map(place).joined(separator: ", ")),
                ]))
        }
        return (["**\(count(inventory).plain)**", ""] + lines + [""]).joined(separator: "\n")
    }
}
