// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Declarations
internal import Operations
internal import Rendering
internal import Vocabulary

struct ShowCommand: CountersignCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract:
            "A declared resource: where it stands, its spec, what it names and what names it; a certificate with what is in it and where it is."
    )

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @Argument(help: "A name, or KIND/NAME where several kinds have it.")
    var name: String

    func execute(_ output: Output) async throws -> ExitStatus {
        let site = try await Site.open(global.siteOptions(environment: output.environment))
        let overview = try await Overview.open(site, time: HostClock())
        let found = try overview.resources(named: name)
        let certificates = Set(found.filter { $0.key.kind == .certificate }.compactMap { CertificateName($0.key.name) })
        let inventory = certificates.isEmpty ? nil : (overview.report, try overview.inventory(only: certificates))
        output.print(
            text: { ShowText.render(found, $0, inventory: inventory) },
            json: { ShowJSON.value(found, inventory: inventory) })
        return .success
    }
}
