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
    @Flag(
        name: .customLong("recover"),
        help: "Rebuild a lost state from what its zone had published; everything open needs new signatures.")
    var recovers = false
    @Flag(
        name: .customLong("anew"),
        help:
            "Begin again from this commit, whatever was in force: the last way out of a deadlock or a rewritten branch."
    )
    var beginsAnew = false

    func validate() throws {
        if recovers, beginsAnew { throw ValidationError("--recover and --anew exclude each other") }
    }

    func execute(_ output: Output) async throws -> ExitStatus {
        let site = try await Site.open(global.siteOptions(environment: output.environment))
        let report = try await TrustOperation(site: site, now: HostClock().now)
            .run(commit, recovers ? .recover : beginsAnew ? .anew : .first)
        let shown = TrustShown(report)
        if !report.warnings.isEmpty, output.format != .json {
            output.say(rendered: DiagnosticsText.render(report.warnings, commit: report.commit, output.messageStyle))
        }
        output.print(text: shown.text, json: { shown.json })
        return .success
    }
}
