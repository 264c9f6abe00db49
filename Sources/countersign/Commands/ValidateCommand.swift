// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Operations
internal import Rendering

struct ValidateCommand: CountersignCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate", abstract: "Checks all declarations of a commit.")

    @OptionGroup(title: "Global options") var global: GlobalOptions

    static var exits: [(status: ExitStatus, when: String)] {
        [
            (.success, "valid; there may be warnings"),
            (.failure, "not valid, or an error"),
        ]
    }

    func execute(_ output: Output) async throws -> ExitStatus {
        let site = try await Site.open(global.siteOptions(environment: output.environment))
        let report = try await ValidateOperation(site: site).run()
        if output.format == .json {
            output.print(DiagnosticsJSON.document(report.diagnostics, commit: report.commit))
        } else {
            output.say(rendered: DiagnosticsText.render(report.diagnostics, commit: report.commit, output.messageStyle))
            output.print(ValidateText.render(report, output.style))
        }
        return report.isValid ? .success : .failure
    }
}
