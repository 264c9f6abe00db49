// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Dashboard
internal import Operations
internal import Rendering
internal import Vocabulary

struct ReportCommand: CountersignCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "The Push Validation Report: the share of successful and failed pushes since the last one, and the trend.")

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @Option(
        help: ArgumentHelp(
            "Begin here (RFC 3339) instead, and leave the mark of the last report as it is.", valueName: "time"))
    var since: Timestamp?

    static var formats: Set<Format> { [.text, .json, .markdown, .html] }

    func execute(_ output: Output) async throws -> ExitStatus {
        let site = try await Site.open(global.siteOptions(environment: output.environment))
        let report = try await ReportOperation(site: site, time: HostClock()).run(since: since)
        output.print(
            text: { ReportText.render(report, $0) }, json: { ReportViewJSON.value(report) },
            markdown: { ReportText.markdown(report) }, html: { ReportDocument.html(report) })
        return .success
    }
}
