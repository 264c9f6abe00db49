// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Operations
internal import Planning
internal import Rendering
internal import Vocabulary

/// Connectors, a row each.
enum ConnectorTable {
    static let colours = Filters.Choice(
        name: "colour", label: "Colour",
        options: [("", "any")]
            + StatusColour.allCases.map { ($0.rawValue, "\($0.rawValue): \(ColourWords.meaning($0).dropLast())") })

    static func markup(_ views: some Sequence<ConnectorView>, _ caption: String, _ subject: Subject) -> Markup {
        let now = subject.report.now
        return Grid(
            caption: caption, columns: ["Connector", "Certificate", "Device", "Colour", "Sync", "CERT+", "Work order"],
            rows: views.map { view in
                Grid.Row(cells: [
                    "<strong>\(view.connector)</strong>", view.certificate.map(Parts.certificate) ?? "none bound",
                    Parts.device(view.device), Parts.colour(view.colour, notAfter: view.notAfter, now: now),
                    Parts.sync(view.sync, now: now), Markup(SyncWords.certPlusWords(view.sync)),
                    Tree.order(view, subject),
                ])
            }
        ).markup
    }
}

enum ConnectorsPage {
    static func page(_ subject: Subject) -> Page {
        let query = subject.query
        let (colour, sync, device) = (query["colour"], query["sync"], query["device"])
        let found = subject.picture.connectors(matching: query["q"]) { key in
            if let colour, key.colour.rawValue != colour { return false }
            if let sync, key.sync != sync { return false }
            if let device, key.device.text != device { return false }
            return true
        }
        let pager = Pager(total: found.count, wanted: query.page)
        let devices = subject.picture.snapshot.devices.filter { $0.connectors > 0 }
        var choices = [
            ConnectorTable.colours,
            Filters.Choice(
                name: "sync", label: "Sync",
                options: [
                    ("", "any"), ("InSync", "In Sync"), ("OutOfSync", "Out of Sync"), ("Unknown", "Unknown"),
                    ("Unbound", "Unbound"),
                ]),
        ]
        // A list of thousands helps nobody; a device's page links here all the same.
        if devices.count <= 100 {
            choices.append(
                Filters.Choice(
                    name: "device", label: "Device",
                    options: [("", "any")] + devices.map { ($0.name.text, $0.name.text) }))
        } else if let device {
            choices.append(Filters.Choice(name: "device", label: "Device", options: [("", "any"), (device, device)]))
        }
        let filters = Filters(
            action: Page.Place.connectors.address, search: "Name, host, address or ID", choices: choices)
        let address = query.address(Page.Place.connectors.address, ["q", "colour", "sync", "device"])
        return Page(
            .connectors, "Connectors", "list",
            [
                "heading": "Connectors", "filtersHTML": .markup(filters.markup(query)),
                "pagerHTML": .markup(pager.markup(address, of: "connectors")),
                "tableHTML": .markup(
                    found.isEmpty
                        ? "" : ConnectorTable.markup(found[pager.range], "Connectors, the worst first", subject)),
                "empty": "No connector is like that.", "isEmpty": .flag(found.isEmpty),
            ])
    }
}
