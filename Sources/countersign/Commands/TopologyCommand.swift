// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Operations
internal import Rendering

struct TopologyCommand: CountersignCommand {
    static let configuration = CommandConfiguration(
        commandName: "topology",
        abstract:
            "The tree of a certificate: its connectors, their endpoints, what each serves and how the last push ended.")

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @Argument(help: "The certificate (default: all of them).")
    var certificate: String?

    func execute(_ output: Output) async throws -> ExitStatus {
        let site = try await Site.open(global.siteOptions(environment: output.environment))
        let overview = try await Overview.open(site, time: HostClock())
        let name = try certificate.map { (text) throws(UserError) in try overview.certificate(text) }
        let inventory = try overview.inventory(only: name.map { [$0] })
        let subject = TopologyText.Subject(
            overview.report, inventory: inventory, endings: try overview.endings(under: name, inventory))
        output.print(
            text: { TopologyText.render(subject, only: name, $0) }, json: { TopologyJSON.value(subject, only: name) })
        return .success
    }
}
