// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Operations
internal import Rendering

struct AdoptCommand: CountersignCommand {
    static let configuration = CommandConfiguration(
        commandName: "adopt",
        abstract: "Declares what is on the device: a signed commit, and then signatures as for a push.")

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @Argument(help: "The connector.")
    var connector: String
    @Option(name: [.short, .customLong("message")], help: "A comment, shown beside the work order.")
    var message: String?

    func execute(_ output: Output) async throws -> ExitStatus {
        let site = try await Site.open(global.siteOptions(environment: output.environment))
        let report = try await AdoptOperation(site: site, time: HostClock()).run(connector, comment: message)
        output.print(text: { AdoptedText.render(report, $0) }, json: { AdoptedJSON.value(report) })
        return .success
    }
}
