// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
internal import Connectors
internal import Declarations
internal import Journal
internal import Operations
internal import Planning
internal import Reconciler
internal import Synchronization
internal import TLSProbe
internal import Vocabulary

/// A bench with what one push to it needs: certificates, a journal, a lease. Pushes are the reconciler's own, without git.
final class Stand: Sendable {
    let bench: any DriverBench
    let issuer: Issuer
    private let journal: SQLiteJournal
    private let realm: Realm
    private let time: any TimeSource
    private let state: Mutex<State>

    private struct State: Sendable {
        var known: [Fingerprint: IssuedPair] = [:]
        var lease: Lease?
        var count: UInt64 = 0
    }

    /// - Parameter folder: of the caller's own, private; certificates and the journal lie there.
    init(_ bench: any DriverBench, folder: String, time: any TimeSource) async throws {
        self.bench = bench
        self.time = time
        issuer = try await Issuer(in: folder)
        journal = try SQLiteJournal(path: folder + "/journal")
        let epoch = try Self.required(Epoch(String(repeating: "5b", count: 16)), "an epoch")
        realm = Realm(zone: bench.device.spec.zone, epoch: epoch, begunAt: time.now)
        state = Mutex(State())
        try await journal.append([.epochBegun(epoch, at: time.now)], under: nil, expecting: nil)
    }

    static func required<Value>(_ value: Value?, _ what: String) throws(BenchError) -> Value {
        guard let value else { throw BenchError("\(what) is missing") }
        return value
    }

    // MARK: certificates

    func issue(algorithm: String = "ec") async throws -> IssuedPair {
        let pair = try await issuer.issue(days: 60, algorithm: algorithm)
        state.withLock { $0.known[pair.leaf] = pair }
        try bench.issued(pair)
        return pair
    }

    /// What a place holds and serves now, a pair of ours: it is pushed if it is not so.
    func settled(_ place: BenchPlace) async throws -> IssuedPair {
        let seen = try await observation(of: place)
        if let leaf = seen.holding.leaf, let pair = state.withLock({ $0.known[leaf] }), seen.key == pair.spki,
            await serves(leaf, at: place)
        {
            return pair
        }
        let pair = try await issue()
        let outcome = try await push(pair, over: seen.holding, in: place)
        guard outcome == .completed else { throw BenchError("the bench cannot be made ready: \(outcome)") }
        return pair
    }

    // MARK: looking

    func observation(of place: BenchPlace) async throws -> SlotObservation {
        let seen = try await driver().observe([place.slot], unlessStill: nil)
        return try Self.required(seen.slots?.first, "what the slot holds")
    }

    func serves(_ leaf: Fingerprint, at place: BenchPlace) async -> Bool {
        guard !place.endpoints.isEmpty else { return true }
        var plan = ProbePlan()
        for endpoint in place.endpoints { plan.add(endpoint, on: bench.device) }
        return await Prober().probe(plan.targets).allSatisfy { $0.isServedEverywhere(leaf) }
    }

    /// Settled as a push would have it, within a busy machine's time.
    func becomesServed(_ leaf: Fingerprint, at place: BenchPlace) async throws -> Bool {
        guard !place.endpoints.isEmpty else { return true }
        let connector = AppConnector(
            name: try Self.required(ConnectorName("place"), "a name"),
            spec: AppConnectorSpec(device: bench.device.name, slot: place.slot, endpoints: place.endpoints), raw: [:],
            position: SourcePosition(file: "bench"))
        let verdicts = await Proof().settle(
            [.init(connector: connector, expected: leaf)], on: bench.device, reload: .zero,
            patience: Self.patience.settle)
        return verdicts.first?.isProven ?? false
    }

    // MARK: acting

    /// - Parameter around: stands nearer to the driver than what the bench itself puts there.
    func driver(
        through around: @escaping @Sendable (any Transport) -> any Transport = { $0 },
        timeouts: DeviceSpec.Timeouts = Stand.patience
    ) throws -> any DeviceDriver {
        let inner = bench.around
        var device = bench.device
        device.spec.timeouts = timeouts
        var secret = Array("state".utf8)
        let time = time
        return try DriverRegistry(
            secret: SecretBytes(taking: &secret), now: { time.now }, files: bench.files, commands: bench.commands,
            around: .init(
                transport: { transport, name in around(inner.transport(transport, name)) }, driver: inner.driver)
        ).driver(for: device)
    }

