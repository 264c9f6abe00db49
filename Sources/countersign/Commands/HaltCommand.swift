// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Operations

struct HaltCommand: CountersignCommand {
    static let configuration = CommandConfiguration(
        commandName: "halt", abstract: "Stops what is signed and not begun, until somebody says resume; the signatures stay.")

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @OptionGroup var signing: SigningOptions

    func execute(_ output: Output) async throws -> ExitStatus {
        try await Signing(global, signing, nil).run(.halt, output)
    }
}
