// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
internal import Operations
internal import Planning
internal import Rendering
internal import Vocabulary

/// What somebody changed by hand.
enum DriftPage {
    static func page(_ subject: Subject) -> Page {
        let now = subject.report.now
        let drift = subject.plan.drift
        let pager = Pager(total: drift.count, wanted: subject.query.page)
        let rows = drift[pager.range].map { one -> Grid.Row in
            let view = subject.picture.views[one.connector]
            let order = view.flatMap { subject.picture.order($0) }
            let answers = view?.served ?? []
            let good = answers.count {
                if case .served(let leaf, _) = $0.answer { leaf == one.declared } else { false }
            }
            var ways: Markup = ""
            if one.isCompromised {
                ways += "<div class=\"t-bad\">its key is compromised: it must go</div>"
            } else if one.mayBeKept {
                ways += "<div>to keep it: \(Parts.command("countersign adopt \(one.connector)"))</div>"
            }
            if let order, let command = WorkOrderTable.command(order) {
                ways += "<div>to put it back: \(Parts.command(command))</div>"
            }
            return Grid.Row(cells: [
                "<strong>\(one.connector)</strong>", Parts.device(one.device), Parts.leaf(one.declared),
                "\(CertificateWords.holding(one.found, Style()))\(one.files.isEmpty ? "" : "<br><span class=\"on\">\(one.files.joined(separator: ", "))</span>" as Markup)",
                one.since.map { Parts.time($0, now: now) } ?? "unknown", "\(good) of \(answers.count)", ways,
            ])
        }
        return Page(
            .drift, "Drift", "list",
            [
                "heading": "Drift",
                "introHTML": .markup(
                    "Slots that hold something else than what people signed for, because somebody changed them by hand."
                ),
                "filtersHTML": .markup(""),
                "pagerHTML": .markup(pager.markup(Page.Place.drift.address, of: "slots")),
                "tableHTML": .markup(
                    rows.isEmpty
                        ? ""
                        : Grid(
                            caption: "Slots that were changed by hand",
                            columns: [
                                "Connector", "Device", "Declared", "Found", "Since", "Still served",
                                "Ways out",
                            ],
                            rows: rows
                        ).markup),
                "empty": "Nothing was changed by hand.", "isEmpty": .flag(rows.isEmpty),
            ])
    }
}

/// Devices and gateways, and whether they can be reached.
enum DevicesPage {
    static func page(_ subject: Subject) -> Page {
        let query = subject.query
        let now = subject.report.now
        let snapshot = subject.picture.snapshot
        let needles = Haystack.needles(query["q"])
        let found = snapshot.devices.filter { device in
            switch query["health"] {
            case "unreachable": if device.unreachable == nil { return false }
            case "well": if device.unreachable != nil || device.seen == nil { return false }
            default: break
            }
            return needles.isEmpty
                || Haystack([device.name.text, device.kind, device.zone.text, device.place]).holds(needles)
        }.sorted { ($0.unreachable == nil ? 1 : 0, $0.name) < ($1.unreachable == nil ? 1 : 0, $1.name) }
        let pager = Pager(total: found.count, wanted: query.page)
        let rows = found[pager.range].map { device in
            Grid.Row(cells: [
                "<strong>\(device.name)</strong>", "\(device.kind)", "\(device.zone)", "\(device.place)",
                "\(device.sync.rawValue)", health(device, now: now),
                Parts.link(.device(device.name), Parts.count(device.connectors, "connector", "connectors")),
            ])
        }
        let filters = Filters(
            action: Page.Place.devices.address, search: "Name, kind, zone or host",
            choices: [
                Filters.Choice(
                    name: "health", label: "Health",
                    options: [("", "any"), ("unreachable", "unreachable"), ("well", "reached")])
            ])
        return Page(
            .devices, "Devices and gateways", "devices",
            [
                "heading": "Devices and gateways", "filtersHTML": .markup(filters.markup(query)),
                "gatewaysHTML": .markup(gateways(snapshot.gateways, subject)),
                "tableHTML": .markup(
                    rows.isEmpty
                        ? ""
                        : Grid(
                            caption: "Devices, those that cannot be reached first",
                            columns: ["Device", "Kind", "Zone", "Reached by", "Mode", "Health", "Connectors"],
                            rows: rows
                        ).markup),
                "pagerHTML": .markup(
                    pager.markup(query.address(Page.Place.devices.address, ["q", "health"]), of: "devices")),
                "isEmpty": .flag(rows.isEmpty), "empty": "No device is like that.",
            ])
    }

    private static func health(_ device: DeviceStanding, now: Timestamp) -> Markup {
        if let away = device.unreachable {
            return
                "<span class=\"t-bad\">unreachable</span> since \(Parts.time(away.since, now: now))<br><span class=\"on\">\(away.message)</span>"
        }
        if device.sync == .ignored { return "ignored" }
        if !device.isOurs { return "looked at by the gateway of \(device.zone)" }
        guard let seen = device.seen else { return "<span class=\"t-caution\">never looked at</span>" }
        return "<span class=\"t-good\">reached</span>, last read \(Parts.time(seen, now: now))"
    }

