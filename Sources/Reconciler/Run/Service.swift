// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Journal
package import Operations
internal import Planning
package import Vocabulary

/// The reconciler as a service: one pass after another, at its interval, when something is due, and when it is woken. Whatever
/// goes wrong in a pass is said, and the next one comes.
package struct Service: Sendable {
    package struct Configuration: Sendable {
        /// Between the ends of two passes; a tenth more or less, so that many gateways do not ask one git server at once.
        package var interval: Duration = .seconds(60)
        /// How long a push in hand may take when it is told to stop.
        package var patience: Duration = .seconds(120)
        /// A status commit is written at least this often: its absence then says something.
        package var heartbeat: Seconds = .hours(6)

        package init() {}
    }

    private let options: SiteOptions
    private let time: any TimeSource
    private let configuration: Configuration
    private let mailbox: Mailbox
    private let tell: @Sendable (ServiceEvent) -> Void
    private let reload: (@Sendable () throws(UserError) -> Configuration)?
    private let watch: (@Sendable (Overview) -> Void)?
    private let tray = Deliveries.Tray()

    /// - Parameters:
    ///   - reload: the configuration as it is written now; asked for at SIGHUP. Where it throws, the former one stands.
    ///   - watch: sees the whole of each pass at its end, while the pass waits.
    ///   - tell: hears of each event when it happens.
    package init(
        options: SiteOptions, time: any TimeSource, configuration: Configuration, mailbox: Mailbox,
        reload: (@Sendable () throws(UserError) -> Configuration)? = nil,
        watch: (@Sendable (Overview) -> Void)? = nil, tell: @escaping @Sendable (ServiceEvent) -> Void
    ) {
        (self.options, self.time, self.configuration) = (options, time, configuration)
        (self.mailbox, self.reload, self.watch, self.tell) = (mailbox, reload, watch, tell)
    }

    /// Returns once it was told to stop: the pass in hand has then ended, or was broken off when patience ran out. The journal
    /// knows where, and the next pass goes on from there.
    ///
    /// - Throws: `NotTrusted`, `AlreadyRunning`: what no later pass could mend.
    package func run() async throws(UserError) {
        let state = try await state()
        let lock = try RunLock(state.directory)
        let pipe = try WakePipe(state.directory, mailbox)
        tell(.began(state: state.directory.path))
        await withTaskGroup(of: Void.self) { group in
            let (deliveries, tray, tell) = (Deliveries(time: time), tray, tell)
            group.addTask { await deliveries.run(tray, state, tell) }
            await passes()
            group.cancelAll()
        }
        withExtendedLifetime((lock, pipe)) { tell(.stopped) }
    }

    private func passes() async {
        var (number, configuration) = (0, configuration)
        while !mailbox.isStopped {
            number += 1
            let reasons = number == 1 ? ["start"] : mailbox.takeWakes()
            if reasons.contains(Mailbox.reload) { reconfigure(&configuration) }
            let due = await pass(number, reasons, configuration)
            if !mailbox.isStopped { await rest(until: due, configuration.interval) }
        }
    }

    private func reconfigure(_ configuration: inout Configuration) {
        guard let reload else { return }
        do throws(UserError) {
            configuration = try reload()
            tell(.reloaded(.success(configuration.interval)))
        } catch {
            tell(.reloaded(.failure(error)))
        }
    }

    private func state() async throws(UserError) -> State {
        let site = try await Site.open(options)
        guard let state = try State.existing(site) else {
            _ = try site.trust(nil)
            throw UserError("NotTrusted", "this state trusts no commit yet", hint: "countersign trust COMMIT")
        }
        return state
    }

    /// - Returns: when something will be due next, as far as the pass could tell.
    private func pass(_ number: Int, _ reasons: [String], _ configuration: Configuration) async -> Timestamp? {
        let (mailbox, patience, tell) = (mailbox, configuration.patience, tell)
        return await withTaskGroup(of: Timestamp??.self) { group in
            group.addTask { .some(await onePass(number, reasons, heartbeat: configuration.heartbeat)) }
            group.addTask {
                await mailbox.stopped()
                guard !Task.isCancelled else { return nil }
                tell(.stopping(patience: patience))
                try? await Task.sleep(for: patience)
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first ?? nil
        }
    }

    private func onePass(_ number: Int, _ reasons: [String], heartbeat: Seconds) async -> Timestamp? {
        let clock = ContinuousClock()
        let (start, id) = (clock.now, PassID(number: number))
        tell(.passing(id))
        do throws(UserError) {
            // Opened anew each time: nothing of a former pass can be stale, and memory stays what one pass needs.
            let site = try await Site.open(options)
            let report = try await Pass(site: site, time: time, heartbeat: heartbeat, watch: watch) {
                phase in
                tell(.phase(id, phase))
            }.run()
            tell(.passed(id, report, took: clock.now - start, reasons: reasons))
            if let alerts = report.alerts { tray.put(alerts.book) }
            return report.nextDue
        } catch {
            tell(.failed(id, error, took: clock.now - start, reasons: reasons))
            return nil
        }
    }

    /// Until the interval is over, something is due, or somebody wakes it.
    private func rest(until due: Timestamp?, _ interval: Duration) async {
        var pause = interval * Double.random(in: 0.9...1.1)
        if let due { pause = min(pause, max(.zero, .seconds((due - time.now).count))) }
        let (mailbox, time, length) = (mailbox, time, pause)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await time.sleep(for: length) }
            group.addTask { await mailbox.nudged() }
            await group.next()
            group.cancelAll()
        }
    }
}