    static let patience = DeviceSpec.Timeouts(
        connect: .seconds(30), check: .seconds(90), reload: .seconds(60), settle: .seconds(60))

    /// A lease that comes after all before it.
    func nextFence() async throws -> Fence { realm.fence(lease: try await nextLease().epoch) }

    private func nextLease() async throws -> Lease {
        if let former = state.withLock({ $0.lease }) { await journal.release(former) }
        let lease = try await journal.acquire(
            .device(bench.device.name), for: HolderID("conformance"), lasting: .seconds(600))
        let held = try Self.required(lease, "the device's lease")
        state.withLock { $0.lease = held }
        return held
    }

    func push(
        _ pair: IssuedPair, over holding: Holding, in place: BenchPlace, timeouts: DeviceSpec.Timeouts = Stand.patience
    ) async throws -> Outcome {
        let outcomes = try await push([(pair, holding, place)], timeouts: timeouts)
        return try Self.required(outcomes.first, "the outcome")
    }

    /// By the reconciler's own push, up to its proof or the proof of its undo.
    func push(
        _ parts: [(pair: IssuedPair, over: Holding, place: BenchPlace)],
        timeouts: DeviceSpec.Timeouts = Stand.patience
    ) async throws -> [Outcome] {
        var device = bench.device
        device.spec.timeouts = timeouts
        let tip = try Self.required(ObjectID(hex: String(repeating: "a", count: 40)), "a commit")
        let orders = try parts.map { try order(candidate($0.pair, over: $0.over, in: $0.place), $0.place, tip) }
        let push = DevicePush(
            device: device, driver: try driver(timeouts: timeouts), journal: journal, realm: realm,
            lease: try await nextLease(), proof: Proof(), time: time, tip: tip, token: nil, retries: 0)
        let ended = try await push.run(orders)
        return try orders.map { order in
            try Self.required(ended.first { $0.workOrder == order.digest }?.outcome, "the outcome")
        }
    }

    /// A push that could not be undone keeps its slot for itself, until nobody has a device of that name any more.
    func letGo() async throws {
        try await journal.append([.deviceUndeclared(bench.device.name, at: time.now)], under: nil, expecting: nil)
    }

    private func next() -> UInt64 {
        state.withLock {
            $0.count += 1
            return $0.count
        }
    }

    func batch(_ candidates: Candidate...) -> Batch {
        let digits = String(next(), radix: 16)
        return Batch(
            id: BatchID(String(repeating: "0", count: 16 - digits.count) + digits), candidates: candidates)
    }

    func candidate(_ pair: IssuedPair, over holding: Holding, in place: BenchPlace) throws -> Candidate {
        let number = next()
        return Candidate(
            workOrder: WorkOrderDigest(hashing: Array("bench \(number)".utf8)),
            connector: try Self.required(ConnectorName("place-\(number)"), "a name"), slot: place.slot,
            certificate: pair.chain, leaf: pair.leaf, privateKey: pair.madeKey == nil ? pair.secret : nil,
            madeKey: pair.madeKey, expects: holding)
    }

    private func order(_ candidate: Candidate, _ place: BenchPlace, _ tip: ObjectID) throws -> DevicePush.Order {
        let device = bench.device
        let key = SlotKey(device: device.name, path: place.slot.path)
        let window = Window(start: time.now - .minutes(5), end: time.now + .hours(1))
        let work = WorkOrder(
            digest: candidate.workOrder, content: nil, request: nil, connector: candidate.connector, slot: key,
            device: device.name, deviceKind: device.spec.server.kind, zone: device.spec.zone, binding: nil,
            certificate: nil, action: .install, change: .install, replaces: candidate.expects, installs: nil,
            installsFacts: nil, replacesFacts: nil, policy: nil, requesters: Requesters(),
            judgement: Judgement(levels: []), state: .readyToImplement(window), blocks: [], history: WorkOrderFacts(),
            notes: [], comment: nil, keyCheck: .matches)
        return DevicePush.Order(
            workOrder: work, digest: candidate.workOrder,
            connector: AppConnector(
                name: candidate.connector,
                spec: AppConnectorSpec(device: device.name, slot: place.slot, endpoints: place.endpoints), raw: [:],
                position: SourcePosition(file: "bench")),
            candidate: candidate, window: window,
            intent: Intent(
                workOrder: candidate.workOrder, connector: candidate.connector, slot: key,
                content: Array("{}".utf8), installs: candidate.leaf, replaces: candidate.expects, records: [], tip: tip)
        )
    }
}
