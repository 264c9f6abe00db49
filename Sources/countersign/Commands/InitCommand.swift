// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Operations
internal import Rendering

struct InitCommand: CountersignCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Makes a commented starting repository that validates; commits nothing.")

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @Flag(help: "Two levels and this user in both groups, instead of one person alone.")
    var team = false
    @Argument(help: ArgumentHelp("A folder that is empty or holds only .git.", valueName: "dir"))
    var folder: String

    static var formats: Set<Format> { [.text] }

    func execute(_ output: Output) async throws -> ExitStatus {
        let options = global.siteOptions(environment: output.environment)
        let report = try await InitOperation(options: options, folder: folder, team: team).run()
        output.print(InitText.render(report, output.style))
        return .success
    }
}
