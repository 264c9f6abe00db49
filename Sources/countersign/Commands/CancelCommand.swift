// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Operations

struct CancelCommand: CountersignCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel", abstract: "Withdraws a work order that one asked for or may approve.")

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @OptionGroup var signing: SigningOptions

    func execute(_ output: Output) async throws -> ExitStatus {
        try await Signing(global, signing, nil).run(.cancel, output)
    }
}
