// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Operations

struct RejectCommand: CountersignCommand {
    static let configuration = CommandConfiguration(
        commandName: "reject", abstract: "Closes a work order: it stays rejected until its content changes.")

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @OptionGroup var signing: SigningOptions

    func execute(_ output: Output) async throws -> ExitStatus {
        try await Signing(global, signing, nil).run(.reject, output)
    }
}
