// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Operations
internal import Rendering

struct StatusCommand: CountersignCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "How everything stands, or one certificate, connector, work order or request.")

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @Argument(help: "An ID or a name.")
    var id: String?

    func execute(_ output: Output) async throws -> ExitStatus {
        let site = try await Site.open(global.siteOptions(environment: output.environment))
        let report = try await StatusOperation(site: site, time: HostClock()).run()
        guard let id else {
            output.print(text: { StatusText.render(report, $0) }, json: { StatusJSON.value(report) })
            return .success
        }
        let connectors = try Lookup(report).connectors(id)
        output.print(
            text: { StatusText.trees(of: connectors, in: report, $0) },
            json: { StatusJSON.value(report, only: connectors) })
        return .success
    }
}
