// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

struct RecorderCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recorder", abstract: "Prints the public key that signs the status branch; makes it when missing.")

    @OptionGroup(title: "Global options") var global: GlobalOptions
}
