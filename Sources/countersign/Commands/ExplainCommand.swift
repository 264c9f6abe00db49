// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Operations
internal import Rendering

struct ExplainCommand: CountersignCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Which policy matched and why, who signed, what is missing, why each record was refused.")

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @Argument(help: "WO-…, REQ-… or POL-… (a unique beginning is enough), or sha256: and 64 digits.")
    var id: String

    func execute(_ output: Output) async throws -> ExitStatus {
        let site = try await Site.open(global.siteOptions(environment: output.environment))
        let overview = try await Overview.open(site, time: HostClock())
        let report = overview.report
        let subject = try Lookup(report, archived: try overview.finished(named: id)).explained(id)
        output.print(
            text: { ExplainText.render(subject, now: report.now, $0) }, json: { ExplainJSON.value(subject) })
        return .success
    }
}
