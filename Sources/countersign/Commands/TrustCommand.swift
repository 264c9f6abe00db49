// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Operations
internal import Rendering

struct TrustCommand: CountersignCommand {
    static let configuration = CommandConfiguration(
        commandName: "trust",
        abstract: "Pins the first trusted commit: from then on who decides changes only by an approved policy change.")

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @Argument(help: "The commit whose people, policies and devices you have looked at.")
    var commit: String

    func execute(_ output: Output) async throws -> ExitStatus {
        let site = try await Site.open(global.siteOptions(environment: output.environment))
        let report = try await TrustOperation(site: site, now: HostClock().now).run(commit)
        let shown = TrustShown(
            report.set, commit: report.commit, wasAlreadyTrusted: report.wasTrusted, isTrial: report.set.isTrial)
        if !report.warnings.isEmpty, output.format != .json {
            output.say(rendered: DiagnosticsText.render(report.warnings, commit: report.commit, output.messageStyle))
        }
        output.print(text: shown.text, json: { shown.json })
        return .success
    }
}
