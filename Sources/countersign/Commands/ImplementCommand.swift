// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Operations

struct ImplementCommand: CountersignCommand {
    static let configuration = CommandConfiguration(
        commandName: "implement", abstract: "Signs the last level: attended now, or for a window with --at.")

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @OptionGroup var signing: SigningOptions
    @OptionGroup var timing: TimingOptions

    func execute(_ output: Output) async throws -> ExitStatus {
        try await Signing(global, signing, timing).run(.implement, output)
    }
}
