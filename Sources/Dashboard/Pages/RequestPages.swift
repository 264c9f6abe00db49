// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Operations
internal import Planning
internal import Rendering
internal import Vocabulary

enum RequestsPage {
    static func page(_ subject: Subject) -> Page {
        let requests = subject.plan.requests
        let pager = Pager(total: requests.count, wanted: subject.query.page)
        let rows = requests[pager.range].map { request -> Grid.Row in
            let orders = request.workOrders.compactMap { subject.picture.ordersByDigest[$0] }
            let states = Dictionary(orders.map { ($0.state.name, 1) }, uniquingKeysWith: +).sorted { $0.key < $1.key }
            let command = orders.lazy.compactMap(\.signingCommand).first
            return Grid.Row(cells: [
                Parts.request(request.digest), Parts.certificate(request.certificate), Parts.leaf(request.leaf),
                Markup(LevelWords.requested(request.requesters)), "\(orders.count)",
                states.map { "\($0.value) \(Parts.state($0.key))" as Markup }.joined(separator: ", "),
                command.map { Parts.command("countersign \($0) \(request.digest.id)") } ?? "",
            ])
        }
        return Page(
            .requests, "Requests", "list",
            [
                "heading": "Requests", "filtersHTML": .markup(""),
                "pagerHTML": .markup(pager.markup(Page.Place.requests.address, of: "requests")),
                "tableHTML": .markup(
                    rows.isEmpty
                        ? ""
                        : Grid(
                            caption: "Requests with open work orders",
                            columns: [
                                "Request", "Certificate", "New leaf", "Asked for", "Work orders", "States",
                                "To sign all",
                            ],
                            rows: rows
                        ).markup), "empty": "No request is open.", "isEmpty": .flag(rows.isEmpty),
            ])
    }
}

enum RequestPage {
    static func page(_ id: String, _ subject: Subject) -> Page {
        let id = id.uppercased()
        if let request = subject.plan.requests.first(where: { $0.digest.id == id }) {
            let orders = request.workOrders.compactMap { subject.picture.ordersByDigest[$0] }
            let pager = Pager(total: orders.count, wanted: subject.query.page)
            let verb = orders.lazy.compactMap(\.signingCommand).first
            return Page(
                .requests, id, "request",
                [
                    "heading": .text(id),
                    "factsHTML": .markup(
                        Facts([
                            "Certificate": Parts.certificate(request.certificate),
                            "New leaf": "<code class=\"long\">\(request.leaf.hex)</code>",
                            "Asked for": Markup(LevelWords.requested(request.requesters)),
                            "Comment": orders.lazy.compactMap(\.comment).first.map { "<q>\($0)</q>" },
                            "Digest": "<code class=\"long\">\(request.digest.description)</code>",
                        ]).markup),
                    "commandHTML": .markup(verb.map { Parts.command("countersign \($0) \(id)") } ?? ""),
                    "hasCommand": .flag(verb != nil),
                    "tableHTML": .markup(
                        WorkOrderTable.markup(orders[pager.range], "Work orders of this request", subject)),
                    "pagerHTML": .markup(pager.markup(.request(request.digest), of: "work orders")),
                ])
        }
        let ended = subject.picture.snapshot.trail.filter { $0.request?.id == id }
        guard !ended.isEmpty else {
            return .missing(
                "No request \(id) is open or among the last that ended. “countersign explain \(id)” looks through the whole archive."
            )
        }
        return Page(
            .requests, id, "request",
            [
                "heading": .text(id), "factsHTML": .markup("<p>Nothing of it is open any more.</p>"),
                "hasCommand": false,
                "tableHTML": .markup(TrailTable.markup(ended.prefix(200), subject)), "pagerHTML": .markup(""),
            ])
    }
}
