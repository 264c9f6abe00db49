// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Operations
internal import Vocabulary

struct RecorderCommand: CountersignCommand {
    static let configuration = CommandConfiguration(
        commandName: "recorder", abstract: "Prints the public key that signs the status branch; makes it when missing.")

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func execute(_ output: Output) async throws -> ExitStatus {
        let line = try await RecorderOperation(options: global.siteOptions(environment: output.environment)).run()
        output.print(text: { _ in line + "\n" }, json: { ["formatVersion": "1", "recorder": .string(line)] })
        return .success
    }
}