    private static func gateways(_ gateways: [GatewayStanding], _ subject: Subject) -> Markup {
        let now = subject.report.now
        let health = Health(subject.reading.vitals, hasPicture: true, now: subject.now)
        return Grid(
            caption: "Gateways", columns: ["Zone", "Health", "Last status", "Recorders"],
            rows: gateways.map { gateway in
                var state: Markup = "<span class=\"t-caution\">not heard of here</span>"
                if let problem = gateway.problem {
                    state = "<span class=\"t-bad\">not believed</span>: \(problem)"
                } else if gateway.isOurs {
                    state =
                        health.isReady
                        ? "<span class=\"t-good\">at work</span>, this one"
                        : "<span class=\"t-bad\">not well</span>, this one: \(health.unready.joined(separator: "; "))"
                } else if gateway.written != nil {
                    state = "as of its last status"
                }
                let written: Markup =
                    gateway.written.map { at in
                        "\(Parts.time(at, now: now)) in <code>\(gateway.status?.short ?? "")</code>"
                    } ?? "none"
                return Grid.Row(cells: [
                    "<strong>\(gateway.zone)</strong>", state, written,
                    gateway.recorders.map { "<code class=\"key\">\($0)</code>" as Markup }.joined(separator: "<br>"),
                ])
            }
        ).markup
    }
}

/// Work orders that are over.
enum TrailTable {
    static func markup(_ orders: some Sequence<RememberedWorkOrder>, _ subject: Subject) -> Markup {
        let now = subject.report.now
        return Grid(
            caption: "Work orders that ended, the newest first",
            columns: ["Ended", "Work order", "Outcome", "Certificate", "Connector", "Change", "Signed by"],
            rows: orders.map { order in
                let signed = order.signatures.map { "\($0.level): \($0.person?.text ?? "a former key")" }
                return Grid.Row(
                    cells: [
                        Parts.time(order.at, now: now), Parts.workOrder(order.digest), Parts.state(order.state),
                        order.certificate.map(Parts.certificate) ?? "–",
                        "\(order.connector) <span class=\"on\">on \(Parts.device(order.device))</span>",
                        "<span class=\"nowrap\">\(order.replaces.map { CertificateWords.holding($0, Style()) } ?? "") → \(Parts.leaf(order.leaf))</span>",
                        "\(signed.joined(separator: ", "))",
                    ], below: order.message.map { "\($0)" } ?? "")
            }
        ).markup
    }
}

enum AuditPage {
    static func page(_ subject: Subject) -> Page {
        let query = subject.query
        let found = subject.picture.trail(matching: query["q"], state: query["state"])
        let pager = Pager(total: found.count, wanted: query.page)
        let filters = Filters(
            action: Page.Place.audit.address, search: "ID, certificate, connector, leaf or person",
            choices: [
                Filters.Choice(
                    name: "state", label: "Outcome",
                    options: [("", "any")] + subject.picture.outcomes.map { ($0, StateWords.title($0)) })
            ])
        let intro: Markup =
            "As the signed status branch has it. Anybody can prove all of it from git and public keys alone: \(Parts.command("countersign audit --trust \(subject.report.trust.commit.hex)"))"
        return Page(
            .audit, "Audit trail", "list",
            [
                "heading": "Audit trail", "introHTML": .markup(intro), "filtersHTML": .markup(filters.markup(query)),
                "pagerHTML": .markup(
                    pager.markup(query.address(Page.Place.audit.address, ["q", "state"]), of: "work orders")),
                "tableHTML": .markup(found.isEmpty ? "" : TrailTable.markup(found[pager.range], subject)),
                "empty": "No work order that ended is like that.", "isEmpty": .flag(found.isEmpty),
                "moreHTML": .markup(ApprovalsPage.older(subject)),
            ])
    }
}

/// Everything that has these words in it.
enum SearchPage {
    static func page(_ subject: Subject) -> Page {
        let words = subject.query["find"] ?? ""
        guard !words.allSatisfy(\.isWhitespace) else {
            return Page(
                nil, "Search", "message", ["text": "Type a name, a host, a fingerprint or an ID into the search field."]
            )
        }
        let picture = subject.picture
        let certificates = picture.certificates(matching: words)
        let connectors = picture.connectors(matching: words)
        let orders = picture.orders(matching: words)
        let ended = picture.trail(matching: words)
        let isEmpty = certificates.isEmpty && connectors.isEmpty && orders.isEmpty && ended.isEmpty
        func more(_ count: Int, _ place: Page.Place) -> Markup {
            count > 10 ? "<p>\(Parts.link(place.address.with("q", words), "all \(count)"))</p>" : ""
        }
        return Page(
            nil, "Search", "search",
            [
                "words": .text(words), "isEmpty": .flag(isEmpty),
                "certificatesHTML": .markup(
                    CertificateTable.markup(certificates.prefix(10), "Certificates found", subject)
                        + more(certificates.count, .certificates)), "hasCertificates": .flag(!certificates.isEmpty),
                "connectorsHTML": .markup(
                    ConnectorTable.markup(connectors.prefix(10), "Connectors found", subject)
                        + more(connectors.count, .connectors)),
                "hasConnectors": .flag(!connectors.isEmpty),
                "ordersHTML": .markup(
                    WorkOrderTable.markup(orders.prefix(10), "Open work orders found", subject)
                        + more(orders.count, .workOrders)),
                "hasOrders": .flag(!orders.isEmpty),
                "endedHTML": .markup(TrailTable.markup(ended.prefix(10), subject)), "hasEnded": .flag(!ended.isEmpty),
            ])
    }
}
