// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Operations
internal import Rendering
internal import Vocabulary

/// What one request is answered, and how it is decided: by the path, the query and what the board shows.
struct Answer: Sendable {
    var status: Int
    var type: String
    var body: String
    /// May be kept by the browser: it changes with the program only.
    var isLasting = false

    init(_ status: Int, _ type: String, _ body: String, isLasting: Bool = false) {
        (self.status, self.type, self.body, self.isLasting) = (status, type, body, isLasting)
    }

    static func plain(_ status: Int, _ words: String) -> Answer {
        Answer(status, "text/plain; charset=utf-8", words + "\n")
    }

    /// - Parameter path: as sent, without the query; percent signs decoded part by part.
    static func make(path: [String], query: Query, reading: Board.Reading, now: Timestamp) -> Answer {
        switch path {
        case ["assets", "style.css"]: return Answer(200, "text/css; charset=utf-8", Stylesheet.text, isLasting: true)
        case ["assets", "live.js"]: return Answer(200, "text/javascript; charset=utf-8", Script.text, isLasting: true)
        case ["assets", "icon.svg"]: return Answer(200, "image/svg+xml", Icon.svg, isLasting: true)
        case ["metrics"]:
            return Answer(200, OpenMetrics.type, Figures.text(reading, now: now))
        case ["health", "live"]: return health(reading, now: now) { $0.dead }
        case ["health", "ready"]: return health(reading, now: now) { $0.unready }
        case ["live"]:
            let document: JSONValue = [
                "doing": .string(Page.doing(reading.vitals, now: now).plain), "stamp": .number(reading.version),
            ]
            return Answer(200, "application/json", String(decoding: document.canonicalBytes, as: UTF8.self))
        default: break
        }
        let page: Page
        if let picture = reading.picture {
            page = Self.page(path, Subject(reading: reading, picture: picture, query: query, now: now))
        } else {
            page = Page(nil, "Starting", "starting", [:])
        }
        return Answer(page.status, "text/html; charset=utf-8", page.rendered(reading, now: now, query: query))
    }

    /// What it asks for is public: whether a machine may send people here. Why not stands on the page.
    static func isOpen(_ path: [String]) -> Bool { path.first == "health" }

    private static func health(_ reading: Board.Reading, now: Timestamp, _ wrong: (Health) -> [String]) -> Answer {
        let wrong = wrong(Health(reading.vitals, hasPicture: reading.picture != nil, now: now))
        // Codes only: this is answered to whoever asks, and messages name hosts and paths.
        let words = wrong.map { $0.split(separator: ":").first.map(String.init) ?? "" }
        return .plain(wrong.isEmpty ? 200 : 503, wrong.isEmpty ? "ok" : words.joined(separator: "\n"))
    }

    private static func page(_ path: [String], _ subject: Subject) -> Page {
        switch path.first.map({ Page.Place(rawValue: $0) }) ?? .overview {
        case .overview where path.isEmpty: return OverviewPage.page(subject)
        case .certificates where path.count == 2: return TopologyPage.page(path[1], subject)
        case .workOrders where path.count == 2: return WorkOrderPage.page(path[1], subject)
        case .requests where path.count == 2: return RequestPage.page(path[1], subject)
        case .certificates where path.count == 1: return CertificatesPage.page(subject)
        case .connectors where path.count == 1: return ConnectorsPage.page(subject)
        case .workOrders where path.count == 1: return WorkOrdersPage.page(subject)
        case .requests where path.count == 1: return RequestsPage.page(subject)
        case .approvals where path.count == 1: return ApprovalsPage.page(subject)
        case .report where path.count == 1: return ReportPage.page(subject)
        case .expiry where path.count == 1: return ExpiryPage.page(subject)
        case .drift where path.count == 1: return DriftPage.page(subject)
        case .devices where path.count == 1: return DevicesPage.page(subject)
        case .audit where path.count == 1: return AuditPage.page(subject)
        default: return path == ["search"] ? SearchPage.page(subject) : .missing("There is no such page.")
        }
    }
}
