// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Operations
internal import Rendering

struct RollbackCommand: CountersignCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback",
        abstract: "Asks for what the slot got before: a signed commit, and then signatures as for a push.",
        discussion: """
            Of the last completed work order of a connector. The chain file, and an encrypted key beside it, become what a commit \
            before had them as; the work order that follows is of the class restore. Its key is the one that is declared, or else the \
            copy that the device keeps for keepPrevious. Refused where that certificate has expired, its key is listed in \
            compromisedKeys, or is kept nowhere any more.
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @Argument(help: ArgumentHelp("A completed work order: WO-… or sha256:….", valueName: "id"))
    var id: String
    @Option(name: [.short, .customLong("message")], help: "A comment, shown beside the work order.")
    var message: String?

    func execute(_ output: Output) async throws -> ExitStatus {
        let site = try await Site.open(global.siteOptions(environment: output.environment))
        let report = try await RollbackOperation(site: site, time: HostClock()).run(id, comment: message)
        output.print(text: { RolledBackText.render(report, $0) }, json: { RolledBackJSON.value(report) })
        return .success
    }
}
