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
    /// The times of `ends`.
    let endTimes: [Timestamp]
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
    private let connectorKeys: [ConnectorKey]
    private let certificateKeys: [CertificateKey]
    private let orderKeys: [OrderKey]
    private let connectorTexts: Haystacks
    private let certificateTexts: Haystacks
    private let orderTexts: Haystacks
    private let trailTexts: Haystacks

    /// What connectors are filtered by, apart from all else that a view holds.
    struct ConnectorKey: Sendable {
        var colour: StatusColour
        /// The name that JSON has.
        var sync: String
        var device: DeviceName
    }

    /// What certificates are filtered by.
    struct CertificateKey: Sendable {
        var colour: StatusColour?
        var hasConnector: Bool
        var hasOldLeaves: Bool
    }

    var report: PlanReport { snapshot.report }
    var plan: Plan { snapshot.report.plan }

    /// What open work orders are filtered by.
    struct OrderKey: Sendable {
        /// The name of its state.
        var state: String
        var waitsForPeople: Bool
        var isAdoption: Bool
    }

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
        endTimes = ends.map(\.at)
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
        connectorKeys = connectors.map {
            ConnectorKey(colour: $0.colour, sync: SyncWords.name($0.sync), device: $0.device)
        }
        certificateKeys = certificates.map {
            CertificateKey(colour: $0.colour, hasConnector: $0.hasConnector, hasOldLeaves: !$0.replaced.isEmpty)
        }
        orderKeys = orders.map {
            OrderKey(state: $0.state.name, waitsForPeople: $0.waitsForPeople, isAdoption: $0.action == .adopt)
        }
        connectorTexts = Haystacks(
            connectors.map { view in
                [view.connector.text, view.device.text, view.certificate?.text, view.workOrder?.id, view.request?.id]
                    + view.served.map(\.address) + view.served.map(\.endpoint.serverName)
            })
        certificateTexts = Haystacks(
            certificates.map { item in
                [item.name.text, item.leaf?.hex] + item.connectors.map(\.text) + item.unbound.map(\.text)
            })
        orderTexts = Haystacks(
            orders.map {
                [$0.digest?.id, $0.request?.id, $0.connector.text, $0.device.text, $0.certificate?.text]
            })
        trailTexts = Haystacks(
            snapshot.trail.map { order in
                [
                    order.digest.id, order.request?.id, order.connector.text, order.device.text,
                    order.certificate?.text, order.leaf?.hex,
                ] + order.signatures.map { $0.person?.text }
            })
    }

    /// Those that hold these words, the worst first.
    func connectors(matching words: String?, _ isChosen: (ConnectorKey) -> Bool = { _ in true }) -> Found<ConnectorView> {
        Found(connectors, connectorTexts.places(of: words) { isChosen(connectorKeys[$0]) })
    }

    /// Those that hold these words, the worst first.
    func certificates(
        matching words: String?, _ isChosen: (CertificateKey) -> Bool = { _ in true }
    ) -> Found<Inventory.Item> {
        Found(certificates, certificateTexts.places(of: words) { isChosen(certificateKeys[$0]) })
    }

    /// Open ones that hold these words, in the order of `orders`.
    func orders(matching words: String?, _ isChosen: (OrderKey) -> Bool = { _ in true }) -> Found<WorkOrder> {
        Found(orders, orderTexts.places(of: words) { isChosen(orderKeys[$0]) })
    }

    /// Ended ones that hold these words, as in the trail.
    func trail(matching words: String?, state: String? = nil) -> Found<RememberedWorkOrder> {
        let trail = snapshot.trail
        return Found(trail, trailTexts.places(of: words) { place in state.map { trail[place].state == $0 } ?? true })
    }

    func order(_ view: ConnectorView) -> WorkOrder? { view.workOrder.flatMap { ordersByDigest[$0] } }

    private static func rank(_ order: WorkOrder) -> Int {
        if order.action == .adopt { return 4 }
        if order.waitsForPeople { return 0 }
        if case .blocked = order.state { return 1 }
        return StateWords.isDecided(order.state) ? 3 : 2
    }
}

/// Some of a long list, by their places in it: an element holds dozens of references, and to copy ten thousand of them costs more than
/// the page that shows fifty.
struct Found<Element> {
    private let all: [Element]
    private let places: [Int]

    init(_ all: [Element], _ places: [Int]) { (self.all, self.places) = (all, places) }

    var count: Int { places.count }
    var isEmpty: Bool { places.isEmpty }
    subscript(range: Range<Int>) -> [Element] { places[range].map { all[$0] } }
    func prefix(_ count: Int) -> [Element] { self[0..<min(count, places.count)] }
}

/// Words in lower case to be searched through: a hundred bytes for each element, ten thousand of them one behind the other.
struct Haystacks: Sendable {
    private let bytes: [UInt8]
    private let ends: [Int]

    init(_ texts: [[String?]]) {
        var bytes: [UInt8] = []
        ends = texts.map { words in
            bytes += Haystack(words).bytes
            return bytes.count
        }
        self.bytes = bytes
    }

    /// The places of those that are chosen and in which all words are found, in any order.
    func places(of words: String?, _ isChosen: (Int) -> Bool) -> [Int] {
        let needles = Haystack.needles(words)
        guard !needles.isEmpty else { return ends.indices.filter(isChosen) }
        return bytes.withUnsafeBytes { bytes in
            ends.indices.filter { place in
                isChosen(place)
                    && Haystack.holds(
                        UnsafeRawBufferPointer(rebasing: bytes[(place == 0 ? 0 : ends[place - 1])..<ends[place]]),
                        needles)
            }
        }
    }
}

/// The words of one element.
struct Haystack: Sendable {
    fileprivate let bytes: [UInt8]

    init(_ words: [String?]) { bytes = Array(words.compactMap(\.self).joined(separator: " ").lowercased().utf8) }

    /// All words have to be found, in any order.
    static func needles(_ words: String?) -> [[UInt8]] {
        (words ?? "").lowercased().split(whereSeparator: \.isWhitespace).map { Array($0.utf8) }
    }

    func holds(_ needles: [[UInt8]]) -> Bool { bytes.withUnsafeBytes { Self.holds($0, needles) } }

    fileprivate static func holds(_ hay: UnsafeRawBufferPointer, _ needles: [[UInt8]]) -> Bool {
        needles.allSatisfy { needle in needle.withUnsafeBytes { holds(hay, $0) } }
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
