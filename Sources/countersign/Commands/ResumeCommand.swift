// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Operations

struct ResumeCommand: CountersignCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Lets go on what was halted, or waits because a push of another wave failed.")

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @OptionGroup var signing: SigningOptions

    func execute(_ output: Output) async throws -> ExitStatus {
        try await Signing(global, signing, nil).run(.resume, output)
    }
}
