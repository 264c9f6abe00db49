// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Approvals
import Planning
import Testing
import Vocabulary

/// Walks from nothing through everything that may happen, and holds each step against the table.
struct Walk: Sendable {
    let model: Model
    var table = TransitionTable()
    /// Of these, any may be seen; never one twice. All logs begin with the same one, so that walks share nothing.
    var signatures: [Signature]
    var first: Signature?
    var mostSignatures: Int
    /// What may be seen while a push is under way or after it.
    static let late: [Signature] = [.reject, .revokeApproval, .implementAgain]
    static let mostLate = 1
    /// More people than it takes begin no other push.
    static let mostBeforePush = 2

    struct Found: Sendable {
        var facts = 0
        var transitions = 0
        var rows: [String: Int] = [:]
        var states: Set<String> = []
        /// What the table does not list, each once, with one example.
        var impossible: [String: String] = [:]
        var broken: [String] = []
    }

    func run() -> Found {
        var found = Found()
        var judged: [Sayings: Judged] = [:]
        var known: [Facts: Derived] = [:]
        var judges: [Instant: Judge] = [:]
        func derive(_ facts: Facts) -> Derived {
            let sayings = Sayings(log: facts.log, tick: facts.tick, isBobGone: facts.isBobGone)
            if let heard = judged[sayings] { return model.derive(facts, heard) }
            let instant = Instant(now: facts.now, isBobGone: facts.isBobGone)
            let judge = judges[instant] ?? model.judge(at: facts.now, isBobGone: facts.isBobGone)
            let heard = model.judged(facts, by: judge)
            (judges[instant], judged[sayings]) = (judge, heard)
            return model.derive(facts, heard)
        }
        var waiting: [Facts] = [Facts()]
        known[Facts()] = derive(Facts())
        while let facts = waiting.popLast() {
            guard let before = known[facts] else { continue }
            found.facts += 1
            found.states.insert(before.state.name)
            if let broken = Oracle.objection(to: before, facts) { found.broken.append("\(broken): \(facts.words)") }
            for (event, next) in events(at: facts, before) {
                let after: Derived
                if let derived = known[next] {
                    after = derived
                } else {
                    after = derive(next)
                    known[next] = after
                    waiting.append(next)
                }
                found.transitions += 1
                let step = Transition(event: event, before: before, after: after, isSwitched: facts.isSwitched)
                if step.from == step.to, event.mayChangeNothing { continue }
                let rows = table.rows(listing: step)
                for row in rows { found.rows[row, default: 0] += 1 }
                if rows.isEmpty {
                    found.impossible["\(step.from) → \(event.words) → \(step.to)"] =
                        "\(facts.words); k \(before.k) → \(after.k), sequence \(before.sequence) → \(after.sequence)"
                }
            }
        }
        return found
    }

    private struct Instant: Hashable {
        var now: Timestamp
        var isBobGone: Bool
    }
    private struct Sayings: Hashable {
        var log: [Facts.Entry]
        var tick: Int
        var isBobGone: Bool
    }

    private func events(at facts: Facts, _ derived: Derived) -> [(Transition.Event, Facts)] {
        var events: [(Transition.Event, Facts)] = []
        let hasPush = !facts.pushes.isEmpty
        func add(_ event: Transition.Event, _ change: (inout Facts) -> Void) {
            var next = facts
            change(&next)
            if hasPush {
                guard facts.late < Self.mostLate else { return }
                next.late += 1
            }
            events.append((event, next))
        }
        let count = facts.signatures.count
        if hasPush || count < mostSignatures {
            for signature in hasPush ? Self.late : signatures where !facts.has(signature) {
                if count == 0, let first, signature != first { continue }
                add(.record(signature)) { $0.append(.seen(signature)) }
            }
        }
        if facts.tick + 1 < Facts.hours.count { add(.hours) { $0.tick += 1 } }
        if !facts.isBobGone, count < 3 { add(.personTakenAway) { $0.isBobGone = true } }
        add(facts.isBlocked ? .blockGone : .blockAppears) { $0.isBlocked.toggle() }
        add(facts.isAway ? .contentReturns : .contentChanges) { $0.isAway.toggle() }
        if facts.pushes.last == .refused, !facts.isRepaired { add(.blockGone) { $0.isRepaired = true } }
        for step in pushSteps(facts, derived) {
            var next = facts
            next.append(.push(step))
            if step == .intended { next.isRepaired = false }
            events.append((.push(step), next))
        }
        return events
    }

