// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Operations
internal import Rendering

struct PushCommand: CountersignCommand {
    static let configuration = CommandConfiguration(
        commandName: "push",
        abstract: "Asks for a push again (\"Push to Device\"): a signed commit, from which new work orders follow.")

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @Argument(help: "The certificate.")
    var certificate: String
    @Option(help: ArgumentHelp("Only to this connector (default: wherever it is bound).", valueName: "name"))
    var connector: String?
    @Option(name: [.short, .customLong("message")], help: "A comment, shown beside the work orders.")
    var message: String?

    func execute(_ output: Output) async throws -> ExitStatus {
        let site = try await Site.open(global.siteOptions(environment: output.environment))
        let report = try await PushOperation(site: site).run(certificate, connector: connector, comment: message)
        output.print(text: { PushAskedText.render(report, $0) }, json: { PushAskedJSON.value(report) })
        return .success
    }
}
