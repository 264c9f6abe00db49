// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Dashboard
internal import Rendering

/// For scripts/reference; not shown in help.
struct ReferenceCommand: CountersignCommand {
    static let configuration = CommandConfiguration(
        commandName: "reference", abstract: "Prints a page of docs/reference, made from the code.", shouldDisplay: false
    )

    enum Page: String, CaseIterable, ExpressibleByArgument { case kinds, commands, codes, json, metrics }

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @Argument(help: "Which page.")
    var page: Page

    static var formats: Set<Format> { [.text] }

    func execute(_ output: Output) async throws -> ExitStatus {
        switch page {
        case .kinds: output.print(KindsPage.rendered)
        case .commands: output.print(try CommandsPage.rendered())
        case .codes: output.print(CodesPage.rendered)
        case .json: output.print(JSONPage.rendered)
        case .metrics: output.print(MetricsPage.rendered)
        }
        return .success
    }
}
