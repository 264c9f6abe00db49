// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Operations
internal import Rendering

struct ShowCommand: CountersignCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "A declared resource: where it stands, its spec, what it names and what names it.")

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @Argument(help: "A name, or KIND/NAME where several kinds have it.")
    var name: String

    func execute(_ output: Output) async throws -> ExitStatus {
        let site = try await Site.open(global.siteOptions(environment: output.environment))
        let found = try await Overview.open(site, time: HostClock()).resources(named: name)
        output.print(text: { ShowText.render(found, $0) }, json: { ShowJSON.value(found) })
        return .success
    }
}
