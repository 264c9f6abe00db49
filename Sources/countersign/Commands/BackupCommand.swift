// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Operations
internal import Rendering

struct BackupCommand: CountersignCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copies what of a gateway's state cannot be made again: its keys and its journal.",
        discussion: """
            The recorder's and the recipient's private keys, the secret, and the journal, also while the service is running, into a \
            folder that only its user may read. Keep it where you keep private keys. countersign restore brings it back.
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @Argument(help: ArgumentHelp("A folder that is empty or not there yet.", valueName: "dir"))
    var directory: String

    func execute(_ output: Output) async throws -> ExitStatus {
        let site = try await Site.open(global.siteOptions(environment: output.environment))
        let report = try await BackupOperation(site: site, time: HostClock()).run(directory)
        output.print(text: { BackupText.render(report, $0) }, json: { BackupJSON.value(report) })
        return .success
    }
}

struct RestoreCommand: CountersignCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Brings a backup back into an empty state directory.",
        discussion: """
            The keys always; the journal only where nothing has been published since the backup was made: an older one would take used \
            approvals for unused. Otherwise countersign trust COMMIT --recover rebuilds it from what was published, and what is open \
            needs new signatures.
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @Argument(help: ArgumentHelp("What countersign backup made.", valueName: "dir"))
    var directory: String

    func execute(_ output: Output) async throws -> ExitStatus {
        let site = try await Site.open(global.siteOptions(environment: output.environment))
        let report = try await RestoreOperation(site: site).run(directory)
        output.print(text: { BackupText.render(report, $0) }, json: { BackupJSON.value(report) })
        return .success
    }
}
