// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Operations
internal import Rendering

struct PlanCommand: CountersignCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Says what would be done and who must sign; changes nothing.")

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @Option(help: ArgumentHelp("What to compare with (default: the accepted tip).", valueName: "rev"))
    var base: String?
    @Flag(name: .customLong("no-discover"), help: "Read no device: use what the reconciler last saw.")
    var noDiscover = false

    static var formats: Set<Format> { [.text, .json, .markdown] }

    static var exits: [(status: ExitStatus, when: String)] {
        [
            (.success, "nothing is to be done"),
            (.changes, "there are changes"),
            (.limited, "a limit refuses so many"),
            (.failure, "an error, which is told"),
        ]
    }

    func execute(_ output: Output) async throws -> ExitStatus {
        let site = Shell.untilExit(try await Site.open(global.siteOptions(environment: output.environment)))
        let report = try await PlanOperation(site: site, time: HostClock())
            .run(discover: !noDiscover, base: base)
        output.print(
            text: { PlanText.render(report, $0) }, json: { PlanJSON.value(report) },
            markdown: { PlanMarkdown.render(report) })
        return ExitStatus(Verdict(of: report))
    }
}
