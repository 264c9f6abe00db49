// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
internal import ArgumentParser
internal import Commits
internal import Declarations
internal import Glibc
internal import Journal
internal import Operations
internal import PKI
internal import Planning
internal import Vocabulary

struct PhasesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "phases")
    @Option(help: "The repository.") var repo: String
    @Option(help: "Its state directory.") var state: String

    func cpu(_ id: clockid_t) -> Double {
        var t = timespec()
        clock_gettime(id, &t)
        return Double(t.tv_sec) * 1000 + Double(t.tv_nsec) / 1e6
    }

    func run() async throws {
        var last = (cpu(CLOCK_MONOTONIC), cpu(CLOCK_PROCESS_CPUTIME_ID), cpu(CLOCK_THREAD_CPUTIME_ID))
        func mark(_ name: String) {
            let now = (cpu(CLOCK_MONOTONIC), cpu(CLOCK_PROCESS_CPUTIME_ID), cpu(CLOCK_THREAD_CPUTIME_ID))
            func r(_ x: Double) -> String { String(Double(Int(x * 10)) / 10) }
            print("\(name): wall \(r(now.0 - last.0)) cpu \(r(now.1 - last.1)) thread \(r(now.2 - last.2))")
            last = (cpu(CLOCK_MONOTONIC), cpu(CLOCK_PROCESS_CPUTIME_ID), cpu(CLOCK_THREAD_CPUTIME_ID))
        }
        let site = try await Site.open(SiteOptions(repository: repo, state: state, environment: [:]))
        mark("open")
        let own = try State.existing(site)
        let known = try await own?.history()
        mark("state")
        let trust = try site.trust(known?.history)
        mark("trust")
        let zone = try site.zone(in: trust.set)
        let published = try PublishedStatus.read(site, zone: zone, trust: trust.set, now: .current)
        mark("status")
        let tip = try site.loader.load(try site.tip(of: "main"))
        mark("tip")
        let identities = CommitIdentities(inForce: trust.set, tip: tip.trust)
        let requesters = try RequesterWalk.table(
            from: trust.commit, to: tip.commit,
            milestones: Set((published?.history.slots.values).map { $0.compactMap { $0.lastCompleted?.tip } } ?? []),
            git: site.git, loader: site.loader, identities: identities)
        mark("walk")
        let approvals = try await ReadApprovals.read(site, history: published!.history, recorders: KeyRing(of: trust.set), now: .current, seen: { _ in [] })
        mark("approvals")
        let derivation = Derivation(
            desired: tip, tip: tip, inForce: trust.set, history: published!.history, approvals: approvals,
            requesters: requesters, zone: zone)
        let plan = derivation.plan(now: .current)
        mark("plan")
        print(plan.workOrders.count)
        mark("end")
    }
}
