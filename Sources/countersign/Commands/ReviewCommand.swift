// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Operations

struct ReviewCommand: CountersignCommand {
    static let configuration = CommandConfiguration(
        commandName: "review",
        abstract: "Signs that one has looked at an emergency afterwards, at all of its slots; not by who signed it.")

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @OptionGroup var signing: SigningOptions

    func execute(_ output: Output) async throws -> ExitStatus {
        try await Signing(global, signing, nil).review(output)
    }
}