    /// What a reconciler does by itself: only what is ready, in its window at this instant, is begun; an end is recorded of what was begun.
    private func pushSteps(_ facts: Facts, _ derived: Derived) -> [PushStep] {
        let steps = facts.pushes
        guard derived.isInFlight else {
            guard case .readyToImplement(let window) = derived.state, window.contains(facts.now),
                facts.signatures.count <= Self.mostBeforePush + facts.late
            else { return [] }
            return steps.isEmpty ? [.intended, .adopted] : steps.count { $0 == .intended } < 2 ? [.intended] : []
        }
        // What comes of a second push is what comes of the first; one of it is enough.
        if steps.count(where: { $0 == .intended }) == 2 {
            return facts.isSwitched ? [.completed] : [.abandoned, .switching]
        }
        guard facts.isSwitched else { return [.refused, .abandoned, .failed, .switching] }
        switch derived.state {
        case .rollbackFailed: return [.rolledBack, .deviceUndeclared]
        case .unknownEffect: return [.completed, .rolledBack, .rollbackFailed, .deviceUndeclared]
        default: return [.completed, .rolledBack, .rollbackFailed, .unknownEffect, .deviceUndeclared]
        }
    }
}

extension Transition.Event {
    /// Time may pass without anything happening; and what is blocked for two reasons stays blocked when one goes. A record always says
    /// something, and a step of a push too.
    var mayChangeNothing: Bool {
        switch self {
        case .hours, .personTakenAway, .blockAppears, .blockGone, .contentChanges, .contentReturns: true
        case .record(let signature): signature.kind == .noise
        case .push: false
        }
    }
    var words: String {
        switch self {
        case .record(let signature): "\(signature)"
        case .push(let step): "\(step)"
        default: "\(self)"
        }
    }
}

extension Facts {
    /// Something live may have changed in the batch that was begun last.
    var isSwitched: Bool { pushes.lastIndex(of: .switching) ?? -1 > pushes.lastIndex(of: .intended) ?? 0 }

    var words: String {
        let log = log.map { entry in
            switch entry.event {
            case .seen(let signature): "\(Self.hours[entry.tick]) h \(signature)"
            case .push(let step): "\(Self.hours[entry.tick]) h \(step)"
            }
        }
        let flags = [(isBobGone, "bob gone"), (isBlocked, "blocked"), (isAway, "away"), (isRepaired, "repaired")]
        return "at \(Self.hours[tick]) h: " + (log + flags.filter(\.0).map(\.1)).joined(separator: ", ")
    }
}

@Suite("The transition table") struct TransitionWalkTests {
    @Test("lists every step of a walk through all that may happen")
    func walk() async throws {
        let model = try Model()
        // Everybody twice; and more of those who build on each other.
        let building: [Signature] = [
            .approve, .approveAgain, .approveWithin, .implement, .implementAt, .implementAgain, .revokeApproval,
        ]
        let walks =
            Signature.allCases.map { Walk(model: model, signatures: Signature.allCases, first: $0, mostSignatures: 2) }
            + building.map { Walk(model: model, signatures: building, first: $0, mostSignatures: 3) }
        let found = try await withThrowingTaskGroup(of: Walk.Found.self) { group in
            for walk in walks { group.addTask { walk.run() } }
            return try await group.reduce(into: Walk.Found()) { $0.add($1) }
        }
        #expect(found.facts > 10_000)
        let impossible = found.impossible.map { "\($0.key)   (\($0.value))" }.sorted()
        #expect(impossible.isEmpty, "\(impossible.joined(separator: "\n"))")
        #expect(found.broken.isEmpty, "\(found.broken.prefix(20).joined(separator: "\n"))")
        let missing = Set(TransitionTable.all.map(\.name)).subtracting(found.rows.keys)
        #expect(missing.isEmpty, "rows that nothing ever walked: \(missing.sorted())")
    }
}

extension TransitionWalkTests {
    @Test(
        "is needed row by row: without one the walk stops where it was", arguments: ["6", "17", "19", "28", "33", "43"])
    func needed(row: String) throws {
        var walk = Walk(
            model: try Model(), signatures: [.approve, .implement, .reject], first: .approve, mostSignatures: 2)
        #expect(walk.run().impossible.isEmpty)
        walk.table.rows.removeAll { $0.name == row }
        #expect(!walk.run().impossible.isEmpty)
    }
}

extension Walk.Found {
    mutating func add(_ other: Self) {
        facts += other.facts
        transitions += other.transitions
        rows.merge(other.rows) { $0 + $1 }
        states.formUnion(other.states)
        impossible.merge(other.impossible) { first, _ in first }
        broken += other.broken
    }
}
