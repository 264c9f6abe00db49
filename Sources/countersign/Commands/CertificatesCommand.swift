// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Operations
internal import Rendering

struct CertificatesCommand: CountersignCommand {
    static let configuration = CommandConfiguration(
        commandName: "certificates",
        abstract: "The inventory: what is declared, what it replaced, how long each is valid and where it is.")

    @OptionGroup(title: "Global options") var global: GlobalOptions

    static var formats: Set<Format> { [.text, .json, .markdown] }

    func execute(_ output: Output) async throws -> ExitStatus {
        let site = try await Site.open(global.siteOptions(environment: output.environment))
        let overview = try await Overview.open(site, time: HostClock())
        let inventory = try overview.inventory()
        output.print(
            text: { CertificatesText.render(overview.report, inventory, $0) },
            json: { CertificatesJSON.value(overview.report, inventory) },
            markdown: { CertificatesText.markdown(overview.report, inventory) })
        return .success
    }
}
