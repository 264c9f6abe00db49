// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Operations
internal import Rendering

struct AlertsCommand: CountersignCommand {
    static let configuration = CommandConfiguration(
        commandName: "alerts",
        abstract: "What people should hear of now, by the AlertPolicies in force, and how the channels fare.",
        discussion: """
            Tells nobody: reconcile and run do. What was told already is known on the gateway only.
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @Flag(
        name: .customLong("dry-run"),
        help: "Also who would hear what from the next pass, and within a day if nothing changes.")
    var dryRun = false

    func execute(_ output: Output) async throws -> ExitStatus {
        let site = try await Site.open(global.siteOptions(environment: output.environment))
        let report = try await AlertsOperation(site: site, time: HostClock()).run()
        output.print(
            text: { AlertsText.render(report, telling: dryRun, $0) },
            json: { AlertsJSON.value(report, telling: dryRun) })
        return .success
    }
}
