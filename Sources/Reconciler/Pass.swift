// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
package import Connectors
internal import Declarations
internal import Git
package import Journal
package import Operations
internal import Planning
internal import StatusBranch
package import TLSProbe
package import Vocabulary

/// One whole pass: fetch, recover, load, see, discover, derive, execute, write back. Status is written once, at the end,
/// whatever happened.
package struct Pass: Sendable {
    /// Wraps what does things, for the harness that stops a pass at every step.
    package struct Hooks: Sendable {
        package var journal: @Sendable (any JournalStore) -> any JournalStore
        package var around: DriverRegistry.Around
        package static let none = Hooks(journal: { $0 }, around: .nothing)

        package init(
            journal: @escaping @Sendable (any JournalStore) -> any JournalStore, around: DriverRegistry.Around
        ) {
            (self.journal, self.around) = (journal, around)
        }
    }

    let site: Site
    let time: any TimeSource
    let prober: Prober
    private let hooks: Hooks
    private let progress: @Sendable (PassReport.Phase) -> Void
    private let stopwatch = Stopwatch()
    /// Shown the whole of it when it ends.
    private let watch: (@Sendable (Overview) -> Void)?
    let holder = HolderID.random()
    /// Write a status commit although nothing has changed, where the last one is this old; nil: never.
    private let heartbeat: Seconds?

    package init(
        site: Site, time: any TimeSource, prober: Prober = Prober(), hooks: Hooks = .none, heartbeat: Seconds? = nil,
        watch: (@Sendable (Overview) -> Void)? = nil,
        progress: @escaping @Sendable (PassReport.Phase) -> Void = { _ in }
    ) {
        (self.site, self.time, self.prober, self.hooks) = (site, time, prober, hooks)
        (self.heartbeat, self.watch) = (heartbeat, watch)
        self.progress = { [stopwatch] phase in
            stopwatch.begin(phase)
            progress(phase)
        }
    }

    /// - Throws: what made a pass impossible. What went wrong within one is in the report.
    package func run(dryRun: Bool = false) async throws(UserError) -> PassReport {
        guard let state = try State.existing(site) else {
            _ = try site.trust(nil)
            throw UserError("NotTrusted", "this state trusts no commit yet", hint: "countersign trust COMMIT")
        }
        // On the other core, while the journal is read.
        async let ahead: Void = site.readAhead()
        let journal = hooks.journal(state.journal)
        let lease = try await lead(journal)
        do throws(UserError) {
            let report = try await lead(state, journal, lease, dryRun: dryRun)
            await journal.release(lease)
            await ahead
            return report
        } catch {
            await journal.release(lease)
            throw error
        }
    }

    /// One reconciler for each state directory at a time.
    private func lead(_ journal: any JournalStore) async throws(UserError) -> Lease {
        try await journaled { () async throws(JournalError) in
            if let lease = try await journal.acquire(.leader, for: holder, lasting: .seconds(900)) { return lease }
            let other = try await journal.holder(of: .leader)
            throw JournalError(
                .busy, operation: "begin a pass",
                detail: "another reconciler is at work on this state\(other.map { " (process \($0.processID))" } ?? "")"
            )
        }
    }

    private func lead(
        _ state: State, _ journal: any JournalStore, _ lease: Lease, dryRun: Bool
    ) async throws(UserError) -> PassReport {
        var problems: [UserError] = []
        var view = try await Viewpoint.gateway(site, state, journal, checkingRecorder: false)
        guard view.hasDeclaredRecorder || !dryRun else { throw view.recorderNotDeclared }
        progress(.fetch)
        do throws(UserError) {
            try await fetch(view)
        } catch {
            // The remote being away stops nothing that is known here; nothing new is accepted, nothing is pushed.
            problems.append(error)
        }
        try checkClock(view.history, state, &problems)
        try checkDescent(view)
        try await checkOwnStatus(&view, journal)

        let accepted =
            dryRun || !problems.isEmpty || !view.hasDeclaredRecorder
            ? nil : try await acceptPolicyChange(&view, state, journal)
        guard view.hasDeclaredRecorder else { try await stepDown(view, journal) }
        var recovered: [PassReport.Push] = []
        let driving = try Driving(
            state, zone: view.zone, trust: view.trust.set, time: time, around: hooks.around)
        let proof = Proof(prober: prober)
        if !dryRun, !view.history.openBatches.isEmpty {
            progress(.recover)
            let recovery = Recovery(
                journal: journal, registry: driving.registry, proof: proof,
                time: NeverBefore(time, view.history.latest), holder: holder, realms: try Realms(view))
            let history = view.history
            let devices = view.trust.set.devices
            recovered = try await journaled { () async throws(JournalError) in
                try await recovery.run(history, devices: devices)
            }
            try await view.refresh(journal)
        }
        progress(.observe)
        var (derivation, plan, leftovers) = try await observeAndDerive(
            &view, journal, driving, only: nil, journaling: !dryRun)
        let realms = try Realms(view)
        let newRecords = derivation.approvals.new.count
        let tidying = Tidying(
            journal: journal, registry: driving.registry, holder: holder, realms: realms,
            compromised: derivation.compromisedKeys)
        let subjects = driving.subjects(derivation)
        var tidied =
            dryRun ? Tidying.Result() : await tidying.run(leftovers, subjects, history: view.history)
        var pushes: [PassReport.Push] = []
        if !dryRun, problems.isEmpty {
            let adopted = try await adopt(plan, of: derivation, journal)
            let isDue = !Execution.due(plan).isEmpty
            if isDue {
                progress(.push)
                let result = await execution(view, journal, driving, proof, realms).run(
                    plan, devices: view.trust.set.devices)
                pushes = result.pushes
                problems += result.problems
            }
            // Where nothing was done, what was derived still stands.
            if adopted || isDue || !tidied.devices.isEmpty {
                try await view.refresh(journal)
                // What was just replaced is kept for a way back, with a key that has leaked only until here.
                let pushed = Set(pushes.map(\.device))
                tidied.add(
                    await tidying.run([:], subjects.filter { pushed.contains($0.device.name) }, history: view.history))
                (derivation, plan, _) = try await observeAndDerive(
                    &view, journal, driving, only: tidied.devices.union(pushes.map(\.device)), journaling: true)
            }
        }
        problems += tidied.problems
        view.notices += tidied.notices
        var report = PassReport(
            plan: PlanReport(
                derivation, view, refName: view.trust.set.repository?.spec.branch ?? "main",
                plan: plan, now: now(view.history)),
            pushes: pushes, recovered: recovered, statusCommit: nil, newRecords: newRecords, problems: problems,
            dryRun: dryRun)
        report.accepted = accepted
        report.nextDue = derivation.nextDue(plan, after: now(view.history))
        // One pass is one wave: where it went well, the next is for the next pass, which comes at once.
        if pushes.contains(where: { $0.outcome == .completed }), plan.workOrders.contains(where: { $0.isDue && $0.wave != nil }) {
            report.nextDue = now(view.history)
        }
        if derivation.approvals.leftOut > 0 {
            report.problems.append(UserError("ApprovalsLeftOut", derivation.approvals.notices.joined()))
        }
        if !dryRun {
            progress(.write)
            do throws(UserError) {
                report.statusCommit = try await WriteBack(
                    site: site, view: view, journal: journal, time: time, heartbeat: heartbeat
                )
                .run(derivation, report.plan)
            } catch {
                report.problems.append(error)
            }
        }
        if !dryRun {
            do throws(UserError) {
                report.alerts = try await alert(derivation, report.plan, state)
            } catch {
                report.problems.append(error)
            }
        }
        report.took = stopwatch.stop()
        watch?(Overview(site: site, view: view, derivation: derivation, report: report.plan))
        return report
    }
}
