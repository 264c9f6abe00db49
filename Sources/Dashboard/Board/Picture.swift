// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
internal import Glibc
internal import Operations
internal import Planning
internal import Rendering
internal import Vocabulary

/// A snapshot with everything sorted and indexed that pages ask for. Never changed once it is made.
final class Picture: Sendable {
    let snapshot: Snapshot
    /// The worst first.
    let connectors: [ConnectorView]
    /// The worst first.
    let certificates: [Inventory.Item]
    /// As planned: what waits for people before what does not.
    let orders: [WorkOrder]
    /// When each certificate ends that has an end, the first one first: of what a slot still holds before what waits to be pushed.
    let ends: [(at: Timestamp, item: Inventory.Item)]
    let views: [ConnectorName: ConnectorView]
    let items: [CertificateName: Inventory.Item]
    let ordersByDigest: [WorkOrderDigest: WorkOrder]
    let summary: PlanSummary
    let colours: [StatusColour: Int]
    /// By the name that JSON has.
    let syncs: [String: Int]
    /// Open work orders, by the name of their state.
    let states: [String: Int]
    let signatures: SignatureIndex
    /// What the endpoints of a slot last answered.
    let served: [SlotKey: [EndpointObservation]]
    /// The names of all states in which work orders of the trail ended.
    let outcomes: [String]
    private let connectorTexts: [Haystack]
    private let certificateTexts: [Haystack]

    var report: PlanReport { snapshot.report }
    var plan: Plan { snapshot.report.plan }

    init(_ snapshot: Snapshot) {
        self.snapshot = snapshot
        let plan = snapshot.report.plan
        connectors = plan.connectors.sorted(by: StatusText.isWorse)
        certificates = CertificatesText.sorted(snapshot.inventory)
        let views = Dictionary(plan.connectors.map { ($0.connector, $0) }) { first, _ in first }
        self.views = views
        ends = snapshot.inventory.items.compactMap { item in
            (item.connectors.compactMap { views[$0]?.notAfter }.min() ?? item.notAfter).map { ($0, item) }
        }.sorted { ($0.at, $0.item.name) < ($1.at, $1.item.name) }
        items = Dictionary(snapshot.inventory.items.map { ($0.name, $0) }) { first, _ in first }
        ordersByDigest = Dictionary(plan.workOrders.compactMap { order in order.digest.map { ($0, order) } }) {
            first, _ in
            first
        }
        orders = plan.workOrders.enumerated().sorted {
            (Self.rank($0.element), $0.offset) < (Self.rank($1.element), $1.offset)
        }.map(\.element)
        summary = PlanSummary(of: plan)
        colours = Dictionary(plan.connectors.map { ($0.colour, 1) }, uniquingKeysWith: +)
        syncs = Dictionary(plan.connectors.map { (SyncWords.name($0.sync), 1) }, uniquingKeysWith: +)
        states = Dictionary(plan.workOrders.map { ($0.state.name, 1) }, uniquingKeysWith: +)
        signatures = SignatureIndex(plan.workOrders, snapshot.trail)
        served = Dictionary(plan.connectors.map { ($0.slot, $0.served) }) { first, _ in first }
        outcomes = Set(snapshot.trail.map(\.state)).sorted()
        connectorTexts = connectors.map { view in
            Haystack(
                [view.connector.text, view.device.text, view.certificate?.text, view.workOrder?.id, view.request?.id]
                    + view.served.map(\.address) + view.served.map(\.endpoint.serverName))
        }
        certificateTexts = certificates.map { item in
            Haystack([item.name.text, item.leaf?.hex] + item.connectors.map(\.text) + item.unbound.map(\.text))
        }
    }

    /// Those that hold these words, the worst first.
    func connectors(matching words: String?, _ isChosen: (ConnectorView) -> Bool) -> [ConnectorView] {
        let needles = Haystack.needles(words)
        return zip(connectors, connectorTexts).compactMap { isChosen($0) && $1.holds(needles) ? $0 : nil }
    }

    func certificates(matching words: String?, _ isChosen: (Inventory.Item) -> Bool) -> [Inventory.Item] {
        let needles = Haystack.needles(words)
        return zip(certificates, certificateTexts).compactMap { isChosen($0) && $1.holds(needles) ? $0 : nil }
    }

    func order(_ view: ConnectorView) -> WorkOrder? { view.workOrder.flatMap { ordersByDigest[$0] } }

    private static func rank(_ order: WorkOrder) -> Int {
        if order.action == .adopt { return 4 }
        if order.waitsForPeople { return 0 }
        if case .blocked = order.state { return 1 }
        return StateWords.isDecided(order.state) ? 3 : 2
    }
}

/// Words in lower case to be searched through: a hundred bytes each, ten thousand at a time.
struct Haystack: Sendable {
    private let bytes: [UInt8]

    init(_ words: [String?]) { bytes = Array(words.compactMap(\.self).joined(separator: " ").lowercased().utf8) }

    /// All words have to be found, in any order.
    static func needles(_ words: String?) -> [[UInt8]] {
        (words ?? "").lowercased().split(whereSeparator: \.isWhitespace).map { Array($0.utf8) }
    }

    func holds(_ needles: [[UInt8]]) -> Bool {
        needles.allSatisfy { needle in
            bytes.withUnsafeBytes { hay in needle.withUnsafeBytes { Self.holds(hay, $0) } }
        }
    }

    private static func holds(_ hay: UnsafeRawBufferPointer, _ needle: UnsafeRawBufferPointer) -> Bool {
        guard let first = needle.first, let pattern = needle.baseAddress, var place = hay.baseAddress else {
            return needle.isEmpty
        }
        var left = hay.count - needle.count + 1
        while left > 0, let found = memchr(place, Int32(first), left) {
            if memcmp(found, pattern, needle.count) == 0 { return true }
            left -= UnsafeRawPointer(found) - place + 1
            place = UnsafeRawPointer(found) + 1
        }
        return false
    }
}
