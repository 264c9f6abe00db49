// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Operations
internal import Reconciler
internal import Rendering

struct ReconcileCommand: CountersignCommand {
    static let configuration = CommandConfiguration(
        commandName: "reconcile", abstract: "One whole pass: fetch, look, push what is signed, prove it, write it down."
    )

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @Flag(name: .customLong("dry-run"), help: "Push, sign and write nothing.")
    var dryRun = false

    static var exits: [(status: ExitStatus, when: String)] {
        [
            (.success, "everything is as declared; what only awaits adoption changes nothing"),
            (.changes, "it waits for people, for its time or for a device"),
            (.pushFailed, "a push failed"),
            (.failure, "an error, an invalid tip or a rewritten history (before 4, before 2)"),
        ]
    }

    /// The pass is over and its lease given back: whoever does not answer keeps nobody waiting but this process, and changes no exit code.
    private func tell(_ alerts: PassReport.Alerts, _ site: Site, _ output: Output) async {
        do throws(UserError) {
            guard let state = try State.existing(site) else { return }
            let (results, _) = try await Deliveries(time: HostClock()).once(alerts.book, state)
            guard output.format != .json else { return }
            for result in results { output.say(DeliveryWords.line(result, now: HostClock().now)) }
        } catch {
            output.say(rendered: ErrorText.render(error, output.messageStyle))
        }
    }

    func execute(_ output: Output) async throws -> ExitStatus {
        let site = Shell.untilExit(try await Site.open(global.siteOptions(environment: output.environment)))
        let showsProgress = output.format == .text && Terminal.isOne(Terminal.errors)
        let pass = Pass(
            site: site, time: HostClock(),
            progress: { phase in
                if showsProgress { output.say("\(PassText.words(phase)) …") }
            })
        let report = try await pass.run(dryRun: dryRun)
        if let alerts = report.alerts { await tell(alerts, site, output) }
        output.print(text: { PassText.render(report, $0) }, json: { PassJSON.value(report) })
        if output.format != .json, !report.problems.isEmpty {
            output.say(rendered: PassText.problems(report, output.messageStyle))
        }
        return ExitStatus(Verdict(of: report))
    }
}
