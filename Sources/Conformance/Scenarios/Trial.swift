// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Connectors
internal import Declarations
internal import Planning
internal import Synchronization
internal import Vocabulary

/// One scenario on one bench, and what was not as it must be.
final class Trial: Sendable {
    let stand: Stand
    let depth: ConformanceRun.Depth
    private let found = Mutex<(problems: [String], note: String)>(([], ""))

    init(stand: Stand, depth: ConformanceRun.Depth) { (self.stand, self.depth) = (stand, depth) }

    var bench: any DriverBench { stand.bench }
    var problems: [String] { found.withLock { $0.problems } }
    var note: String { found.withLock { $0.note } }

    func expect(_ holds: Bool, _ otherwise: @autoclosure () -> String) {
        guard !holds else { return }
        let words = otherwise()
        found.withLock { $0.problems.append(words) }
    }

    func remark(_ text: String) { found.withLock { $0.note = text } }

    var place: BenchPlace {
        get throws { try Stand.required(bench.places.first, "a place on the bench") }
    }

    func run(_ scenario: Scenario) async throws {
        switch scenario {
        case .firstInstall: try await firstInstall()
        case .renewal: try await renewal()
        case .severalSlots: try await severalSlots()
        case .candidateRefused: try await candidateRefused()
        case .makeLiveFails: try await notMadeLive(.makeLiveFails)
        case .makeLiveLies: try await notMadeLive(.makeLiveLies)
        case .undo: try await undo()
        case .interruption: try await interruption()
        case .hang: try await hang()
        case .changedByHand: try await changedByHand()
        case .earlierLease: try await earlierLease()
        case .permissionDenied: try await notWritten(.denied)
        case .diskFull: try await notWritten(.full)
        case .oddNames: try await oddNames()
        case .madeKey: try await madeKey()
        }
    }

    /// While `body` runs, the condition holds; afterwards it does not, whatever happens.
    func during<Value>(_ condition: BenchCondition, _ body: () async throws -> Value) async throws -> Value {
        try await bench.begin(condition)
        let result: Result<Value, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        try await bench.end(condition)
        return try result.get()
    }

    /// What a place is like before something that must leave it as it is.
    struct Before: Sendable {
        var pair: IssuedPair
        var holding: Holding { .certificate(leaf: pair.leaf) }
        var content: [UInt8]?
        var reloads: Int?
    }

    func before(_ place: BenchPlace) async throws -> Before {
        Before(
            pair: try await stand.settled(place), content: try await bench.content(of: place),
            reloads: bench.reloads())
    }

    /// Nothing of it has changed, and it is served.
    func expectUntouched(_ place: BenchPlace, _ before: Before, _ when: String = "afterwards") async throws {
        let seen = try await stand.observation(of: place)
        expect(
            seen.holding == before.holding && seen.key == before.pair.spki,
            "\(when) the slot holds \(seen.holding), not what was there")
        let content = try await bench.content(of: place)
        expect(content == before.content, "\(when) the very bytes, owner or mode are others")
        let isServed = try await stand.becomesServed(before.pair.leaf, at: place)
        expect(isServed, "\(when) what was there is not served")
    }

    /// The device is well again: the next push is as any other.
    func expectPushable(_ place: BenchPlace) async throws {
        let holding = try await stand.observation(of: place).holding
        let outcome = try await stand.push(try await stand.issue(), over: holding, in: place)
        expect(outcome == .completed, "the next push: \(outcome)")
    }
}
