// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Operations
internal import Vocabulary

struct RecipientCommand: CountersignCommand {
    static let configuration = CommandConfiguration(
        commandName: "recipient",
        abstract: "Prints the certificate that private keys in git are encrypted to; makes it when missing.",
        discussion: """
            Put it into a file of the repository and name that in the zone's recipients. The private half stays in this host's state \
            directory and nowhere else: keep it in the backup.
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func execute(_ output: Output) async throws -> ExitStatus {
        let pem = try await RecorderOperation(options: global.siteOptions(environment: output.environment)).recipient()
        let text = String(decoding: pem, as: UTF8.self)
        output.print(text: { _ in text }, json: { ["formatVersion": "1", "recipient": .string(text)] })
        return .success
    }
}
