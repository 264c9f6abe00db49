// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
internal import Operations
internal import Planning
internal import Rendering
internal import Vocabulary

/// Certificates, a row each.
enum CertificateTable {
    static func markup(_ items: some Sequence<Inventory.Item>, _ caption: String, _ subject: Subject) -> Markup {
        Grid(
            caption: caption, columns: ["Certificate", "Colour", "Ends", "Sync", "Connectors", "Leaf"],
            rows: items.map { item in
                let views = (item.connectors + item.unbound).compactMap { subject.picture.views[$0] }
                let worst = views.min { $0.colour < $1.colour }
                let notAfter = worst?.notAfter ?? item.notAfter
                return Grid.Row(cells: [
                    Parts.certificate(item.name)
                        + (item.isDeclared ? "" : " <span class=\"t-caution\">not declared any more</span>"),
                    item.colour.map { Parts.colour($0, notAfter: notAfter, now: subject.report.now) }
                        ?? "<span class=\"t-caution\">unknown</span>: the chain cannot be read",
                    ends(views, item),
                    sync(views, item, subject), connectors(item), Parts.leaf(item.leaf),
                ])
            }
        ).markup
    }

    /// Of what lies there, and of what is declared where that is another day.
    private static func ends(_ views: [ConnectorView], _ item: Inventory.Item) -> Markup {
        let days = [views.compactMap(\.notAfter).min(), item.notAfter].compactMap { $0.map(TimeWords.day) }
        guard let first = days.first else { return "" }
        let new: Markup = days.last == first ? "" : "<br><span class=\"on nowrap\">declared: \(days.last ?? "")</span>"
        return "<span class=\"nowrap\">\(first)</span>\(new)"
    }

    private static func sync(_ views: [ConnectorView], _ item: Inventory.Item, _ subject: Subject) -> Markup {
        if views.isEmpty { return item.hasConnector ? "" : "<span class=\"t-caution\">no connector</span>" }
        if views.count == 1 { return Parts.sync(views[0].sync, now: subject.report.now) }
        let good = views.count { SyncWords.name($0.sync) == "InSync" }
        return "\(good) of \(views.count) <span class=\"\(good == views.count ? "t-good" : "t-bad")\">In Sync</span>"
    }

    private static func connectors(_ item: Inventory.Item) -> Markup {
        let all = item.connectors + item.unbound
        var words = all.prefix(2).map { "\($0)" as Markup }.joined(separator: ", ")
        if all.count > 2 { words += " and \(all.count - 2) more" }
        if item.elsewhere > 0 {
            words += all.isEmpty ? "\(item.elsewhere) in other zones" : ", \(item.elsewhere) in other zones"
        }
        return words
    }
}

enum CertificatesPage {
    static func page(_ subject: Subject) -> Page {
        let query = subject.query
        let (colour, bound) = (query["colour"], query["bound"])
        let found = subject.picture.certificates(matching: query["q"]) { key in
            if let colour, key.colour?.rawValue != colour { return false }
            switch bound {
            case "yes": return key.hasConnector
            case "no": return !key.hasConnector
            case "old": return key.hasOldLeaves
            default: return true
            }
        }
        let pager = Pager(total: found.count, wanted: query.page)
        let filters = Filters(
            action: Page.Place.certificates.address, search: "Name, connector or leaf",
            choices: [
                ConnectorTable.colours,
                Filters.Choice(
                    name: "bound", label: "Connectors",
                    options: [
                        ("", "any"), ("yes", "with a connector"), ("no", "without one"), ("old", "with old leaves"),
                    ]),
            ])
        let address = query.address(Page.Place.certificates.address, ["q", "colour", "bound"])
        return Page(
            .certificates, "Certificates", "list",
            [
                "heading": "Certificates", "filtersHTML": .markup(filters.markup(query)),
                "pagerHTML": .markup(pager.markup(address, of: "certificates")),
                "tableHTML": .markup(
                    found.isEmpty
                        ? "" : CertificateTable.markup(found[pager.range], "Certificates, the worst first", subject)),
                "empty": .text(found.isEmpty ? "No certificate is like that." : ""), "isEmpty": .flag(found.isEmpty),
            ])
    }
}

/// One certificate and everything below it.
enum TopologyPage {
    static func page(_ name: String, _ subject: Subject) -> Page {
        guard let name = CertificateName(name), let item = subject.picture.items[name] else {
            return .missing("No certificate is named “\(name)”.")
        }
        let views = (item.connectors + item.unbound).compactMap { subject.picture.views[$0] }
        let worst = views.min { $0.colour < $1.colour }
        let now = subject.report.now
        let pager = Pager(total: views.count, wanted: subject.query.page, size: 25)
        var fields: Fields = [
            "heading": .text(name.text),
            "colourHTML": .markup(
                item.colour.map { Parts.colour($0, notAfter: worst?.notAfter ?? item.notAfter, now: now) } ?? ""),
            "factsHTML": .markup(facts(item, now: now)),
            "treeHTML": .markup(Tree.markup(views[pager.range], item.replaced, subject)),
            "pagerHTML": .markup(pager.pages == 1 ? "" : pager.markup(.certificate(name), of: "connectors")),
            "isDeclared": .flag(item.isDeclared), "hasConnector": .flag(!views.isEmpty),
        ]
        if item.hasConnector, item.isDeclared {
            fields["pushHTML"] = .markup(Parts.command("countersign push \(name)"))
        } else if item.isDeclared {
            fields["hintHTML"] = .markup("<pre tabindex=\"0\">\(NoConnector.hint(name))</pre>")
        }
        if item.elsewhere > 0 {
            fields["elsewhereHTML"] = .markup(
                "and \(Parts.count(item.elsewhere, "connector", "connectors")) in other zones")
        }
        return Page(.certificates, name.text, "topology", fields)
    }

