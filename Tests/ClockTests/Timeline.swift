// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Approvals
import Foundation
import Operations
import Planning
import Processes
import Reconciler
import Synchronization
import TestKit
import Testing
import Vocabulary

/// A clock that stands where it is set.
final class SetClock: TimeSource {
    private let time: Mutex<Timestamp>
    init(_ time: Timestamp) { self.time = Mutex(time) }
    var now: Timestamp { time.withLock { $0 } }
    func set(_ now: Timestamp) { time.withLock { $0 = now } }
    func sleep(for duration: Duration) async throws(CancellationError) {}
}

/// One arena, whose gateway lives by a clock that the story sets. nginx, git and the handshakes are real.
struct Timeline: Sendable {
    let arena: Arena
    let clock: SetClock
    let start: Timestamp

    static func make(_ change: (inout Arena.Setting) -> Void = { _ in }) async throws -> Timeline {
        // .build/<triple>/debug/countersignPackageTests.xctest → .build/<triple>/debug/countersign
        let bundle = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        let arena = try await Arena.make(bundle.deletingLastPathComponent().appending(path: "countersign").path, change)
        // Later than what openssl and git date by the host's clock while the story goes on.
        let start = Timestamp(secondsSince1970: Int64(Date().timeIntervalSince1970)) + .minutes(10)
        return Timeline(arena: arena, clock: SetClock(start), start: start)
    }

    /// Seen once, renewed by alice, seen again; the digest of what is asked for.
    static func asked(
        _ change: (inout Arena.Setting) -> Void = { _ in }
    ) async throws -> (timeline: Timeline, renewed: IssuedCertificate, digest: WorkOrderDigest) {
        let timeline = try await make(change)
        try await timeline.pass()
        let renewed = try await timeline.arena.renew()
        return (timeline, renewed, try await timeline.order(.replace).digest.required)
    }

    func move(to seconds: Seconds) throws { try move(toTime: start + seconds) }

    /// Days ahead in a moment: the gateway's administrator confirms it, as the refusal says how.
    func move(toTime time: Timestamp) throws {
        clock.set(time)
        let mark = arena.state(of: .gateway) + "/clock"
        if FileManager.default.fileExists(atPath: mark) { try FileManager.default.removeItem(atPath: mark) }
    }

    @discardableResult
    func pass() async throws -> PassReport {
        let options = SiteOptions(
            repository: arena.clone(of: .gateway), state: arena.state(of: .gateway), environment: [:])
        return try await Pass(site: try await Site.open(options), time: clock).run()
    }

    /// The one open work order after a pass.
    func order(_ action: Action = .replace) async throws -> WorkOrder { try await pass().order(action) }

    func state() async throws -> String { try await order().state.name }

    /// `git commit-tree -S`, dated as the clock stands.
    func sign(
        _ actor: Arena.Actor, _ level: String, _ digest: WorkOrderDigest, decision: String = "approve",
        implementation: String = "manual", acknowledging acknowledgement: String? = nil, dated: Timestamp? = nil
    ) async throws {
        var record = arena.record(level, "sha256:" + digest.hex)
        (record.decision, record.implementation) = (decision, implementation)
        var message = record.message
        if let acknowledgement { message += "Countersign-Acknowledge: \(acknowledgement)\n" }
        try await arena.git(actor, "fetch", "-q", "origin")
        let tip = "refs/remotes/origin/countersign/status/default"
        let date = "@\((dated ?? clock.now).secondsSince1970) +0000"
        let signed = try await run(
            ["git", "commit-tree", "-S", "-p", tip, tip + "^{tree}"], in: arena.clone(of: actor),
            environment: arena.environment(of: actor).merging(["GIT_COMMITTER_DATE": date, "GIT_AUTHOR_DATE": date]) {
                $1
            },
            input: Array(message.utf8))
        let commit = String(signed.outputText.dropLast())
        try await arena.publish(
            commit, as: actor, named: "\(actor.rawValue)-\(commit.prefix(12))", for: "sha256:" + digest.hex)
    }

    func approve(_ digest: WorkOrderDigest) async throws { try await sign(.bob, "approve", digest) }
    func implement(_ digest: WorkOrderDigest) async throws { try await sign(.dave, "implement", digest) }

    func window(_ from: Seconds, _ until: Seconds) -> String { "scheduled \(start + from)/\(start + until)" }

    /// Whether what is served and what lies in the slot is this.
    func serves(_ certificate: IssuedCertificate) async throws -> Bool { try await arena.served() == certificate.leaf }
}

extension PassReport {
    func order(_ action: Action = .replace) throws -> WorkOrder {
        let found = plan.plan.workOrders.filter { $0.action == action }
        guard found.count == 1 else {
            throw FixtureError("not one work order to \(action): \(plan.plan.workOrders.map(\.state)), \(problems)")
        }
        return found[0]
    }
    var outcomes: [String] { pushes.map { $0.outcome.finalState?.name ?? "none" } }
}

extension Optional {
    var required: Wrapped {
        get throws {
            guard let self else { throw FixtureError("there is none") }
            return self
        }
    }
}

extension Seconds {
    static func + (left: Self, right: Self) -> Self { Self(left.count + right.count) }
    static func - (left: Self, right: Self) -> Self { Self(left.count - right.count) }
}

extension Timeline {
    /// A pass that pushes one work order, and it arrives.
    func expectPushed(_ place: SourceLocation = #_sourceLocation) async throws {
        let report = try await pass()
        #expect(report.outcomes == ["Completed"], "\(report.words)", sourceLocation: place)
    }
    func expectState(_ name: String, _ place: SourceLocation = #_sourceLocation) async throws {
        try await pass().expect(name, place)
    }
}

extension PassReport {
    func expect(_ state: String, _ place: SourceLocation = #_sourceLocation) {
        #expect(plan.plan.workOrders.map(\.state.name) == [state], "\(words)", sourceLocation: place)
    }
    var words: String {
        let orders = plan.plan.workOrders.map { "\($0.action) \($0.state) \($0.blocks) \($0.judgement.refused)" }
        return "at \(plan.now): \(problems) \(pushes) \(orders) \(plan.plan.refused)"
    }
}
