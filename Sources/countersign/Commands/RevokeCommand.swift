// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Operations

struct RevokeCommand: CountersignCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Takes back all of one's own earlier signatures on it.")

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @OptionGroup var signing: SigningOptions

    func execute(_ output: Output) async throws -> ExitStatus {
        try await Signing(global, signing, nil).run(.revoke, output)
    }
}