    private static func facts(_ item: Inventory.Item, now: Timestamp) -> Markup {
        let facts = item.facts
        return Facts([
            "Leaf": item.leaf.map { "<code class=\"long\">\($0.hex)</code>" },
            "Subject": facts.map { "\($0.subject)" },
            "Names": facts.map { facts in
                (facts.dnsNames + facts.ipAddresses).map { "<span class=\"name\">\($0)</span>" as Markup }.joined(
                    separator: " ")
            },
            "Issuer": facts.map { "\($0.issuer)" },
            "Valid": facts.map { "\(TimeWords.minute($0.notBefore)) to \(TimeWords.minute($0.notAfter))" },
            "Key": facts.map { "\(CertificateWords.keyType($0.keyType))" },
        ]).markup
    }
}

/// Connectors below a certificate, and endpoints below them.
enum Tree {
    static func markup(
        _ views: some Sequence<ConnectorView>, _ old: [Inventory.Replaced], _ subject: Subject
    ) -> Markup {
        var markup: Markup = "<ul class=\"tree\" role=\"list\">"
        for view in views { markup += branch(view, subject) }
        for one in old { markup += branch(one, subject) }
        return markup + "</ul>"
    }

    private static func branch(_ view: ConnectorView, _ subject: Subject) -> Markup {
        let now = subject.report.now
        var markup: Markup =
            "<li><div class=\"node\"><div class=\"who\"><strong>\(view.connector)</strong> <span class=\"on\">on \(Parts.device(view.device))</span></div><div class=\"how\">\(Parts.colour(view.colour, notAfter: view.notAfter, now: now)) <span class=\"sync\">\(Parts.sync(view.sync, now: now))</span></div><div class=\"why\">\(order(view, subject))</div></div>"
        if let note = RevocationWords.line(view.revocation, now: now) { markup += "<p class=\"note\">\(note)</p>" }
        if !view.served.isEmpty {
            markup += "<ul role=\"list\">"
            for answer in view.served {
                let isSame = if case .served(let leaf, _) = answer.answer { leaf == view.holding?.leaf } else { false }
                let mark: Markup =
                    isSame
                    ? "<span class=\"mark t-good\" aria-hidden=\"true\">✓</span>"
                    : "<span class=\"mark t-bad\" aria-hidden=\"true\">×</span>"
                var words: Markup = "\(EndpointWords.served(answer, Style()))"
                if case .served = answer.answer, !isSame {
                    words += ", <span class=\"t-bad\">not what the slot holds</span>"
                }
                markup +=
                    "<li><div class=\"leaf\">\(mark)<span class=\"place\">\(EndpointWords.place(answer))</span> <span>\(words)</span></div></li>"
            }
            markup += "</ul>"
        }
        return markup + "</li>"
    }

    /// A leaf that a newer one took the place of.
    private static func branch(_ old: Inventory.Replaced, _ subject: Subject) -> Markup {
        let now = subject.report.now
        let colour: Markup = old.colour.map { Parts.colour($0, notAfter: old.notAfter, now: now) } ?? "dates unknown"
        return
            "<li class=\"old\"><div class=\"node\"><div class=\"who\"><strong>old \(Parts.leaf(old.leaf))</strong> <span class=\"on\">was on \(old.connector)</span></div><div class=\"how\">\(colour) <span class=\"sync\"><span class=\"t-bad\">Out of Sync</span>: Superseded by \(Parts.leaf(old.supersededBy))</span></div><div class=\"why\">\(Parts.workOrder(old.workOrder)) \(Parts.time(old.at, now: now))</div></div></li>"
    }

    /// Request, work order and its state: the open one, else how the last one ended.
    static func order(_ view: ConnectorView, _ subject: Subject) -> Markup {
        let now = subject.report.now
        if let order = subject.picture.order(view) {
            let ids = [view.request.map(Parts.request), view.workOrder.map(Parts.workOrder)].compactMap(\.self)
            return "\(ids.joined(separator: " ")) \(StateWords.words(order, now: now))"
        }
        if let ending = subject.picture.snapshot.endings[view.connector] {
            let ids = [ending.request.map(Parts.request), Parts.workOrder(ending.workOrder)].compactMap(\.self)
            var words: Markup =
                "\(ids.joined(separator: " ")) \(Parts.state(ending.state)) \(Parts.time(ending.at, now: now))"
            if !ending.by.isEmpty { words += " by \(ending.by.map(\.text).joined(separator: ", "))" }
            if let message = ending.message { words += ": \(message)" }
            return words
        }
        let ids = [view.request.map(Parts.request), view.workOrder.map(Parts.workOrder)].compactMap(\.self)
        return "\(ids.joined(separator: " ")) \(view.state.map(Parts.state) ?? "")"
    }
}
