// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Operations

struct ApproveCommand: CountersignCommand {
    static let configuration = CommandConfiguration(
        commandName: "approve", abstract: "Signs the lowest incomplete level but the last.")

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @OptionGroup var signing: SigningOptions
    @OptionGroup var timing: TimingOptions

    func execute(_ output: Output) async throws -> ExitStatus {
        try await Signing(global, signing, timing).run(.approve, output)
    }
}
